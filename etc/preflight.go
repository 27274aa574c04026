package etc

import (
	"errors"
	"fmt"
	"path"

	"golang.org/x/sys/unix"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
)

// preflight finds what would make Apply fail although every path is as
// expected: flags of chattr(1), file systems that are read-only or keep no modes.
func (s *Subsystem) preflight(d *plan.Diff, own Owners) {
	if len(d.Changes) == 0 {
		return
	}
	state, err := s.cfg.Root.SpaceAt(s.cfg.StateDir)
	if err != nil {
		return
	}
	// Of a host that is mounted read-only as a whole a plan can still be made.
	checkMounts := !state.ReadOnly
	looked := map[string]ground{}
	for _, ch := range d.Changes {
		dir := path.Dir(append(ch.Parents, PathOf(ch.Address))[0])
		g, known := looked[dir]
		if !known {
			g = ground{closed: s.closed(dir, checkMounts), modeless: s.cfg.Root.Modeless(dir)}
			looked[dir] = g
		}
		why := s.hindrance(ch, g, own)
		if why == nil && ch.Before != nil && s.covered(ch) {
			d.Problems = append(d.Problems, s.mounted(ch.Address, ch.Origin, string(ch.Action)))
		}
		if why != nil {
			d.Problems = append(d.Problems, plan.Problemf(ch.Address, ch.Origin, "", "cannot %s %s: %v", ch.Action, s.cfg.Root.Name(PathOf(ch.Address)), why))
		}
	}
}

// ground is what a directory and its file system say of changes in it.
type ground struct {
	// closed is why nothing can be changed there.
	closed error
	// modeless tells that its file system keeps no modes, owners and links.
	modeless bool
}

// hindrance is why ch, in a directory on g, can't be made.
func (s *Subsystem) hindrance(ch plan.Change, g ground, own Owners) error {
	p := PathOf(ch.Address)
	switch {
	case g.closed != nil:
		return g.closed
	case ch.Before != nil && s.cfg.Root.Immutable(p):
		return immutable(s.cfg.Root.Name(p))
	}
	if err := s.strangers(ch, own); err != nil {
		return err
	}
	after, err := s.decode(ch.After)
	if err != nil || after == nil {
		return err
	}
	if g.modeless || after.Type == Directory && s.cfg.Root.Modeless(p) {
		return s.unkept(p, *after, own)
	}
	return nil
}

// strangers is the error of a change to or from an owner that this process's user
// namespace does not have: nothing can be given to it, nor given back.
func (s *Subsystem) strangers(ch plan.Change, own Owners) error {
	for _, side := range []struct {
		state   plan.State
		trouble string
	}{
		{ch.Before, "it belongs to %d:%d, and could not be given back to an id that is not in this user namespace; remove it, or give it to another owner"},
		{ch.After, "%d:%d is not in this user namespace; take other ids, or give the container more of them (subuid(5))"},
	} {
		st, err := s.decode(side.state)
		if err != nil || st == nil {
			continue
		}
		uid, gid, pending, err := own.ids(*st)
		if err == nil && !pending && !s.cfg.Root.Mapped(uid, gid) {
			return fmt.Errorf(side.trouble, uid, gid)
		}
	}
	return nil
}

// covered tells whether a mount stands in the way of ch. A directory with a
// mount on it can still get other attributes.
func (s *Subsystem) covered(ch plan.Change) bool {
	info, err := s.cfg.Root.Lstat(PathOf(ch.Address))
	if err != nil || info.Type == rootfs.Dir && ch.Action == plan.Update {
		return false
	}
	return s.cfg.Root.Mounted(PathOf(ch.Address))
}

// mounted is the problem that something is mounted at a.
func (s *Subsystem) mounted(a plan.Address, origin, verb string) plan.Problem {
	name := s.cfg.Root.Name(PathOf(a))
	return plan.Problemf(a, origin, "Unmount it with umount "+name+", or manage another path.", "cannot %s %s: %s", verb, name, mountedOver)
}

// mountedOver is why a path with a mount on it is not what we made, and can't be
// replaced.
const mountedOver = "something is mounted over it"

// closed is why nothing can be made or replaced in dir.
func (s *Subsystem) closed(dir string, checkMounts bool) error {
	err := s.cfg.Root.Closed(dir)
	if errors.Is(err, unix.EROFS) && !checkMounts {
		return nil
	}
	return err
}

func immutable(name string) error {
	return fmt.Errorf("%s is immutable; take the flag off with chattr -i -a", name)
}

// Space gives what the changes write: to the state directory the linked
// contents of the whole generation, and of what is adopted a copy, and of each
// copy that changes the content the copy and what is kept of the file before
// it; to its own place the copy, while the file before it is still there.
func (s *Subsystem) Space(changes []plan.Change) []rootfs.Need {
	var out []rootfs.Need
	file := func(dir string, size int64) {
		need := rootfs.Need{Dir: dir, Size: size}
		if size == 0 {
			need.Bare = 1
		}
		out = append(out, need)
	}
	state := func(size int64) { file(s.cfg.StateDir, size) }
	for _, e := range s.cfg.Desired.Entries {
		if e.Type == Linked {
			state(e.Content.Size)
		}
	}
	for _, st := range s.adopted {
		if st.Size != nil {
			state(*st.Size)
		}
	}
	made := map[string]bool{}
	for _, ch := range changes {
		for _, dir := range ch.Parents {
			// Those of a removal go; and many may come into one.
			if ch.After != nil && !made[dir] {
				made[dir] = true
				file(dir, 1)
			}
		}
		before, err := s.decode(ch.Before)
		if err == nil && before != nil && before.Type == File && before.Size != nil && !s.wrote(PathOf(ch.Address), before.hash()) {
			state(*before.Size)
		}
		after, err := s.decode(ch.After)
		dir := path.Dir(PathOf(ch.Address))
		switch {
		case err != nil || after == nil:
		case after.Type == Directory:
			file(dir, 1)
		case after.Type != File || after.Size == nil:
			file(dir, 0)
		default:
			state(*after.Size)
			file(dir, *after.Size)
		}
	}
	return out
}
