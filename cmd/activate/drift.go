package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/activate-agent/activate/activation"
	"github.com/activate-agent/activate/activation/generation"
	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/cmd/activate/internal/ui"
)

func newDrift(f *flags) *cobra.Command {
	return &cobra.Command{
		Use:     "drift",
		Aliases: []string{"status"},
		Short:   "Show what no longer matches the current generation; write nothing",
		Long: `Hold the host against the current generation and print what differs, in the
form of a plan that would put it right. Nothing is written. What cannot be
judged is an error, after all that can. A boot of it that failed is told, and
counts as drift until it comes up or a switch succeeds; one that at-boot brought
back an earlier generation for is told too. So is a unit that a file of others
masks or stands before, which is drift that no switch puts right, and drop-ins of
others, which are none.

Exit status: 0 no drift; 1 error; 2 drift.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.reading(func(h *host) error { return h.mayRead(h.drift(cmd.Context())) })
		},
	}
}

func (h *host) drift(ctx context.Context) error {
	var report ui.BootReport
	var p *activation.Prepared
	err := h.engine.Undisturbed(func() (err error) {
		if report, err = h.bootReport(); err == nil {
			p, err = h.driftOfCurrent(ctx)
		}
		return err
	})
	if err != nil {
		// How the host booted may be why, and is known all the same.
		ui.Boot(h.std.err, report)
		return err
	}
	if err := h.answerDrift(p, report); err != nil {
		return err
	}
	if !p.Plan.Empty() || report.Failed != nil || len(overridden(p)) > 0 {
		return &exitError{code: exitPending}
	}
	return nil
}

// driftOfCurrent plans what would bring the current generation back.
func (h *host) driftOfCurrent(ctx context.Context) (*activation.Prepared, error) {
	record, err := h.engine.State.ReadCurrent()
	if errors.Is(err, generation.ErrNone) {
		return nil, fmt.Errorf("cannot tell drift: %w; activate switch makes one", err)
	}
	if err != nil {
		return nil, err
	}
	h.wiring.allDrift = true
	target, err := h.engine.Restore(record)
	if err != nil {
		return nil, err
	}
	return h.engine.Survey(ctx, target)
}

// bootReport tells how the current generation, and the one the host boots, came
// up.
func (h *host) bootReport() (ui.BootReport, error) {
	boots, err := h.engine.State.ReadBoots()
	if err != nil {
		return ui.BootReport{}, err
	}
	report := ui.BootReport{Fallback: boots.Fallback}
	for _, number := range []func() (int, error){h.engine.State.Boot, h.engine.State.Current} {
		n, err := number()
		if err != nil {
			return report, err
		}
		if trial := boots.Trials[n]; trial.Attempts > 0 {
			report.Failed = &ui.BootFailure{Generation: n, Attempts: trial.Attempts, Reason: trial.Failure}
		}
	}
	return report, nil
}

// answerDrift prints what drifted, and how the host booted when that is worth a
// word.
func (h *host) answerDrift(p *activation.Prepared, report ui.BootReport) error {
	others := overridden(p)
	if report.Empty() && len(others) == 0 {
		return h.answer(p)
	}
	if h.json {
		ui.Warnings(h.std.err, h.style, p.Warnings)
		return cmp.Or(ui.DriftJSON(h.std.out, p.Plan, p.Problems, others, report), p.Refused())
	}
	if report.Empty() && p.Plan.Empty() {
		// Nothing can be done, and the host does not match the configuration.
		ui.Warnings(h.std.err, h.style, p.Warnings)
		return p.Refused()
	}
	if err := h.printed(func(w io.Writer) { ui.Boot(w, report) }); err != nil {
		return err
	}
	return h.answer(p)
}

// overridden gives the findings about what is not as the generation says although
// no change would put it right.
func overridden(p *activation.Prepared) []plan.Problem {
	return slices.DeleteFunc(slices.Clone(p.Warnings), func(w plan.Problem) bool { return !w.Drift })
}
