package etc

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
)

// leaving is what the removals of a plan make of the paths they touch, so that
// what comes after is compared with the host as it will be then.
type leaving struct {
	changes []plan.Change
	// after is the state of each path that leaves: nil when it will be free.
	after map[string]*State
}

// leave plans the way of everything in Last that is no longer desired,
// deepest path first.
func (s *Subsystem) leave(own Owners, prune map[string]bool, diff *plan.Diff) (leaving, error) {
	l := leaving{after: map[string]*State{}}
	var going []Entry
	for _, e := range s.cfg.Last.Entries {
		if _, stays := s.desiredAt[e.Path]; !stays {
			going = append(going, e)
		}
	}
	slices.SortStableFunc(going, func(a, b Entry) int { return strings.Compare(b.Path, a.Path) })
	for _, e := range going {
		if err := s.leaveOne(e, own, prune, &l, diff); err != nil {
			return leaving{}, err
		}
	}
	return l, nil
}

// prunable is the directories made for entries that no desired path needs.
func (s *Subsystem) prunable() map[string]bool {
	out := map[string]bool{}
	for _, p := range s.cfg.Parents {
		if !s.needed[p] {
			out[p] = true
		}
	}
	return out
}

func (s *Subsystem) leaveOne(e Entry, own Owners, prune map[string]bool, l *leaving, diff *plan.Diff) error {
	f, err := s.observe(e.Path)
	if err != nil {
		// A parent became a file or somebody's link: nothing of ours is there.
		diff.Warnings = append(diff.Warnings, plan.Problem{Address: e.Address, Summary: err.Error()})
		return nil
	}
	original, err := decode(s.cfg.Originals[e.Address])
	if err != nil {
		return fmt.Errorf("cannot use the record of what stood at %s: %w", e.Address, err)
	}
	edited, err := s.edited(e, f, own)
	if err != nil {
		return err
	}
	if edited != "" {
		diff.Warnings = append(diff.Warnings, plan.Problemf(e.Address, "", "Remove it by hand if it is not needed.",
			"cannot remove %s: it was edited since it was made (%s), so it stays", s.cfg.Root.Name(e.Path), edited))
		return nil
	}
	if s.needed[e.Path] {
		if original != nil && original.Type != Directory {
			diff.Problems = append(diff.Problems, plan.Problemf(e.Address, e.Origin, "Keep the directory's block, or drop what is below it.",
				"cannot put back what stood at %s: the configuration has paths below it", s.cfg.Root.Name(e.Path)))
		}
		if original == nil {
			return nil
		}
	}
	if f.exists() && e.Type == Directory && original == nil && !s.vacated(e.Path, l, prune) {
		diff.Warnings = append(diff.Warnings, plan.Problemf(e.Address, "", "", "cannot remove %s: it is not empty, so it stays", s.cfg.Root.Name(e.Path)))
		return nil
	}
	return s.goTo(e, f, original, own, prune, l, diff)
}

// goTo adds the change from what f is to what stood there before.
func (s *Subsystem) goTo(e Entry, f found, original *State, own Owners, prune map[string]bool, l *leaving, diff *plan.Diff) error {
	l.after[e.Path] = original
	differs, err := s.differences(f, original, own)
	if err != nil {
		return err
	}
	if differs == "" {
		return nil
	}
	before, err := s.current(e, f)
	if err != nil {
		return err
	}
	why := "no longer in the configuration"
	if original != nil {
		why += ", what stood there before returns"
	}
	ch := s.change(e.Address, before, original, why, "")
	if original == nil {
		ch.Parents = ancestorsIn(e.Path, prune)
	}
	l.changes = append(l.changes, ch)
	return nil
}

// edited says how f, which an earlier run made for e, differs from that; ""
// when it does not, or is gone. The attributes of a directory that is to be
// removed do not matter.
func (s *Subsystem) edited(e Entry, f found, own Owners) (string, error) {
	_, returns := s.cfg.Originals[e.Address]
	if !f.exists() || e.Type == Directory && f.info.Type == rootfs.Dir && !returns {
		return "", nil
	}
	was, err := s.applied(e)
	if err != nil {
		return "", fmt.Errorf("cannot use the record of %s: %w", e.Address, err)
	}
	if _, _, _, err := own.ids(*was); err != nil {
		// An owner whose account is gone can't be compared, and is no edit.
		was.UID, was.GID = &f.info.UID, &f.info.GID
	}
	return s.differences(f, was, own)
}

// vacated tells whether the directory p will be empty once the removals are
// done: everything in it leaves.
func (s *Subsystem) vacated(p string, l *leaving, prune map[string]bool) bool {
	names, err := s.cfg.Root.ReadDir(p)
	if err != nil {
		return errors.Is(err, fs.ErrNotExist)
	}
	for _, name := range names {
		child := path.Join(p, name)
		if after, leaves := l.after[child]; leaves && after == nil {
			continue
		}
		if !prune[child] || !s.vacated(child, l, prune) {
			return false
		}
	}
	return true
}

// ancestorsIn gives the directories above p that are in set, outermost first.
func ancestorsIn(p string, set map[string]bool) []string {
	var out []string
	for dir := path.Dir(p); dir != "."; dir = path.Dir(dir) {
		if set[dir] {
			out = append(out, dir)
		}
	}
	slices.Reverse(out)
	return out
}
