package main

import (
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/activate-agent/activate/cmd/activate/internal/ui"
)

// version is set by the linker from git; a plain go build says what it knows.
var version string //nolint:gochecknoglobals // the linker's -X needs a variable

// buildVersion is the version for people and records.
func buildVersion() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "unreleased"
}

func newVersion(f *flags) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if f.json {
				return ui.JSON(f.std.out, map[string]string{"version": buildVersion()})
			}
			_, err := fmt.Fprintln(f.std.out, "activate", buildVersion())
			return err
		},
	}
}
