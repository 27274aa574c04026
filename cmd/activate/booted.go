package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/activate-agent/activate/activation"
	"github.com/activate-agent/activate/daemon/systemd"
)

// bootUp re-applies the boot generation, or the one before when its attempts
// are used up.
func (h *host) bootUp(ctx context.Context) error {
	counted, err := h.countsThisBoot(ctx)
	if err != nil {
		return err
	}
	target, err := h.engine.BeginBoot(counted)
	if target == nil || err != nil {
		return err
	}
	p, err := h.engine.Prepare(ctx, target)
	if err != nil {
		return errors.Join(err, h.engine.FailBoot(err))
	}
	h.showPlan(p)
	// Where another generation has to take over, it becomes the default.
	res := h.engine.Apply(ctx, p, activation.Request{Verb: activation.VerbAtBoot, SetBoot: true})
	if res.Verdict == activation.Failed {
		err = h.engine.FailBoot(res.Err)
	}
	return errors.Join(err, h.finish(res))
}

// countsThisBoot tells whether a boot to the default target is under way, whose
// end newBooted will see.
func (h *host) countsThisBoot(ctx context.Context) (bool, error) {
	s, ok := h.wiring.init.(*systemd.Systemd)
	if !ok || !h.engine.CountBoots {
		return false, nil
	}
	return s.Booting(ctx)
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
