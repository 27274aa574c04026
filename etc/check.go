package etc

import (
	"errors"
	"io/fs"

	"github.com/activate-agent/activate/activation/rootfs"
)

// check refuses to change what the plan did not see. A run that was cut off in
// the middle of this change, or of its inverse, leaves a mixture; so each
// property must be as before or as after the change, and what a half-made or
// half-removed object has is allowed.
func (t step) check(f found) error {
	ok, err := t.expected(f)
	if err != nil {
		return err
	}
	if !ok {
		return rootfs.ErrChanged
	}
	return nil
}

// still refuses to replace a file or link that somebody touched since f was
// looked at. Somebody may have saved it while its new content was written.
func (t step) still(f found) error {
	if f.info.Type != rootfs.File && f.info.Type != rootfs.Symlink {
		return nil
	}
	info, err := t.s.cfg.Root.Lstat(t.path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && info != f.info {
		return rootfs.ErrChanged
	}
	return err
}

func (t step) expected(f found) (bool, error) {
	if !f.exists() {
		// Going from or to a directory passes through nothing.
		return t.before == nil || t.after == nil || isDirectory(t.before) != isDirectory(t.after), nil
	}
	if f.isOurLink() && (t.before == nil || t.after == nil) {
		return true, nil
	}
	content, err := t.expectedContent(f)
	if err != nil || !content || f.info.Type == rootfs.Symlink {
		return content, err
	}
	return t.expectedAttr(f)
}

// expectedContent compares type, content and target with both sides.
func (t step) expectedContent(f found) (bool, error) {
	for _, side := range []*State{t.before, t.after} {
		if side == nil {
			continue
		}
		switch {
		case side.isLink():
			if f.info.Type == rootfs.Symlink && f.target == side.Target {
				return true, nil
			}
		case typeOf(f.info.Type) != side.Type:
		case side.Type == Directory:
			return true, nil
		case side.hash() == "":
			return true, nil
		default:
			same, err := t.s.holdsContent(f, *side)
			if !same && err == nil && t.s.cfg.Resume {
				same, err = t.cutOff(f, *side)
			}
			if err != nil || same {
				return same, err
			}
		}
	}
	return false, nil
}

// fresh tells whether f is the directory of one side, half made.
func (t step) fresh(f found) (bool, error) {
	side := t.after
	if !isDirectory(side) {
		side = t.before
	}
	uid, gid, _, err := t.own.ids(*side)
	return t.halfMade(f.info, rootfs.Attr{Mode: side.mode(), UID: uid, GID: gid}), err
}

func isDirectory(s *State) bool { return s != nil && s.Type == Directory }

// halfMade tells a directory that an interrupted Mkdir with a left. Where no run is
// being ended only one that root alone may enter counts: others may have made the
// rest since the plan.
func (t step) halfMade(i rootfs.Info, a rootfs.Attr) bool {
	if i.Mode != 0o700 && !t.s.cfg.Resume {
		return false
	}
	return t.s.cfg.Root.HalfMade(i, a)
}

func (t step) expectedAttr(f found) (bool, error) {
	var mode, user, group bool
	if isDirectory(t.before) != isDirectory(t.after) {
		// New directories get their owner, then their mode, after they are made.
		fresh, err := t.fresh(f)
		if fresh || err != nil {
			return fresh, err
		}
	}
	for _, side := range []*State{t.before, t.after} {
		if side == nil || side.isLink() || typeOf(f.info.Type) != side.Type {
			continue
		}
		uid, gid, _, err := t.own.ids(*side)
		if err != nil {
			return false, err
		}
		// chown(2) clears setuid and setgid before chmod(2) sets them again.
		mode = mode || f.info.Mode == side.mode() || f.info.Mode == side.mode()&^0o6000 || t.s.serves(f, side.mode())
		user = user || f.info.UID == uid
		group = group || f.info.GID == gid
	}
	return mode && user && group, nil
}
