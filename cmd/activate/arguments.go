package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

// explained has a command refuse a wrong number of arguments by how it is
// written.
func explained(check cobra.PositionalArgs) cobra.PositionalArgs {
	if check == nil {
		return nil
	}
	return func(cmd *cobra.Command, args []string) error {
		if check(cmd, args) == nil {
			return nil
		}
		noun := "arguments"
		if len(args) == 1 {
			noun = "argument"
		}
		return fmt.Errorf("cannot run %s with %d %s: it is written %q; see %[1]s --help", cmd.CommandPath(), len(args), noun, cmd.UseLine())
	}
}
