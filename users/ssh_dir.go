package users

import (
	"path"
	"slices"

	"github.com/activate-agent/activate/activation/rootfs"
)

// noteSSHDirs enters the directories of keys that a run makes: they go with the
// last key. One that was there when the first key came is no longer ours.
func (l *ledger) noteSSHDirs(users []userChange) {
	for _, c := range users {
		if c.after == nil || c.after.Keys == nil {
			continue
		}
		dir := path.Dir(c.after.Keys.Path)
		switch first := c.before == nil || c.before.Keys == nil || c.before.Keys.Path != c.after.Keys.Path; {
		case c.after.SSHDir:
			l.madePath(dir)
		case first && slices.Contains(l.Made, dir):
			l.Made, l.changed = slices.DeleteFunc(l.Made, func(p string) bool { return p == dir }), true
		}
	}
}

// leavesSSHDir tells whether the directory of the keys of cur is one that we
// made, that nobody changed since, and that is no longer needed for those of st.
// Whether it is empty is seen when it is removed.
func (p *planning) leavesSSHDir(cur, st *UserState) bool {
	if cur == nil || cur.Keys == nil || st.Keys != nil && st.Keys.Path == cur.Keys.Path {
		return false
	}
	dir := path.Dir(cur.Keys.Path)
	info, err := p.s.cfg.Root.Lstat(dir)
	return err == nil && slices.Contains(p.ledger.Made, dir) &&
		info.Type == rootfs.Dir && info.Mode == 0o700 && ID(info.UID) == cur.UID
}
