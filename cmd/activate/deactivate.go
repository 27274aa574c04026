package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/activate-agent/activate/activation"
	"github.com/activate-agent/activate/daemon/supervise"
)

// verbDeactivate is the command, and the name of its runs in the journal.
const verbDeactivate = "deactivate"

func newDeactivate(f *flags) *cobra.Command {
	return &cobra.Command{
		Use:   verbDeactivate,
		Short: "Undo everything activate ever did here, and remove its own state",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.applying(cmd.Context(), verbDeactivate, func(h *host) error {
				return h.deactivate(cmd.Context())
			})
		},
	}
}

func (h *host) deactivate(ctx context.Context) error {
	target, err := h.engine.Restore(nil)
	if err != nil {
		return err
	}
	p, err := h.engine.Prepare(ctx, target)
	if err != nil {
		return err
	}
	h.showPlan(p)
	res := h.engine.Apply(ctx, p, activation.Request{Verb: verbDeactivate, SetBoot: true})
	if res.Verdict == activation.Applied || res.Verdict == activation.Unchanged {
		if err := h.forget(ctx, p); err != nil {
			if res.Verdict == activation.Unchanged {
				return err
			}
			res.Verdict, res.Err = activation.Partial, err
			return h.finish(res)
		}
		res.Generation = 0
	}
	return h.finish(res)
}

// forget removes what is left of activate itself once everything is undone.
func (h *host) forget(ctx context.Context, p *activation.Prepared) error {
	if err := h.engine.RemoveState(p); err != nil {
		return fmt.Errorf("everything is undone, but activate's own state stays, until activate deactivate can remove it: %w", err)
	}
	e, kept := h.wiring.init.(*supervise.Engine)
	if !kept || !e.Running() {
		return nil
	}
	// The boot entry is gone, of which a supervisor was running too.
	if h.wiring.atBoot {
		return e.RefreshAtBoot(ctx)
	}
	return e.Refresh(ctx)
}
