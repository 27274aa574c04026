package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/activate-agent/activate/modules"
)

// completeFlags says what stands after the flags that all commands have.
func (f *flags) completeFlags(root *cobra.Command) {
	completions := map[string]cobra.CompletionFunc{
		"set":       f.completeSet,
		"init":      cobra.FixedCompletions(append([]cobra.Completion{"auto"}, initNames()...), cobra.ShellCompDirectiveNoFileComp),
		"root":      onlyDirectories,
		"state-dir": onlyDirectories,
	}
	for name, complete := range completions {
		if err := root.RegisterFlagCompletionFunc(name, complete); err != nil {
			panic("internal error: " + err.Error())
		}
	}
}

func onlyDirectories(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveFilterDirs
}

// completeSet completes K of --set K=V with the options of the configuration
// that the command line names, or of the built-in modules.
func (f *flags) completeSet(cmd *cobra.Command, args []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var out []cobra.Completion
	for _, o := range f.optionNames(cmd.Context(), args) {
		if name := o.Name + "="; !o.ReadOnly && strings.HasPrefix(name, begun) {
			out = append(out, cobra.CompletionWithDesc(name, o.Description))
		}
	}
	return out, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// completeExpression completes the EXPR of eval PATH EXPR.
func (f *flags) completeExpression(cmd *cobra.Command, args []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return nil, cobra.ShellCompDirectiveDefault
	}
	var out []cobra.Completion
	for _, o := range f.optionNames(cmd.Context(), args) {
		if len(args) == 1 && strings.HasPrefix(o.Name, begun) {
			out = append(out, cobra.CompletionWithDesc(o.Name, o.Description))
		}
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

func (f *flags) optionNames(ctx context.Context, args []string) []modules.OptionName {
	path := ""
	if len(args) > 0 {
		path = args[0]
	}
	var names []modules.OptionName
	_ = f.reading(func(h *host) error {
		c, err := h.described(ctx, path)
		if err != nil {
			return fmt.Errorf("cannot complete: %w", err)
		}
		names = c.OptionNames()
		return nil
	})
	return names
}
