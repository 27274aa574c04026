package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/activate-agent/activate/activation"
	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/daemon"
	"github.com/activate-agent/activate/daemon/supervise"
	"github.com/activate-agent/activate/daemon/systemd"
)

// handoff is daemon's side of the engine's Handoff.
type handoff struct {
	units *daemon.Host
	init  daemon.Init
	// asked is set when a person named the init, which then has to run.
	asked bool
	// missing is why nobody can take the units, nil where somebody can.
	missing error
}

func (h handoff) Verbs(ctx context.Context, changes []plan.Change) (plan.Units, error) {
	if h.missing != nil {
		return plan.Units{}, h.missing
	}
	if h.asked && !h.init.Running() {
		return plan.Units{}, fmt.Errorf("cannot hand units to %s: %w", h.init.Name(), errNoInit)
	}
	return h.units.Verbs(ctx, changes)
}

func (h handoff) Stop(ctx context.Context, units plan.Units) []activation.UnitFailure {
	return failures(h.units.Stop(ctx, units))
}

func (h handoff) Start(ctx context.Context, units plan.Units) (activation.Outcome, error) {
	o, err := h.units.Start(ctx, units)
	if e, ok := h.init.(*supervise.Engine); ok && !units.Refresh {
		err = errors.Join(err, e.Settle(ctx))
	}
	return activation.Outcome{
		Started: o.Started, Restarted: o.Restarted, Reloaded: o.Reloaded,
		Failed: failures(o.Failed), Ignored: failures(o.Ignored), Unrelated: failures(o.Unrelated),
	}, err
}

func (h handoff) Failing(ctx context.Context) ([]activation.UnitFailure, error) {
	list, err := h.units.Failing(ctx)
	return failures(list), err
}

// bootHandoff is the hand-off while the host boots: units are not acted on one
// by one, since the init is starting them all; it only is told what changed.
type bootHandoff struct{ init daemon.Init }

func (bootHandoff) Verbs(context.Context, []plan.Change) (plan.Units, error) {
	return plan.Units{}, nil
}

func (bootHandoff) Stop(context.Context, plan.Units) []activation.UnitFailure { return nil }

func (bootHandoff) Failing(context.Context) ([]activation.UnitFailure, error) { return nil, nil }

func (h bootHandoff) Start(ctx context.Context, _ plan.Units) (activation.Outcome, error) {
	if !h.init.Running() {
		return activation.Outcome{}, nil
	}
	if s, ok := h.init.(*systemd.Systemd); ok {
		return activation.Outcome{}, s.Kick(ctx)
	}
	return activation.Outcome{}, refreshAtBoot(ctx, h.init)
}

// refreshAtBoot has an init that runs the boot entry take up what changed.
func refreshAtBoot(ctx context.Context, init daemon.Init) error {
	if e, ok := init.(*supervise.Engine); ok {
		return e.RefreshAtBoot(ctx)
	}
	return init.Refresh(ctx)
}

func failures(list []daemon.Failure) []activation.UnitFailure {
	var out []activation.UnitFailure
	for _, f := range list {
		reason := f.Reason
		if f.Verb != "" {
			reason = fmt.Sprintf("cannot %s it: %s", f.Verb, f.Reason)
		}
		out = append(out, activation.UnitFailure{Unit: f.Unit, Reason: reason, Log: f.Log, User: f.User})
	}
	return out
}
