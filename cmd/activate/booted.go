package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/activate-agent/activate/activation"
	"github.com/activate-agent/activate/daemon/supervise"
	"github.com/activate-agent/activate/daemon/systemd"
)

// boot brings the boot generation up. What stands in the way of a counted one
// is written down.
func (h *host) boot(ctx context.Context, counted bool) error {
	p, err := h.planBoot(ctx, counted)
	if err != nil && counted {
		err = errors.Join(err, h.engine.FailBoot(err))
	}
	if p == nil || err != nil {
		return err
	}
	h.showPlan(p)
	// Where another generation has to take over, it becomes the default.
	res := h.engine.Apply(ctx, p, activation.Request{Verb: activation.VerbAtBoot, SetBoot: true})
	if counted && (res.Verdict == activation.Failed || len(res.LeftOut) > 0) {
		err = h.engine.FailBoot(res.Err)
	}
	return errors.Join(err, h.finish(res))
}

// planBoot ends an interrupted run and plans the way to the boot generation, or
// to the one before when its attempts are used up; nil when there is nothing
// left to do.
func (h *host) planBoot(ctx context.Context, counted bool) (*activation.Prepared, error) {
	left, err := h.endInterrupted(ctx)
	if err != nil {
		return nil, err
	}
	if left && !h.heldByInit() {
		// The rest goes too: the state, and the boot entry that runs this.
		return nil, h.deactivate(ctx)
	}
	pending, err := h.underTrial(ctx)
	if err != nil {
		return nil, err
	}
	if pending != nil {
		// The host went down while the switch was on trial.
		return nil, h.finishRevert(h.revert(ctx, pending))
	}
	target, err := h.engine.BeginBoot(counted)
	if err != nil {
		return nil, err
	}
	if target == nil {
		return nil, h.nothingToBoot()
	}
	current, err := h.engine.State.Current()
	if err != nil {
		return nil, err
	}
	// After a test, and after boots that failed, an earlier one returns. It is not refused what it had.
	h.wiring.reverts = target.Record.Number < current
	return h.engine.Prepare(ctx, target)
}

// heldByInit tells whether the init keeps the boot entry while this runs.
func (h *host) heldByInit() bool {
	e, ok := h.wiring.init.(*supervise.Engine)
	return ok && e.Running() && e.HoldsBootEntry()
}

// endInterrupted ends an interrupted run. left tells that it was a deactivate, and
// nothing is ours any more.
func (h *host) endInterrupted(ctx context.Context) (left bool, err error) {
	// A journal that can't be read is for recover to tell.
	j, _ := h.engine.State.ReadJournal()
	if err := h.recover(ctx); err != nil || j == nil || j.Verb != verbDeactivate {
		return false, err
	}
	current, err := h.engine.State.Current()
	return current == 0, err
}

// nothingToBoot ends a boot without a boot default, as where the state is on a
// file system that is not mounted yet.
func (h *host) nothingToBoot() error {
	current, err := h.engine.State.Current()
	if err != nil {
		return err
	}
	h.event(activation.Event{
		Step: activation.VerbAtBoot, Warning: true,
		Text: "nothing is brought up: " + h.engine.Root.Name(h.engine.State.Dir()) + " has no boot default; activate switch or activate rollback makes one, activate deactivate removes what is left",
	})
	return h.finish(&activation.Result{Verdict: activation.Unchanged, Generation: current})
}

// countBoot counts the boot that is under way, if its end will be told by
// newBooted. first says that the init started and runs at-boot for that. A
// switch on trial is taken back, and that boot says nothing of a generation.
func (h *host) countBoot(ctx context.Context, first bool) (bool, error) {
	pending, err := h.engine.State.ReadPending()
	if err != nil || pending != nil || h.caller != nil {
		return false, err
	}
	counted := false
	switch init := h.wiring.init.(type) {
	case *systemd.Systemd:
		// Another root's does not run, and this host's is not to be asked.
		if !init.Running() {
			return false, nil
		}
		if counted, err = init.Booting(ctx); err != nil {
			return false, err
		}
	case *supervise.Engine:
		counted = first && !rescued()
	}
	if !counted {
		return false, nil
	}
	return true, h.engine.CountBoot()
}

// rescued tells whether the kernel's command line asks for a boot without
// services, by the words that bootparam(7) has for init.
func rescued() bool {
	line, _ := os.ReadFile("/proc/cmdline")
	return slices.ContainsFunc(strings.Fields(string(line)), func(word string) bool {
		return slices.Contains([]string{"single", "s", "S", "1", "emergency", "-b", "softlevel=single"}, word)
	})
}

// countsBoots tells whether the host's init tells how boots end.
func (w *wiring) countsBoots() bool {
	switch w.init.(type) {
	case *systemd.Systemd, *supervise.Engine:
		return w.caller == nil && w.init.Running()
	}
	return false
}

func newBooted(f *flags) *cobra.Command {
	var wait bool
	cmd := &cobra.Command{
		Use:   "booted",
		Short: "What the boot entry runs last: tell whether the boot generation came up",
		Long: `Write down whether the boot generation came up: it is current, and its units
run. activate drift and activate generations show a failure, and at-boot leaves
a generation that failed as often as activation.boot_attempts allows.

Exit status: 0 it came up, or no boot is to be judged; 1 error; 4 units failed.`,
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			if wait {
				if err := f.reading(func(h *host) error { return h.awaitBoot(ctx) }); err != nil {
					return err
				}
			}
			return f.locked(ctx, "booted", func(h *host) error { return h.booted(ctx) })
		},
	}
	cmd.Flags().BoolVar(&wait, "wait", false, "wait until the services of the boot have come up or failed")
	return cmd
}

// awaitBoot is for inits that run booted beside the services.
func (h *host) awaitBoot(ctx context.Context) error {
	if e, ok := h.wiring.init.(*supervise.Engine); ok {
		return e.AwaitBoot(ctx)
	}
	return nil
}

func (h *host) booted(ctx context.Context) error {
	failure, err := h.engine.EndBoot(ctx)
	if failure == "" || err != nil {
		return err
	}
	h.event(activation.Event{Step: "booted", Text: "this boot is no good one: " + failure, Warning: true})
	return &exitError{code: activation.UnitsFailed.ExitCode(), err: fmt.Errorf("the boot generation did not come up: %s", failure)}
}
