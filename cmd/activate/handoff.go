package main

import (
	"context"
	"fmt"

	"github.com/activate-agent/activate/activation"
	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/daemon"
	"github.com/activate-agent/activate/daemon/none"
	"github.com/activate-agent/activate/daemon/systemd"
)

// handoff is daemon's side of the engine's Handoff.
type handoff struct{ units *daemon.Units }

func (h handoff) Verbs(ctx context.Context, changes []plan.Change) (plan.Units, error) {
	return h.units.Verbs(ctx, changes)
}

func (h handoff) Stop(ctx context.Context, units plan.Units) []activation.UnitFailure {
	return failures(h.units.Stop(ctx, units))
}

func (h handoff) Start(ctx context.Context, units plan.Units) (activation.Outcome, error) {
	o, err := h.units.Start(ctx, units)
	return activation.Outcome{
		Started: o.Started, Restarted: o.Restarted, Reloaded: o.Reloaded,
		Failed: failures(o.Failed), Ignored: failures(o.Ignored),
	}, err
}

func failures(list []daemon.Failure) []activation.UnitFailure {
	var out []activation.UnitFailure
	for _, f := range list {
		reason := f.Reason
		if f.Verb != "" {
			reason = fmt.Sprintf("cannot %s it: %s", f.Verb, f.Reason)
		}
		out = append(out, activation.UnitFailure{Unit: f.Unit, Reason: reason, Log: f.Log})
	}
	return out
}

// chooseInit makes the init that --init names. With auto it is the one that
// runs; for another root, the one that its /sbin/init belongs to.
func (f *flags) chooseInit(root *rootfs.Root) (daemon.Init, error) {
	switch f.init {
	case "auto":
		if systemd.Detect(root) {
			return systemd.New(root), nil
		}
		return none.New(), nil
	case "systemd":
		return systemd.New(root), nil
	case "none":
		return none.New(), nil
	}
	return nil, fmt.Errorf("cannot use --init %s: this activate hands units to systemd or none", f.init)
}
