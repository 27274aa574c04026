package main

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
)

//go:embed starter.hcl
var starter []byte

// defaultConfig is where the packages put a configuration.
const defaultConfig = "/etc/activate/config.hcl"

func newInit(f *flags) *cobra.Command {
	return &cobra.Command{
		Use:   "init [PATH]",
		Short: "Write a commented configuration to start from",
		Long: `Write a configuration that does nothing yet and shows in comments what one looks
like. PATH is ` + defaultConfig + ` unless said, "-" is standard output. A file
that is there is never overwritten. To start from what the host already is, see
activate adopt.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			path := defaultConfig
			if len(args) == 1 {
				path = args[0]
			}
			if path == "-" {
				_, err := f.std.out.Write(starter)
				return err
			}
			if err := writeNew(path, starter, 0o644); err != nil {
				return err
			}
			fmt.Fprintf(f.std.err, "wrote %s; edit it, then: activate plan %[1]s\n", path)
			_, err := fmt.Fprintln(f.std.out, path)
			return err
		},
	}
}

// writeNew writes a file of the user's that is not there yet, and the
// directories above it.
func writeNew(path string, content []byte, mode os.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("cannot write %s: it is there already; move it away or name another file", path)
	}
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", path, errors.Unwrap(err))
	}
	_, err = file.Write(content)
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	return nil
}
