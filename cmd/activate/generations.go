package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/activate-agent/activate/activation/generation"
	"github.com/activate-agent/activate/cmd/activate/internal/ui"
)

func newGenerations(f *flags) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "generations",
		Short: "List the generations",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return f.reading(func(h *host) error { return h.mayRead(h.listGenerations()) })
		},
	}
	cmd.AddCommand(newGenerationsDelete(f))
	return cmd
}

func (h *host) listGenerations() error {
	var entries []generation.Entry
	damage := h.engine.Undisturbed(func() (err error) {
		entries, err = h.engine.State.List()
		return err
	})
	switch {
	case entries == nil:
		return damage
	case h.json:
		return errors.Join(ui.JSON(h.std.out, entries), damage)
	case len(entries) == 0:
		fmt.Fprintln(h.std.err, "there is no generation yet; activate switch makes one")
		return nil
	}
	return errors.Join(printGenerations(h.std.out, entries), damage)
}

func printGenerations(out io.Writer, entries []generation.Entry) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, e := range entries {
		mark := ""
		if e.Current {
			mark += " current"
		}
		if e.Boot {
			mark += " boot"
		}
		if e.BootAttempts > 0 {
			mark += fmt.Sprintf(" failed to boot %s: %s", generation.Times(e.BootAttempts), e.BootFailure)
		}
		made := e.Time.Local().Format("2006-01-02 15:04:05")
		if e.Damage != "" {
			made = "damaged"
		}
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\n", e.Number, made, e.Config, e.Description, mark)
	}
	return w.Flush()
}

func newGenerationsDelete(f *flags) *cobra.Command {
	var keep int
	var older time.Duration
	cmd := &cobra.Command{
		Use:   "delete [N...]",
		Short: "Delete generations; never the current one or the boot default",
		Long: `Delete the generations N, or those that --keep and --older-than leave no place
for, and with them the copies of edits that their switches replaced. The current
generation and the boot default always stay.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			switch flags := cmd.Flags(); {
			case flags.Changed("keep") && keep < 1:
				return fmt.Errorf("cannot delete generations: --keep has to be 1 or more, not %d", keep)
			case flags.Changed("older-than") && older <= 0:
				return fmt.Errorf("cannot delete generations: --older-than has to be more than 0s, not %s", older)
			case len(args) == 0 && keep == 0 && older == 0:
				return errors.New("cannot delete generations: name them, or say --keep or --older-than")
			}
			var numbers []int
			for _, a := range args {
				n, err := generationArg(a)
				if err != nil {
					return err
				}
				numbers = append(numbers, n)
			}
			return f.locked(cmd.Context(), "generations delete", func(h *host) error {
				return h.deleteGenerations(numbers, keep, older)
			})
		},
		ValidArgsFunction: f.generationNumbers,
	}
	cmd.Flags().IntVar(&keep, "keep", 0, "keep the newest generations, so many, and delete the others")
	cmd.Flags().DurationVar(&older, "older-than", 0, "delete generations older than this, as 720h")
	return cmd
}

func (h *host) deleteGenerations(numbers []int, keep int, older time.Duration) error {
	if keep > 0 || older > 0 {
		entries, err := h.engine.State.List()
		if err != nil {
			return err
		}
		numbers = append(numbers, generation.Surplus(entries, keep, older, time.Now())...)
	}
	slices.Sort(numbers)
	numbers = slices.Compact(numbers)
	if err := h.engine.State.Delete(numbers...); err != nil {
		return err
	}
	if h.json {
		return ui.JSON(h.std.out, map[string][]int{"deleted": append([]int{}, numbers...)})
	}
	noun := "generations"
	if len(numbers) == 1 {
		noun = "generation"
	}
	fmt.Fprintf(h.std.err, "%d %s deleted\n", len(numbers), noun)
	return nil
}

// generationNumbers completes a generation's number.
func (f *flags) generationNumbers(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var out []string
	_ = f.reading(func(h *host) error {
		entries, err := h.engine.State.List()
		for _, e := range entries {
			out = append(out, fmt.Sprintf("%d\t%s %s", e.Number, e.Time.Local().Format(time.DateTime), e.Config))
		}
		return err
	})
	return out, cobra.ShellCompDirectiveNoFileComp
}
