package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/activate-agent/activate/activation"
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
	if res.Verdict == activation.Failed && counted {
		err = h.engine.FailBoot(res.Err)
	}
	return errors.Join(err, h.finish(res))
}

// planBoot ends an interrupted run and plans the way to the boot generation, or
// to the one before when its attempts are used up; nil when there is nothing
// left to do.
func (h *host) planBoot(ctx context.Context, counted bool) (*activation.Prepared, error) {
	if err := h.recover(ctx); err != nil {
		return nil, err
	}
	pending, err := h.engine.State.ReadPending()
	if err != nil {
		return nil, err
	}
	if pending != nil {
		// The host went down while the switch was on trial.
		return nil, h.finishRevert(h.revert(ctx, pending))
	}
	target, err := h.engine.BeginBoot(counted)
	if target == nil || err != nil {
		return nil, err
	}
	return h.engine.Prepare(ctx, target)
}

// countBoot counts the boot that is under way, if its end will be told by
// newBooted. first says that the init started and runs at-boot for that. A
// switch on trial is taken back, and that boot says nothing of a generation.
func (h *host) countBoot(ctx context.Context, first bool) (bool, error) {
	pending, err := h.engine.State.ReadPending()
	if err != nil || pending != nil || !h.engine.CountBoots {
		return false, err
	}
	booting := first
	if s, ok := h.wiring.init.(*systemd.Systemd); ok {
		if booting, err = s.Booting(ctx); err != nil {
			return false, err
		}
	}
	if !booting {
		return false, nil
	}
	return true, h.engine.CountBoot()
}

// countsBoots tells whether the host's init tells how boots end.
func (w *wiring) countsBoots() bool {
	s, ok := w.init.(*systemd.Systemd)
	return ok && w.caller == nil && s.Running()
}

func newBooted(f *flags) *cobra.Command {
	return &cobra.Command{
		Use:   "booted",
		Short: "What the boot entry runs last: tell whether the boot generation came up",
		Long: `Write down whether the boot generation came up: it is current, and its units
run. activate drift and activate generations show a failure, and at-boot leaves
a generation that failed as often as activation.boot_attempts allows.

Exit status: 0 it came up, or no boot is to be judged; 1 error; 4 units failed.`,
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.locked(cmd.Context(), "booted", func(h *host) error { return h.booted(cmd.Context()) })
		},
	}
}

func (h *host) booted(ctx context.Context) error {
	failure, err := h.engine.EndBoot(ctx)
	if failure == "" || err != nil {
		return err
	}
	h.event(activation.Event{Step: "booted", Text: "this boot is no good one: " + failure, Warning: true})
	return &exitError{code: activation.UnitsFailed.ExitCode(), err: fmt.Errorf("the boot generation did not come up: %s", failure)}
}
