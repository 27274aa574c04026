package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/spf13/cobra"

	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/modules"
)

func newFmt(f *flags) *cobra.Command {
	o := &formatter{flags: f}
	cmd := &cobra.Command{
		Use:   "fmt [PATH...]",
		Short: "Rewrite configuration files in the canonical layout",
		Long: `Rewrite .hcl files in place: each PATH, or those of each directory; without a
PATH those of this directory; "-" reads standard input and writes standard
output. The names of rewritten files are printed.

Exit status: 0; 1 on an error; with --check 2 when a file is not in the
canonical layout.`,
		RunE: func(_ *cobra.Command, args []string) error { return o.run(args) },
	}
	cmd.Flags().BoolVar(&o.check, "check", false, "write nothing; exit 2 when something would be rewritten")
	cmd.Flags().BoolVar(&o.diff, "diff", false, "print what would be rewritten as diffs; write nothing")
	cmd.Flags().BoolVarP(&o.recursive, "recursive", "r", false, "go into directories below, too")
	return cmd
}

type formatter struct {
	*flags
	check, diff, recursive bool
	pending                bool
}

func (o *formatter) run(args []string) error {
	if len(args) == 1 && args[0] == "-" {
		return o.stdin()
	}
	if len(args) == 0 {
		args = []string{"."}
	}
	for _, arg := range args {
		if err := o.path(arg); err != nil {
			return err
		}
	}
	if o.check && o.pending {
		return &exitError{code: exitPending}
	}
	return nil
}

func (o *formatter) stdin() error {
	src, err := modules.ReadFrom(o.std.in)
	if err != nil {
		return fmt.Errorf("cannot format standard input: %w", err)
	}
	out, err := o.format("<stdin>", src)
	if err != nil {
		return err
	}
	if o.check && !bytes.Equal(src, out) {
		return &exitError{code: exitPending}
	}
	_, err = o.std.out.Write(out)
	return err
}

func (o *formatter) format(name string, src []byte) ([]byte, error) {
	out, diags := modules.Format(name, src)
	if diags.HasErrors() {
		_ = diags.WriteText(o.std.err, 0, false)
		return nil, &exitError{code: exitError1}
	}
	return out, nil
}

func (o *formatter) path(arg string) error {
	info, err := os.Stat(arg)
	if err != nil {
		return fmt.Errorf("cannot format: %w", err)
	}
	if !info.IsDir() {
		return o.file(arg)
	}
	return filepath.WalkDir(arg, func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return fmt.Errorf("cannot format: %w", err)
		case d.IsDir() && p != arg && !o.recursive:
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(p, ".hcl"):
			return nil
		}
		return o.file(p)
	})
}

func (o *formatter) file(p string) error {
	info, err := os.Stat(p)
	if err != nil {
		return fmt.Errorf("cannot format: %w", err)
	}
	// A FIFO or device could hang or never end.
	if !info.Mode().IsRegular() {
		return fmt.Errorf("cannot format %s: it is not a regular file; - reads standard input", p)
	}
	f, err := os.Open(p)
	if err != nil {
		return fmt.Errorf("cannot format: %w", err)
	}
	src, err := modules.ReadFrom(f)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("cannot format %s: %w", p, err)
	}
	out, err := o.format(p, src)
	if err != nil || bytes.Equal(src, out) {
		return err
	}
	o.pending = true
	if o.diff {
		_, err := o.std.out.Write(diff.Diff(p, src, p, out))
		return err
	}
	fmt.Fprintln(o.std.out, p)
	if o.check {
		return nil
	}
	return rewrite(p, out)
}

// rewrite replaces p atomically, keeping its owner and mode.
func rewrite(p string, content []byte) error {
	root, err := rootfs.Open(filepath.Dir(p))
	if err != nil {
		return fmt.Errorf("cannot format: %w", err)
	}
	defer func() { _ = root.Close() }()
	base := filepath.Base(p)
	info, err := root.Lstat(base)
	if err != nil {
		return fmt.Errorf("cannot format: %w", err)
	}
	if info.Type != rootfs.File {
		return fmt.Errorf("cannot format %s: it is %s; name the file itself", p, info.Type)
	}
	attr := rootfs.Attr{Mode: info.Mode, UID: info.UID, GID: info.GID}
	if err := root.WriteFile(base, bytes.NewReader(content), attr); err != nil {
		return fmt.Errorf("cannot format: %w", err)
	}
	return nil
}
