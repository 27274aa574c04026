package main

import (
	"bufio"
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/activate-agent/activate/activation"
	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/cmd/activate/internal/ui"
)

func newSwitch(f *flags) *cobra.Command {
	var confirm time.Duration
	cmd := &cobra.Command{
		Use:   "switch PATH",
		Short: "Make the host match, now and at boot",
		Long: `Evaluate PATH (one .hcl file, or a directory of them), plan, apply, hand units
to the init, record a generation and make it the boot default. Nothing to do
writes nothing.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("confirm") && confirm <= 0 {
				return fmt.Errorf("cannot switch: --confirm has to be more than 0s, not %s", confirm)
			}
			return f.bring(cmd.Context(), args[0], activation.Request{Verb: "switch", SetBoot: true}, confirm)
		},
	}
	cmd.Flags().DurationVar(&confirm, "confirm", 0, "revert by itself unless activate confirm comes in this time")
	return cmd
}

func newTest(f *flags) *cobra.Command {
	return &cobra.Command{
		Use:   "test PATH",
		Short: "Make the host match now; the boot default stays",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.bring(cmd.Context(), args[0], activation.Request{Verb: "test"}, 0)
		},
	}
}

// bring evaluates a configuration and applies it, on trial when confirm is not
// 0.
func (f *flags) bring(ctx context.Context, path string, req activation.Request, confirm time.Duration) error {
	return f.applying(ctx, req.Verb, func(h *host) error {
		if err := h.settled(ctx); err != nil {
			return err
		}
		target, err := h.evaluate(ctx, path)
		if err != nil {
			return err
		}
		if confirm > 0 {
			p, err := h.engine.Prepare(ctx, target)
			if err != nil {
				return err
			}
			h.showPlan(p)
			return h.trial(ctx, p, req, confirm)
		}
		return h.apply(ctx, target, req)
	})
}

// plannings is how often a run plans on a host that others change meanwhile.
const plannings = 5

// apply plans the way to target and goes it.
func (h *host) apply(ctx context.Context, target *activation.Target, req activation.Request) error {
	for n := 1; ; n++ {
		p, err := h.engine.Prepare(ctx, target)
		if err != nil {
			return err
		}
		h.showPlan(p)
		res := h.engine.Apply(ctx, p, req)
		if res.Overtaken && n < plannings {
			h.event(activation.Event{Step: "plan", Text: res.Err.Error() + "; planning again"})
			continue
		}
		if res.Verdict == activation.Applied {
			h.keepEvaluation()
		}
		return h.finish(res)
	}
}

// briefly is how much of a plan is shown while it is applied; activate plan
// shows all.
const briefly = 200

// showPlan prints the plan and its warnings on standard error, for a run that
// applies it.
func (h *host) showPlan(p *activation.Prepared) {
	ui.Warnings(h.std.err, h.style, p.Warnings)
	if !p.Plan.Empty() && p.Refused() == nil {
		w := bufio.NewWriter(h.std.err)
		ui.Plan(w, h.style, p.Plan, h.contents(p), briefly)
		_ = w.Flush()
	}
}

// finish prints a run's result and turns its verdict into the exit status.
func (h *host) finish(res *activation.Result) error {
	h.tell(res)
	return h.conclude(res)
}

// tell prints a run's result for a person, and logs it.
func (h *host) tell(res *activation.Result) {
	h.logResult(res)
	ui.Result(h.std.err, h.style, res, time.Since(h.began))
}

// conclude prints the document of a run and gives its exit status, which stays
// what it is where nobody could read the document.
func (h *host) conclude(res *activation.Result) error {
	var unread error
	if h.json {
		h.answered = true
		unread = ui.ResultJSON(h.std.out, res, nil)
	}
	if code := res.Verdict.ExitCode(); code != 0 || unread != nil {
		return &exitError{code: code, err: unread}
	}
	return nil
}

// contents finds the bytes that a plan's diffs are made of.
func (h *host) contents(p *activation.Prepared) ui.Contents {
	return func(ch plan.Change) (before, after []byte, ok bool) {
		return p.Contents(ch)
	}
}
