package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/activate-agent/activate/cmd/activate/internal/ui"
	"github.com/activate-agent/activate/modules"
)

func newEval(f *flags) *cobra.Command {
	var origin bool
	cmd := &cobra.Command{
		Use:   "eval PATH [EXPR]",
		Short: "Print what a configuration, or one expression in it, evaluates to",
		Long: `Evaluate PATH and print the whole configuration, or the value of EXPR in it,
as "nix.build_users" or "webapp.blue.port". With --origin EXPR names an option
and all its definitions are listed, with their priority and which won.
Sensitive values are never printed.`,
		Args:              cobra.RangeArgs(1, 2),
		ValidArgsFunction: f.completeExpression,
		RunE: func(cmd *cobra.Command, args []string) error {
			expr := ""
			if len(args) == 2 {
				expr = args[1]
			}
			return f.reading(func(h *host) error {
				config, err := h.load(cmd.Context(), args[0])
				if err != nil {
					return err
				}
				if origin {
					return h.origins(config, expr)
				}
				return h.eval(config, expr)
			})
		},
	}
	cmd.Flags().BoolVar(&origin, "origin", false, "list every definition of EXPR instead")
	return cmd
}

func (h *host) eval(config *modules.Config, expr string) error {
	value, diags := config.Eval(expr)
	h.diagnose(diags)
	if diags.HasErrors() {
		return &exitError{code: exitError1}
	}
	if h.json {
		return ui.JSON(h.std.out, json.RawMessage(value.JSON()))
	}
	_, err := fmt.Fprintln(h.std.out, value.Text())
	return err
}

// originJSON is one definition in `eval --origin --json`.
type originJSON struct {
	Value    json.RawMessage `json:"value"`
	Priority string          `json:"priority"`
	Won      bool            `json:"won"`
	Range    modules.Range   `json:"range"`
}

func (h *host) origins(config *modules.Config, name string) error {
	defs, diags := config.Origins(name)
	h.diagnose(diags)
	if diags.HasErrors() {
		return &exitError{code: exitError1}
	}
	list := make([]originJSON, len(defs))
	for i, d := range defs {
		list[i] = originJSON{Value: d.Value, Priority: d.Priority, Won: d.Won, Range: d.Range}
	}
	if h.json {
		return ui.JSON(h.std.out, list)
	}
	return h.printed(func(w io.Writer) {
		for _, d := range list {
			mark := "      "
			if d.Won {
				mark = "won   "
			}
			fmt.Fprintf(w, "%s%-8s %s  %s\n", mark, d.Priority, d.Range, d.Value)
		}
	})
}

func newValidate(f *flags) *cobra.Command {
	return &cobra.Command{
		Use:   "validate PATH",
		Short: "Evaluate everything and report every problem; look at no host",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.reading(func(h *host) error { return h.validate(cmd.Context(), args[0]) })
		},
	}
}

// validity is `validate --json`, DESIGN section 8.
type validity struct {
	Valid       bool                `json:"valid"`
	Diagnostics modules.Diagnostics `json:"diagnostics"`
}

func (h *host) validate(ctx context.Context, path string) error {
	o, err := h.options(path)
	if err != nil {
		return err
	}
	config, diags := modules.Load(ctx, o)
	if !diags.HasErrors() {
		diags = append(diags, config.Validate()...)
	}
	if h.json {
		answer := validity{Valid: !diags.HasErrors(), Diagnostics: diags}
		if answer.Diagnostics == nil {
			answer.Diagnostics = modules.Diagnostics{}
		}
		if err := ui.JSON(h.std.out, answer); err != nil {
			return err
		}
	} else {
		h.diagnose(diags)
	}
	if diags.HasErrors() {
		return &exitError{code: exitError1}
	}
	if h.json {
		return nil
	}
	_, err = fmt.Fprintln(h.std.out, "the configuration is valid")
	return err
}
