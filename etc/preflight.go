package etc

import (
	"fmt"
	"path"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
)

// preflight finds what would make Apply fail although every path is as
// expected: flags of chattr(1), read-only file systems.
func (s *Subsystem) preflight(d *plan.Diff) {
	if len(d.Changes) == 0 {
		return
	}
	state, err := s.cfg.Root.SpaceAt(s.cfg.StateDir)
	if err != nil {
		return
	}
	// Of a host that is mounted read-only as a whole a plan can still be made.
	checkMounts := !state.ReadOnly
	looked := map[string]error{}
	for _, ch := range d.Changes {
		p := PathOf(ch.Address)
		dir := path.Dir(append(ch.Parents, p)[0])
		why, known := looked[dir]
		if !known {
			why = s.closed(dir, checkMounts)
			looked[dir] = why
		}
		if why == nil && ch.Before != nil && s.cfg.Root.Immutable(p) {
			why = immutable(s.cfg.Root.Name(p))
		}
		if why == nil && ch.Before != nil && s.covered(ch) {
			d.Problems = append(d.Problems, s.mounted(ch.Address, ch.Origin, string(ch.Action)))
		}
		if why != nil {
			d.Problems = append(d.Problems, plan.Problemf(ch.Address, ch.Origin, "", "cannot %s %s: %v", ch.Action, s.cfg.Root.Name(p), why))
		}
	}
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
	if s.cfg.Root.Immutable(dir) {
		return immutable(s.cfg.Root.Name(dir))
	}
	if !checkMounts {
		return nil
	}
	if space, err := s.cfg.Root.SpaceAt(dir); err == nil && space.ReadOnly {
		return fmt.Errorf("the file system of %s is mounted read-only", s.cfg.Root.Name(dir))
	}
	return nil
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
	state := func(size int64) { out = append(out, rootfs.Need{Dir: s.cfg.StateDir, Size: size}) }
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
	for _, ch := range changes {
		for _, dir := range ch.Parents {
			out = append(out, rootfs.Need{Dir: dir, Size: 1})
		}
		before, err := s.decode(ch.Before)
		if err == nil && before != nil && before.Size != nil {
			state(*before.Size)
		}
		after, err := s.decode(ch.After)
		if err != nil || after == nil || after.Type != File || after.Size == nil {
			continue
		}
		state(*after.Size)
		out = append(out, rootfs.Need{Dir: path.Dir(PathOf(ch.Address)), Size: *after.Size})
	}
	return out
}
