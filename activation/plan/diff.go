package plan

import (
	"fmt"
	"maps"
)

// Diff is what a subsystem found when it held the desired state against the
// host.
type Diff struct {
	// Changes is what has to be done, in the order it may be done in.
	Changes []Change
	// Adopted are objects that already are as desired and become ours by
	// this run: address to what stands there now. They need no write, but on
	// removal they are left or put back as they were.
	Adopted map[Address]State
	// Moved are objects of ours that stay as they are, and that the configuration
	// now asks for under another address.
	Moved map[Address]State
	// Unreturned are the hashes of contents that stood somewhere before us and
	// do not come back, since an edit of what we made there stays.
	Unreturned []string
	// Unchanged counts desired objects that need nothing, adopted ones too.
	Unchanged int
	// Problems would make Apply fail or harm the host. A plan with problems
	// is refused before the first change.
	Problems []Problem
	// Warnings are for the person who reads the plan; they refuse nothing.
	Warnings []Problem
}

// Add appends another subsystem's findings.
func (d *Diff) Add(o Diff) {
	d.Changes = append(d.Changes, o.Changes...)
	d.Unchanged += o.Unchanged
	d.Unreturned = append(d.Unreturned, o.Unreturned...)
	d.Problems = append(d.Problems, o.Problems...)
	d.Warnings = append(d.Warnings, o.Warnings...)
	d.Adopted = joined(d.Adopted, o.Adopted)
	d.Moved = joined(d.Moved, o.Moved)
}

// joined adds what is in more to m.
func joined(m, more map[Address]State) map[Address]State {
	if m == nil {
		return maps.Clone(more)
	}
	maps.Copy(m, more)
	return m
}

// Problem is one finding about one object, told so that its reader can act.
type Problem struct {
	Address Address `json:"address"`
	// Origin is where the configuration asks for the object, "nix.hcl:12".
	Origin string `json:"origin,omitempty"`
	// Summary is the form `cannot VERB OBJECT: reason`.
	Summary string `json:"summary"`
	// Advice is the way out, a full sentence; may be empty.
	Advice string `json:"advice,omitempty"`
	// Forbids are the addresses, besides Address, whose changes must not be made
	// even by a run that goes on without what it cannot do.
	Forbids []Address `json:"-"`
	// Drift tells that the object is not as the configuration says, although no
	// change would put it right.
	Drift bool `json:"-"`
}

// Error gives the problem in one line, position first.
func (p Problem) Error() string {
	s := p.Summary
	if p.Origin != "" {
		s = p.Origin + ": " + s
	}
	if p.Advice != "" {
		s += " (" + p.Advice + ")"
	}
	return s
}

// Problemf makes a Problem whose Summary is formatted.
func Problemf(a Address, origin, advice, format string, args ...any) Problem {
	return Problem{Address: a, Origin: origin, Advice: advice, Summary: fmt.Sprintf(format, args...)}
}
