package main

import (
	"fmt"
	"strings"

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

// refuseUnknown has the commands that the library brings, completion and help,
// refuse names that nothing has. By themselves they print their help then, and
// succeed: a script takes that for what it asked for.
func refuseUnknown(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	root.InitDefaultHelpCmd()
	for _, c := range root.Commands() {
		switch c.Name() {
		case "completion":
			c.Args = oneOfItsOwn
			c.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
		case "help":
			c.Args = func(cmd *cobra.Command, args []string) error {
				found, rest, err := cmd.Root().Find(args)
				if err == nil && len(rest) > 0 {
					err = fmt.Errorf("there is no %s %s", found.CommandPath(), rest[0])
				}
				return err
			}
		}
	}
}

// oneOfItsOwn refuses arguments of a command that only has commands of its own.
func oneOfItsOwn(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, c := range cmd.Commands() {
		names = append(names, c.Name())
	}
	return fmt.Errorf("there is no %s %s: there are %s", cmd.CommandPath(), args[0], strings.Join(names, ", "))
}
