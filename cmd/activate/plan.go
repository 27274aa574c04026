package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/activate-agent/activate/activation"
	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/cmd/activate/internal/ui"
)

func newPlan(f *flags) *cobra.Command {
	var out string
	var detailed bool
	cmd := &cobra.Command{
		Use:     "plan PATH",
		Aliases: []string{"dry-activate"},
		Short:   "Show what switch would do; write nothing",
		Long: `Print every change that switch would make, with content diffs and what happens
to units. Nothing is written and no lock is taken. Where switch would refuse,
so does plan.

Exit status: 0, or 1 on an error; with --detailed-exitcode 2 when there is
something to do.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("out") && out == "" {
				return errors.New("cannot write the plan: --out names no file")
			}
			return f.plan(cmd.Context(), args[0], out, detailed)
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "also write the plan to this file, for activate apply")
	cmd.Flags().BoolVar(&detailed, "detailed-exitcode", false, "exit 2 when there is something to do")
	return cmd
}

func (f *flags) plan(ctx context.Context, path, out string, detailed bool) error {
	return f.reading(func(h *host) error {
		waits, err := h.refusal()
		if err != nil {
			return h.mayRead(err)
		}
		target, err := h.evaluate(ctx, path)
		if err != nil {
			return err
		}
		p, err := h.look(ctx, target)
		if err != nil {
			return h.mayRead(err)
		}
		p.Problems = append(waits, p.Problems...)
		if err := h.answerTried(ctx, p); err != nil {
			return h.mayRead(err)
		}
		if p.OnlyRecords() {
			ui.Warnings(h.std.err, h.style, []plan.Problem{{Summary: "nothing on the host changes, but a switch records a generation: a policy changed, or a path is no longer managed"}})
		}
		if out != "" {
			if err := savePlan(out, path, h, p); err != nil {
				return err
			}
		}
		if detailed && !p.Plan.Empty() {
			return &exitError{code: exitPending}
		}
		return nil
	})
}

// refusal gives why no switch can be now, whatever is to be switched to.
func (h *host) refusal() (waits []plan.Problem, err error) {
	err = h.engine.Undisturbed(func() error {
		if err := h.engine.CheckPlace(); err != nil {
			return err
		}
		waits, err = h.trialProblem()
		return err
	})
	return waits, err
}

// look plans the way to target for who applies nothing.
func (h *host) look(ctx context.Context, target *activation.Target) (p *activation.Prepared, err error) {
	err = h.engine.Undisturbed(func() error {
		p, err = h.engine.Prepare(ctx, target)
		return err
	})
	return p, err
}

// answerTried prints the plan and runs the snippets that a plan can try. It gives the
// error of a plan that would be refused, or of which a snippet failed: that is among
// the document's problems, too.
func (h *host) answerTried(ctx context.Context, p *activation.Prepared) error {
	if h.json {
		if err := h.try(ctx, p); err != nil {
			return err
		}
		return h.answer(p)
	}
	if err := h.answer(p); err != nil {
		return err
	}
	if err := h.try(ctx, p); err != nil {
		return err
	}
	return p.Refused()
}

// try makes the snippets that fail to be tried problems of a plan that has none.
func (h *host) try(ctx context.Context, p *activation.Prepared) (err error) {
	if len(p.Problems) == 0 {
		p.Problems, err = h.engine.DryRun(ctx, p)
	}
	return err
}

// answer prints the plan, and gives the error of one that would be refused.
func (h *host) answer(p *activation.Prepared) error {
	if err := h.printPlan(p); err != nil {
		return err
	}
	return p.Refused()
}

// printPlan prints the plan as the answer.
func (h *host) printPlan(p *activation.Prepared) error {
	if err := h.noteInterrupted(); err != nil {
		return err
	}
	ui.Warnings(h.std.err, h.style, p.Warnings)
	if h.json {
		text, err := h.planText(struct {
			plan.Plan
			Problems []plan.Problem `json:"problems,omitempty"`
		}{*p.Plan, p.Problems})
		if err != nil {
			return err
		}
		_, err = h.std.out.Write(text)
		return err
	}
	if p.Plan.Empty() && len(p.Problems) > 0 {
		// The problems say it all: the host does not match the configuration.
		return nil
	}
	err := h.printed(func(w io.Writer) { ui.Plan(w, ui.StyleFor(h.std.out, noColor()), p.Plan, h.contents(p), 0) })
	if err != nil {
		return err
	}
	if h.engine.Offline && len(p.Snippets()) > 0 {
		fmt.Fprintln(h.std.err, "snippets are skipped for another root")
	}
	return nil
}

// noteInterrupted tells that the host is seen in the middle of a run.
func (h *host) noteInterrupted() error {
	j, err := h.engine.State.ReadJournal()
	if err != nil || j == nil {
		return err
	}
	fmt.Fprintf(h.std.err, "a %s is under way, or was interrupted: this is the host in the middle of it; the next run that changes something ends it first\n", j.Verb)
	return nil
}
