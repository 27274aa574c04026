package etc

import (
	"path"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
)

// lost finds the contents that a recorded generation should have and has no
// longer: a link would lead nowhere, and a copy could not be made.
func (s *Subsystem) lost(d *plan.Diff) error {
	recorded, err := s.cfg.Root.Exists(path.Dir(s.cfg.Tree))
	if s.cfg.Tree == "" || !recorded || err != nil {
		return err
	}
	changed := make(map[plan.Address]bool, len(d.Changes))
	for _, ch := range d.Changes {
		changed[ch.Address] = true
		if err := s.lostCopy(d, ch); err != nil {
			return err
		}
	}
	flips := s.staticTree() != s.cfg.Tree
	for _, e := range s.cfg.Desired.Entries {
		if e.Type != Linked || !flips && !changed[e.Address] {
			continue
		}
		info, err := s.cfg.Root.Lstat(path.Join(s.cfg.Tree, StaticPath(e.Path)))
		if err != nil || info.Type != rootfs.File {
			d.Problems = append(d.Problems, s.gone(e))
		}
	}
	return nil
}

// lostCopy judges the content of one change.
func (s *Subsystem) lostCopy(d *plan.Diff, ch plan.Change) error {
	before, err := s.decode(ch.Before)
	if err != nil {
		return err
	}
	after, err := s.decode(ch.After)
	if err != nil {
		return err
	}
	e, wanted := s.desired[ch.Address]
	if !wanted || after == nil || after.Type != File || after.SecretSource != "" {
		return nil
	}
	if before != nil && before.Type == File && before.hash() == after.hash() || s.cfg.Store.Has(after.hash()) {
		return nil
	}
	d.Problems = append(d.Problems, s.gone(e))
	return nil
}

func (s *Subsystem) gone(e Entry) plan.Problem {
	return s.problem(e, "A switch to a configuration that has it makes a generation that is whole.",
		"its content is gone from %s", s.cfg.Root.Name(path.Dir(s.cfg.Tree)))
}

// lost tells whether the content of what stood before f is nowhere any more.
func (l *leaving) lost(f found, original *State) (bool, error) {
	if original == nil || original.Type != File || l.s.cfg.Store.Has(original.hash()) {
		return false, nil
	}
	if f.info.Type != rootfs.File {
		return true, nil
	}
	same, err := l.s.holdsContent(f, *original)
	return !same, err
}
