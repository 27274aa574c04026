package daemon

import (
	"context"
	"slices"
	"strings"
)

// Failing waits until the states of our units have settled and gives those
// that failed, or should run and do not. It acts on none. Failures that do not
// count are left out.
func (u *Units) Failing(ctx context.Context) ([]Failure, error) {
	if !u.cfg.Init.Running() {
		return nil, nil
	}
	if err := u.settle(ctx); err != nil {
		return nil, err
	}
	lists, err := u.Verbs(ctx, nil)
	if err != nil {
		return nil, err
	}
	var out []Failure
	for _, name := range lists.Failed {
		if u.known(name) {
			out = append(out, Failure{Unit: name, Reason: "it failed"})
		}
	}
	for _, name := range lists.Start {
		if !slices.Contains(lists.Failed, name) {
			out = append(out, Failure{Unit: name, Reason: "it does not run"})
		}
	}
	out = slices.DeleteFunc(out, func(f Failure) bool { return u.ignores(f.Unit) })
	slices.SortStableFunc(out, func(a, b Failure) int { return strings.Compare(a.Unit, b.Unit) })
	return out, nil
}

// Failing gives those of the host. Those of its users do not count: a user could
// have the host leave a generation.
func (h *Host) Failing(ctx context.Context) ([]Failure, error) { return h.Units.Failing(ctx) }
