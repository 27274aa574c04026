package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/activate-agent/activate/activation/generation"
	"github.com/activate-agent/activate/cmd/activate/internal/ui"
)

func newDiff(f *flags) *cobra.Command {
	return &cobra.Command{
		Use:   "diff A B",
		Short: "Show what differs between two generations",
		Args:  cobra.ExactArgs(2),

		ValidArgsFunction: f.generationNumbers,
		RunE: func(_ *cobra.Command, args []string) error {
			a, err := generationArg(args[0])
			if err != nil {
				return err
			}
			b, err := generationArg(args[1])
			if err != nil {
				return err
			}
			return f.reading(func(h *host) error { return h.mayRead(h.diff(a, b)) })
		},
	}
}

func (h *host) diff(a, b int) error {
	var before, after *generation.Record
	err := h.engine.Undisturbed(func() (err error) {
		if before, err = h.engine.State.Read(a); err == nil {
			after, err = h.engine.State.Read(b)
		}
		return err
	})
	if err != nil {
		return err
	}
	p := generation.Compare(before, after)
	if h.json {
		_, err := h.std.out.Write(p.MarshalIndent())
		return err
	}
	if p.Empty() {
		_, err := fmt.Fprintf(h.std.out, "generations %d and %d are the same\n", a, b)
		return err
	}
	contents, err := h.wiring.generationContents(before, after)
	if err != nil {
		return err
	}
	return h.printed(func(w io.Writer) { ui.Plan(w, ui.StyleFor(h.std.out, noColor()), p, contents, 0) })
}
