package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/activate-agent/activate/activation"
	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/daemon"
	"github.com/activate-agent/activate/daemon/supervise"
)

// moving is the hand-off from one init of a host to another: the services
// stop under the former, and start under the new one.
type moving struct {
	handoff
	former daemon.Init
	// old are the former's units, new the ones that are to run.
	old, new []string
}

// former gives the init that the last generation's services are with, when it
// is another one and runs still.
func (w *wiring) former(last daemon.Desired) (daemon.Init, []string, error) {
	name := cmp.Or(last.Init, daemon.DefaultInit)
	if name == w.init.Name() || !w.init.Running() || len(last.Services) == 0 {
		return nil, nil, nil
	}
	f := flags{init: name, caller: w.caller}
	init, err := f.chooseInit(w.root)
	if err != nil {
		return nil, nil, err
	}
	files, err := init.Render(last)
	if err != nil {
		return nil, nil, fmt.Errorf("cannot name the services under %s: %w", name, err)
	}
	if !init.Running() {
		return nil, nil, nil
	}
	var units []string
	for _, f := range files {
		units = append(units, f.Unit)
	}
	return init, compact(units), nil
}

func compact(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}

// move makes the hand-off a move when the services were with another init.
func (w *wiring) move(h handoff, last daemon.Desired) (activation.Handoff, error) {
	former, old, err := w.former(last)
	if former == nil || err != nil {
		return h, err
	}
	m := moving{handoff: h, former: former, old: old}
	for _, f := range h.units.Files() {
		m.new = append(m.new, f.Run...)
	}
	m.new = compact(m.new)
	return m, nil
}

// Verbs: what is up counts for nothing, since it stops with the former init.
func (m moving) Verbs(ctx context.Context, changes []plan.Change) (plan.Units, error) {
	u, err := m.handoff.Verbs(ctx, changes)
	if err != nil {
		return u, err
	}
	reasons := map[string]string{}
	for _, name := range m.old {
		reasons[name] = "its init was " + m.former.Name()
	}
	for _, name := range m.new {
		reasons[name] = "its init is " + m.init.Name()
	}
	return plan.Units{Stop: m.old, Start: m.new, Refresh: true, Reasons: reasons, Failed: u.Failed}, nil
}

// Stop stops the former's units, with its definitions.
func (m moving) Stop(ctx context.Context, units plan.Units) []activation.UnitFailure {
	return failures(m.former.Do(context.WithoutCancel(ctx), daemon.VerbStop, units.Stop, serviceDeadline))
}

// Start has the former init forget its definitions, and the new one begin.
func (m moving) Start(ctx context.Context, units plan.Units) (activation.Outcome, error) {
	leave := m.former.Refresh
	if e, ok := m.former.(*supervise.Engine); ok {
		leave = e.Leave
	}
	// Even where it does not, the services have to come up.
	left := leave(context.WithoutCancel(ctx))
	out, err := m.handoff.Start(ctx, units)
	return out, errors.Join(left, err)
}
