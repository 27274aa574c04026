package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/activate-agent/activate/cmd/activate/internal/ui"
)

func newGenerations(f *flags) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "generations",
		Short: "List the generations",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return f.reading((*host).listGenerations)
		},
	}
	cmd.AddCommand(newGenerationsDelete(f))
	return cmd
}

func (h *host) listGenerations() error {
	entries, err := h.engine.State.List()
	if err != nil {
		return err
	}
	if h.json {
		return ui.JSON(h.std.out, entries)
	}
	if len(entries) == 0 {
		fmt.Fprintln(h.std.err, "there is no generation yet; activate switch makes one")
		return nil
	}
	w := tabwriter.NewWriter(h.std.out, 0, 0, 2, ' ', 0)
	for _, e := range entries {
		mark := ""
		if e.Current {
			mark += " current"
		}
		if e.Boot {
			mark += " boot"
		}
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\n", e.Number, e.Time.Local().Format("2006-01-02 15:04:05"), e.Config, e.Description, mark)
	}
	return w.Flush()
}

func newGenerationsDelete(f *flags) *cobra.Command {
	return &cobra.Command{
		Use:   "delete N...",
		Short: "Delete generations; never the current one or the boot default",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var numbers []int
			for _, a := range args {
				n, err := generationArg(a)
				if err != nil {
					return err
				}
				numbers = append(numbers, n)
			}
			return f.locked(cmd.Context(), "generations delete", func(h *host) error {
				return h.engine.State.Delete(numbers...)
			})
		},
	}
}
