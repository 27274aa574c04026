package daemon

import (
	"context"
	"maps"
	"slices"

	"github.com/activate-agent/activate/activation/plan"
)

// Diff holds all desired unit files against the root, as Units.Diff does.
func (h *Host) Diff(ctx context.Context) (plan.Diff, error) {
	var all plan.Diff
	for _, u := range h.all() {
		d, err := u.Diff(ctx)
		if err != nil {
			return all, err
		}
		all.Add(d)
	}
	return all, nil
}

// Save keeps what the changes would destroy.
func (h *Host) Save(ctx context.Context, changes []plan.Change) error {
	for _, u := range h.all() {
		if err := u.Save(ctx, h.mine(u, changes)); err != nil {
			return err
		}
	}
	return nil
}

// Apply makes the changes, in order.
func (h *Host) Apply(ctx context.Context, changes []plan.Change) error {
	for len(changes) > 0 {
		u, n := h.of(changes[0]), 1
		for n < len(changes) && h.of(changes[n]) == u {
			n++
		}
		if err := u.Apply(ctx, changes[:n]); err != nil {
			return err
		}
		changes = changes[n:]
	}
	return nil
}

// mine gives the changes that are for u.
func (h *Host) mine(u *Units, changes []plan.Change) []plan.Change {
	return slices.DeleteFunc(slices.Clone(changes), func(ch plan.Change) bool { return h.of(ch) != u })
}

// Leaves tells whether ch is about something that is no longer asked for.
func (h *Host) Leaves(ch plan.Change) bool { return h.of(ch).Leaves(ch) }

// Paths gives the paths that Apply of ch may write.
func (h *Host) Paths(ch plan.Change) []string { return h.of(ch).Paths(ch) }

// Contents gives the bytes of ch's file on both sides.
func (h *Host) Contents(ch plan.Change) (before, after []byte, secret bool, err error) {
	return h.of(ch).Contents(ch)
}

// Originals gives the map to record with the generation that d makes.
func (h *Host) Originals(d plan.Diff) map[plan.Address]plan.State {
	out := map[plan.Address]plan.State{}
	for _, u := range h.all() {
		maps.Copy(out, u.Originals(h.part(u, d)))
	}
	return out
}

// Parents gives the list of directories to record with the generation that d
// makes.
func (h *Host) Parents(d plan.Diff) []string {
	var out []string
	for _, u := range h.all() {
		out = append(out, u.Parents(h.part(u, d))...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// part is what of d is u's.
func (h *Host) part(u *Units, d plan.Diff) plan.Diff {
	d.Changes = h.mine(u, d.Changes)
	adopted := d.Adopted
	d.Adopted = map[plan.Address]plan.State{}
	for a, s := range adopted {
		if h.of(plan.Change{Address: a, After: s}) == u {
			d.Adopted[a] = s
		}
	}
	return d
}

// Files gives all rendered files, for a generation's tree.
func (h *Host) Files() []File {
	var out []File
	for _, u := range h.all() {
		out = append(out, u.Files()...)
	}
	return out
}

// Recorded is the desired state without secrets, for a generation's record.
func (h *Host) Recorded() Desired {
	d := h.Units.Recorded()
	d.Users = nil
	for _, p := range h.people {
		own := p.units.Recorded()
		if len(own.Services)+len(own.Sockets)+len(own.Timers)+len(own.Targets) > 0 {
			d.Users = append(d.Users, UserUnits{User: p.name, Units: own})
		}
	}
	return d
}
