package main

import (
	"context"
	"errors"

	"github.com/activate-agent/activate/activation"
	"github.com/activate-agent/activate/cmd/activate/internal/ui"
)

// applying runs do as locked does, for a command whose answer is the document
// of a run.
func (f *flags) applying(ctx context.Context, verb string, do func(*host) error) error {
	return f.holding(ctx, verb, func(h *host) error {
		return h.documented(func() error { return h.recovered(ctx, do) })
	})
}

// documented prints the document of a run that do ended before it had a result,
// as for a mistake in the configuration.
func (h *host) documented(do func() error) error {
	err := do()
	if err == nil || !h.json || h.answered {
		return err
	}
	h.answered = true
	res := &activation.Result{Verdict: activation.Failed, Err: err}
	if exit, ok := errors.AsType[*exitError](err); ok {
		res.Err = exit.err
		if exit.code == activation.Partial.ExitCode() {
			res.Verdict = activation.Partial
		}
	}
	if n, unknown := h.engine.State.Current(); unknown == nil {
		res.Generation = n
	}
	if unread := ui.ResultJSON(h.std.out, res, h.diags); unread != nil {
		return errors.Join(err, unread)
	}
	return err
}
