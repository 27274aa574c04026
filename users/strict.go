package users

import (
	"fmt"
	"path"
	"slices"
)

// login is a user as sshd(8) has it when it looks for keys.
type login struct {
	p    *planning
	name string
	// uids are the user's own: that of now and the one it is migrated to. The first of
	// gids is that of the primary group, which may write where it is private.
	uids    []ID
	gids    []ID
	private bool
}

func (k *keyring) login(name string, s UserState) login {
	l := login{p: k.p, name: name, uids: []ID{s.UID}, private: k.private}
	if e := k.edits[name]; e.before != nil && s.Migrate != nil {
		l.uids = append(l.uids, e.before.UID)
	}
	for _, g := range append([]string{s.Group}, s.Groups...) {
		l.gids = append(l.gids, k.gid(g))
	}
	return l
}

// refuses says why sshd(8) does not take the keys at the end of a way, "" when it
// does. It opens the file as the user, and with StrictModes, its default
// (sshd_config(5)), the file and the directories above it must belong to root or
// the user and be written by nobody else: up to the home, or up to the root
// where the keys are elsewhere (safe_path in OpenSSH's misc.c).
func (l login) refuses(way *trail, home string) string {
	for _, dir := range way.passed() {
		if !l.may(dir, 0o1) {
			return fmt.Sprintf("%s may not be entered by %s", l.p.s.cfg.Root.Name(dir.path), l.name)
		}
	}
	if !l.may(way.end, 0o4) {
		return fmt.Sprintf("%s may not be read by %s", l.p.s.cfg.Root.Name(way.end.path), l.name)
	}
	if why := l.unsafe(way.end); why != "" {
		return why
	}
	for at := path.Dir(way.end.path); at != "."; at = path.Dir(at) {
		if dir, there := way.dirs[at]; there {
			if why := l.unsafe(dir); why != "" {
				return why
			}
		}
		if at == home {
			break
		}
	}
	return ""
}

func (l login) unsafe(s spot) string {
	name := l.p.s.cfg.Root.Name(s.path)
	switch {
	case s.uid != 0 && !slices.Contains(l.uids, s.uid):
		return name + " belongs to " + l.p.owner(s.uid)
	case s.mode&0o002 != 0, s.mode&0o020 != 0 && (!l.private || s.gid != l.gids[0]):
		return fmt.Sprintf("others may write to %s (mode %04o)", name, s.mode)
	}
	return ""
}

// may tells whether the user has a permission, one digit of a mode, by owner and
// mode alone.
func (l login) may(s spot, bit uint32) bool {
	switch {
	case slices.Contains(l.uids, 0):
		return true
	case slices.Contains(l.uids, s.uid):
		return s.mode&(bit<<6) != 0
	case slices.Contains(l.gids, s.gid):
		return s.mode&(bit<<3) != 0
	}
	return s.mode&bit != 0
}
