package etc

import (
	"fmt"
	"path"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
)

// preflight finds what would make Apply fail although every path is as
// expected: flags of chattr(1), read-only file systems, too little space.
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
		if why != nil {
			d.Problems = append(d.Problems, plan.Problemf(ch.Address, ch.Origin, "", "cannot %s %s: %v", ch.Action, s.cfg.Root.Name(p), why))
		}
	}
	s.checkSpace(d, state)
}

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

// need is the bytes to be written to one file system, and where.
type need struct {
	rootfs.Space
	bytes uint64
	at    string
}

func (n *need) add(size int64) {
	n.bytes += (uint64(max(size, 0)) + n.Block - 1) / n.Block * n.Block
}

// needAt gives the need of dir's file system. One without a size, as of some
// network file systems, is not counted.
func (s *Subsystem) needAt(dir string, needs map[uint64]*need) *need {
	space, err := s.cfg.Root.SpaceAt(dir)
	if err != nil || space.Block == 0 {
		return &need{Space: rootfs.Space{Block: 1}}
	}
	if needs[space.Dev] == nil {
		needs[space.Dev] = &need{Space: space, at: dir}
	}
	return needs[space.Dev]
}

// checkSpace compares what a run writes with what is free: the linked contents
// of the whole generation, and of each copy that changes the content, the copy
// and what is kept of the file before it.
func (s *Subsystem) checkSpace(d *plan.Diff, state rootfs.Space) {
	if state.Block == 0 {
		return
	}
	kept := &need{Space: state, at: s.cfg.StateDir}
	needs := map[uint64]*need{state.Dev: kept}
	at := map[string]*need{}
	for _, e := range s.cfg.Desired.Entries {
		if e.Type == Linked {
			kept.add(e.Content.Size)
		}
	}
	for _, ch := range d.Changes {
		before, err := s.decode(ch.Before)
		if err == nil && before != nil && before.Size != nil {
			kept.add(*before.Size)
		}
		after, err := s.decode(ch.After)
		if err != nil || after == nil || after.Type != File || after.Size == nil {
			continue
		}
		kept.add(*after.Size)
		dir := path.Dir(PathOf(ch.Address))
		if at[dir] == nil {
			at[dir] = s.needAt(dir, needs)
		}
		at[dir].add(*after.Size)
	}
	for _, n := range needs {
		if n.bytes > n.Free {
			d.Problems = append(d.Problems, plan.Problem{
				Summary: fmt.Sprintf("cannot write the configuration's files: they need %d KiB on the file system of %s and %d KiB are free",
					n.bytes>>10, s.cfg.Root.Name(n.at), n.Free>>10),
				Advice: "Make room, or delete old generations.",
			})
		}
	}
}
