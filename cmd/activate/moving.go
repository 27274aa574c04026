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
	w      *wiring
	former daemon.Init
	// files are the former's definitions.
	files []daemon.File
	// new are the units that are to run.
	new []string
}

// initOf names the init that a generation's services are with.
func initOf(d daemon.Desired) string { return cmp.Or(d.Init, daemon.DefaultInit) }

// site is one init and where the configuration says that it looks.
type site struct{ init, dir string }

func siteOf(init string, d daemon.Desired) site { return site{init, d.Places[init]} }

// taker is the init that d's services are to be with: the host's, but on the
// way back from a move that failed the one from before.
func (w *wiring) taker(d, last daemon.Desired) daemon.Init {
	if w.left != nil && w.leftSite == siteOf(initOf(d), d) && w.leftSite != siteOf(initOf(last), last) && w.init.Name() == initOf(last) {
		return w.left
	}
	return w.init
}

// former gives the init that the last generation's services are with, when it
// is another one than the taker, or looks elsewhere, and runs still. What nobody is
// to take stops, whether the taker runs or not.
func (w *wiring) former(taker daemon.Init, d, last daemon.Desired) (daemon.Init, []daemon.File, error) {
	name := initOf(last)
	if siteOf(name, last) == siteOf(taker.Name(), d) || !taker.Running() && len(d.Services) > 0 || len(last.Services) == 0 {
		return nil, nil, nil
	}
	f := flags{init: name, caller: w.caller}
	init, err := f.chooseInit(w.root, w.state)
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
	return init, files, nil
}

func compact(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}

// move makes the hand-off a move when the services were with another init.
func (w *wiring) move(h handoff, d, last daemon.Desired) (activation.Handoff, error) {
	former, files, err := w.former(h.init, d, last)
	if former == nil || err != nil {
		return h, err
	}
	w.left, w.leftSite = former, siteOf(initOf(last), last)
	m := moving{handoff: h, w: w, former: former, files: files}
	for _, f := range h.units.Files() {
		m.new = append(m.new, f.Run...)
	}
	m.new = compact(m.new)
	return m, nil
}

// running gives the former's units that are up.
func (m moving) running(ctx context.Context) ([]string, error) {
	status, err := m.former.Status(ctx, nil)
	var up []string
	for _, f := range m.files {
		if status[f.Unit].Up() {
			up = append(up, f.Unit)
		}
	}
	return compact(up), err
}

// Verbs: what is up counts for nothing, since it stops with the former init.
func (m moving) Verbs(ctx context.Context, changes []plan.Change) (plan.Units, error) {
	u, err := m.handoff.Verbs(ctx, changes)
	if err != nil {
		return u, err
	}
	old, err := m.running(ctx)
	if err != nil {
		return u, err
	}
	reasons := map[string]string{}
	for _, name := range old {
		reasons[name] = "its init was " + m.former.Name()
	}
	for _, name := range m.new {
		reasons[name] = "its init is " + m.init.Name()
	}
	return plan.Units{Stop: old, Start: m.new, Refresh: true, Reasons: reasons, Failed: u.Failed}, nil
}

// Stop stops the former's units, with its definitions.
func (m moving) Stop(ctx context.Context, units plan.Units) []activation.UnitFailure {
	return failures(m.former.Do(context.WithoutCancel(ctx), daemon.VerbStop, units.Stop, serviceDeadline))
}

// Start has the former init forget its definitions, and the new one begin;
// where the definitions went back to the former, the other way around.
func (m moving) Start(ctx context.Context, units plan.Units) (activation.Outcome, error) {
	ctx = context.WithoutCancel(ctx)
	m.w.without = m.former
	if m.returned() {
		m.w.without = m.init
		left := leave(ctx, m.init)
		err := m.former.Refresh(ctx)
		failed := failures(m.former.Do(ctx, daemon.VerbStart, units.Start, serviceDeadline))
		return activation.Outcome{Failed: failed}, errors.Join(left, err)
	}
	// Even where it does not, the services have to come up.
	left := leave(ctx, m.former)
	out, err := m.handoff.Start(ctx, units)
	return out, errors.Join(left, err)
}

// farewell has the init that is without the services now see that its boot entry is
// gone too, which goes last.
func (w *wiring) farewell(ctx context.Context) error {
	if w.without == nil {
		return nil
	}
	return leave(context.WithoutCancel(ctx), w.without)
}

// leave has an init let go of services that another one takes.
func leave(ctx context.Context, init daemon.Init) error {
	if e, ok := init.(*supervise.Engine); ok {
		return e.Leave(ctx)
	}
	return init.Refresh(ctx)
}

// returned tells whether the former's definitions are where it reads them.
func (m moving) returned() bool {
	for _, f := range m.files {
		p := f.Path
		if len(f.Parts) > 0 {
			p = f.Parts[0].Path
		}
		if _, err := m.w.root.Lstat(p); err != nil {
			return false
		}
	}
	return true
}
