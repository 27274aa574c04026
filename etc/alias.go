package etc

import (
	"path"

	"github.com/activate-agent/activate/activation/plan"
)

// aliased gives a problem for each desired path that a link above it makes
// another path, where that one is not this package's business, is asked for as
// well, or leaves by its other name. It is called once all paths were looked at.
func (l *leaving) aliased() []plan.Problem {
	s := l.s
	if !s.cfg.Root.Moved() {
		return nil
	}
	var moved []Entry
	at := map[string]Entry{}
	for _, e := range s.cfg.Desired.Entries {
		if l.real(e.Path) != e.Path {
			moved = append(moved, e)
		}
	}
	leaving := l.at()
	for _, e := range s.cfg.Desired.Entries {
		at[e.Path] = e
	}
	var out []plan.Problem
	for _, e := range moved {
		place := l.real(e.Path)
		if p := s.alias(e, place, at); p != nil {
			out = append(out, *p)
			continue
		}
		at[place] = e
	}
	for _, e := range s.cfg.Desired.Entries {
		place := l.real(e.Path)
		if p := s.belowAlias(e, place, at); place == e.Path && p != nil {
			out = append(out, *p)
		}
		if last, leaves := leaving[place]; leaves && last.Path != e.Path {
			out = append(out, s.problem(e, "Switch without this block first, then with it.",
				"it is the same file as %s, which leaves", last.Address))
		}
	}
	return out
}

// alias is the problem of e, which is at place, beside the other entries at their
// paths; nil for none.
func (s *Subsystem) alias(e Entry, place string, at map[string]Entry) *plan.Problem {
	if why := s.forbidden(place); why != "" {
		p := s.problem(e, "", "through a link it is %s, and %s", s.cfg.Root.Name(place), why)
		return &p
	}
	if other, taken := at[place]; taken {
		p := s.problem(e, "Keep one of the two.", "through a link it is %s, which %s asks for (%s)", s.cfg.Root.Name(place), other.Address, other.Origin)
		return &p
	}
	return s.belowAlias(e, place, at)
}

// belowAlias is the problem of e, which is at place, below what is to be no directory
// and has another name above it; nil for none.
func (s *Subsystem) belowAlias(e Entry, place string, at map[string]Entry) *plan.Problem {
	for dir := path.Dir(place); dir != "."; dir = path.Dir(dir) {
		above, ok := at[dir]
		if !ok || above.Type == Directory || place == e.Path && above.Path == dir {
			continue
		}
		p := s.problem(e, "Only a directory can hold further paths.", "%s makes %s something else than a directory (%s)",
			above.Address, s.cfg.Root.Name(dir), above.Origin)
		return &p
	}
	return nil
}

// at gives the entries that leave, by where they are.
func (l *leaving) at() map[string]Entry {
	out := map[string]Entry{}
	for _, e := range l.s.cfg.Last.Entries {
		if _, stays := l.s.desiredAt()[e.Path]; !stays {
			out[l.real(e.Path)] = e
		}
	}
	return out
}

// real is where p is through the links above it that stay.
func (l *leaving) real(p string) string {
	at := l.s.cfg.Root.Real(p)
	if at == p {
		return p
	}
	for dir := path.Dir(p); dir != "."; dir = path.Dir(dir) {
		if _, leaves := l.after[dir]; leaves {
			return p
		}
	}
	return at
}
