package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/activate-agent/activate/activation/generation"
)

func newDrift(f *flags) *cobra.Command {
	return &cobra.Command{
		Use:     "drift",
		Aliases: []string{"status"},
		Short:   "Show what no longer matches the current generation; write nothing",
		Long: `Hold the host against the current generation and print what differs, in the
form of a plan that would put it right. Nothing is written.

Exit status: 0 no drift; 1 error; 2 drift.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.reading(func(h *host) error { return h.drift(cmd.Context()) })
		},
	}
}

func (h *host) drift(ctx context.Context) error {
	record, err := h.engine.State.ReadCurrent()
	if errors.Is(err, generation.ErrNone) {
		return fmt.Errorf("cannot tell drift: %w; activate switch makes one", err)
	}
	if err != nil {
		return err
	}
	h.wiring.allDrift = true
	target, err := h.engine.Restore(record)
	if err != nil {
		return err
	}
	p, err := h.engine.Prepare(ctx, target)
	if err != nil {
		return err
	}
	if err := h.answer(p); err != nil {
		return err
	}
	if !p.Plan.Empty() {
		return &exitError{code: exitPending}
	}
	return nil
}
