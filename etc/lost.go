package etc

import (
	"path"
	"slices"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
)

// lost finds the contents that a recorded generation should have and has no
// longer: a link would lead nowhere, or to something else, and a copy could not
// be made.
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
			d.Problems = append(d.Problems, s.gone(e, "gone"))
			continue
		}
		if err := s.editedInPlace(d, e, info, flips); err != nil {
			return err
		}
	}
	return nil
}

// editedInPlace tells of a linked content that somebody wrote to through its
// link: what the generation had is nowhere any more. Nothing is refused, since
// the edit may be all that a boot, or the way back, would fail for.
func (s *Subsystem) editedInPlace(d *plan.Diff, e Entry, info rootfs.Info, flips bool) error {
	if e.Content == nil || e.Content.Hash == "" {
		return nil
	}
	sum, err := s.hashFile(path.Join(s.cfg.Tree, StaticPath(e.Path)), false)
	if err != nil || sum == e.Content.Hash && formatMode(info.Mode) == e.Mode {
		return err
	}
	d.Warnings = append(d.Warnings, plan.Problemf(e.Address, e.Origin, "A switch to a configuration that has it makes it anew.",
		"%s was edited in place in this generation, and stays as it is there", e.Address))
	if f, err := s.observe(e.Path); err != nil || flips || !f.isOurLink() {
		return err
	}
	// The link is right, so there is nothing left that could be done.
	before := len(d.Changes)
	d.Changes = slices.DeleteFunc(d.Changes, func(ch plan.Change) bool { return ch.Address == e.Address })
	d.Unchanged += before - len(d.Changes)
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
	e, wanted := s.desired()[ch.Address]
	if !wanted || after == nil || after.Type != File || after.SecretSource != "" {
		return nil
	}
	if before != nil && before.Type == File && before.hash() == after.hash() {
		return nil
	}
	if missing := s.cfg.Store.Missing(after.hash()); missing != "" {
		d.Problems = append(d.Problems, s.gone(*e, missing))
	}
	return nil
}

// gone refuses an entry whose content is "gone" or "damaged".
func (s *Subsystem) gone(e Entry, missing string) plan.Problem {
	const advice = "A switch to a configuration that has it makes a generation that is whole."
	generation := s.cfg.Root.Name(path.Dir(s.cfg.Tree))
	if missing == "gone" {
		return s.problem(e, advice, "its content is gone from %s", generation)
	}
	return s.problem(e, advice, "its content in %s is %s", generation, missing)
}

// lost says how the content of what stood before f is nowhere any more, "" where
// it can be put back.
func (l *leaving) lost(f found, original *State) (string, error) {
	if original == nil || original.Type != File {
		return "", nil
	}
	missing := l.s.cfg.Store.Missing(original.hash())
	if missing == "" || f.info.Type != rootfs.File {
		return missing, nil
	}
	if same, err := l.s.holdsContent(f, *original); same || err != nil {
		return "", err
	}
	return missing, nil
}
