package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/activate-agent/activate/activation"
	"github.com/activate-agent/activate/activation/generation"
)

func newRollback(f *flags) *cobra.Command {
	return &cobra.Command{
		Use:   "rollback [N]",
		Short: "Go back to the generation before, or to generation N",
		Args:  cobra.MaximumNArgs(1),

		ValidArgsFunction: f.generationNumbers,
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.applying(cmd.Context(), "rollback", func(h *host) error {
				return h.rollback(cmd.Context(), args)
			})
		},
	}
}

func (h *host) rollback(ctx context.Context, args []string) error {
	if len(args) == 0 {
		pending, err := h.toTakeBack(ctx)
		if err != nil {
			return err
		}
		if pending != nil {
			return h.takeBack(ctx, pending)
		}
	}
	n, err := h.rollbackTo(args)
	if err != nil {
		return err
	}
	record, err := h.engine.State.Read(n)
	if err != nil {
		return fmt.Errorf("cannot roll back: %w", err)
	}
	target, err := h.engine.Restore(record)
	if err != nil {
		return err
	}
	if err := h.apply(ctx, target, activation.Request{Verb: "rollback", SetBoot: true}); err != nil {
		return err
	}
	return h.endTrial(ctx)
}

// endTrial ends the trial of a switch that was just left for another generation, if
// there was one. Then what was asked for is done, whatever comes of the record.
func (h *host) endTrial(ctx context.Context) error {
	pending, err := h.engine.State.ReadPending()
	if pending == nil && err == nil {
		return nil
	}
	if err == nil {
		h.disarm(ctx)
		err = h.engine.State.DropPending()
	}
	if err != nil {
		return &exitError{code: activation.Partial.ExitCode(), err: err}
	}
	return nil
}

// toTakeBack gives the trial that a rollback without a number ends. Where that was
// killed after it got there, it is there, and goes no further back.
func (h *host) toTakeBack(ctx context.Context) (*generation.Pending, error) {
	pending, err := h.engine.State.ReadPending()
	if pending == nil || err != nil {
		return nil, err
	}
	current, err := h.engine.State.Current()
	if err != nil || current == pending.Previous {
		return pending, err
	}
	return h.underTrial(ctx)
}

// takeBack ends a trial that somebody does not want to wait the end of.
func (h *host) takeBack(ctx context.Context, pending *generation.Pending) error {
	res := h.revert(ctx, pending)
	if res.Verdict == activation.RolledBack {
		res.Verdict, res.Err = activation.Applied, nil
	}
	return h.finish(res)
}

// rollbackTo is the generation that is asked for, or the newest before the
// current one.
func (h *host) rollbackTo(args []string) (int, error) {
	if len(args) == 1 {
		return generationArg(args[0])
	}
	current, err := h.engine.State.Current()
	if err != nil {
		return 0, err
	}
	numbers, err := h.engine.State.Numbers()
	if err != nil {
		return 0, err
	}
	before := 0
	for _, n := range numbers {
		if n < current {
			before = n
		}
	}
	if before == 0 {
		return 0, errors.New("cannot roll back: there is no generation before the current one; see activate generations")
	}
	return before, nil
}

func generationArg(arg string) (int, error) {
	n, err := strconv.Atoi(arg)
	if err != nil || n <= 0 {
		return 0, fmt.Errorf("%q is not a generation number; see activate generations", arg)
	}
	return n, nil
}
