package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/activate-agent/activate/activation"
	"github.com/activate-agent/activate/activation/generation"
	"github.com/activate-agent/activate/cmd/activate/internal/ui"
)

func newDrift(f *flags) *cobra.Command {
	return &cobra.Command{
		Use:     "drift",
		Aliases: []string{"status"},
		Short:   "Show what no longer matches the current generation; write nothing",
		Long: `Hold the host against the current generation and print what differs, in the
form of a plan that would put it right. Nothing is written. A boot of it that
failed is told, and counts as drift until it comes up or a switch succeeds; one
that at-boot brought back an earlier generation for is told too.

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
	boots, err := h.engine.State.ReadBoots()
	if err != nil {
		return err
	}
	report := ui.BootReport{Fallback: boots.Fallback}
	if trial := boots.Trials[record.Number]; trial.Attempts > 0 {
		report.Failed = &ui.BootFailure{Generation: record.Number, Attempts: trial.Attempts, Reason: trial.Failure}
	}
	if err := h.answerDrift(p, report); err != nil {
		return err
	}
	if !p.Plan.Empty() || report.Failed != nil {
		return &exitError{code: exitPending}
	}
	return nil
}

// answerDrift prints what drifted, and how the host booted when that is worth a
// word.
func (h *host) answerDrift(p *activation.Prepared, report ui.BootReport) error {
	if report.Empty() {
		return h.answer(p)
	}
	if h.json {
		ui.Warnings(h.std.err, h.style, p.Warnings)
		return errors.Join(ui.DriftJSON(h.std.out, p.Plan, report), p.Refused())
	}
	ui.Boot(h.std.out, report)
	return h.answer(p)
}
