package main

import (
	"context"
	"fmt"
	"os"

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

// bootHandoff is the hand-off while the host boots: units are not acted on one
// by one, since the init is starting them all; it only is told what changed.
type bootHandoff struct{ init daemon.Init }

func (bootHandoff) Verbs(context.Context, []plan.Change) (plan.Units, error) {
	return plan.Units{}, nil
}

func (bootHandoff) Stop(context.Context, plan.Units) []activation.UnitFailure { return nil }

func (h bootHandoff) Start(ctx context.Context, _ plan.Units) (activation.Outcome, error) {
	s, ok := h.init.(*systemd.Systemd)
	if !ok || !s.Running() {
		return activation.Outcome{}, nil
	}
	return activation.Outcome{}, s.Kick(ctx)
}

// bootFiles are the entry by which the init runs this program at boot.
func (f *flags) bootFiles(init daemon.Init) ([]activation.BootFile, error) {
	if init.Name() != "systemd" {
		return nil, nil
	}
	exe, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("cannot find this program for the boot entry: %w", err)
	}
	argv := []string{exe, "at-boot"}
	if f.stateDir != defaultStateDir {
		argv = append(argv, "--state-dir", f.stateDir)
	}
	files, err := systemd.BootEntry(argv, f.stateDir)
	if err != nil {
		return nil, err
	}
	var out []activation.BootFile
	for _, file := range files {
		out = append(out, activation.BootFile{Path: file.Path, Content: file.Content, Mode: file.Mode})
		for link, target := range file.Links {
			out = append(out, activation.BootFile{Path: link, Target: target})
		}
	}
	return out, nil
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
