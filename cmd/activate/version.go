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
	var sbom bool
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if info, ok := debug.ReadBuildInfo(); sbom && ok {
				return writeBOM(f.std.out, info)
			}
			if f.json {
				return ui.JSON(f.std.out, map[string]string{"version": buildVersion()})
			}
			_, err := fmt.Fprintln(f.std.out, "activate", buildVersion())
			return err
		},
	}
	cmd.Flags().BoolVar(&sbom, "sbom", false, "print what this program was built from, as CycloneDX")
	return cmd
}
