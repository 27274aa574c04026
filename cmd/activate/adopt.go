package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/activate-agent/activate/activation/generation"
	"github.com/activate-agent/activate/cmd/activate/internal/ui"
)

// copiesDir is where adopt puts contents that are not for a configuration
// file, beside it.
const copiesDir = "adopted-files"

func newAdopt(f *flags) *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "adopt",
		Short: "Write the configuration that this host already matches",
		Long: `Look at what people made of this host and print it as a configuration on which
activate plan has nothing to do: users and groups above the system range,
files below /etc that differ from what the packages installed or that no
package owns, and unit files of the administrator.

With -o the configuration goes to a new file, and contents that are large or
no text go to ` + copiesDir + `/ beside it. Nothing else is written.

Passwords are never read out. A file that not everybody may read is named in a
comment and not copied. What cannot be said without a change is left out, and
named in a comment with the reason. What packages, their scripts and systemctl
make for themselves is not looked at.

Exit status: 0; 1 on an error; 2 if the configuration was written and its plan
is not empty.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.adopt(cmd.Context(), out)
		},
	}
	cmd.Flags().StringVarP(&out, "output", "o", "", "write to this new file instead of standard output")
	return cmd
}

func (f *flags) adopt(ctx context.Context, out string) error {
	if f.user {
		return errors.New("cannot adopt with --user: adopt is for a whole host")
	}
	if err := mustBeNew(out); err != nil {
		return err
	}
	return f.reading(func(h *host) error {
		if err := h.mayAdopt(); err != nil {
			return err
		}
		a, err := h.survey()
		if err != nil {
			return err
		}
		if err := a.settle(ctx, h, out); err != nil {
			return err
		}
		return h.writeAdopted(ctx, a, out)
	})
}

// mustBeNew refuses, before any work, to write over what is there.
func mustBeNew(out string) error {
	if out == "" {
		return nil
	}
	for _, p := range []string{out, filepath.Join(filepath.Dir(out), copiesDir)} {
		if _, err := os.Lstat(p); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("cannot write %s: %s is there already; move it away or name a file elsewhere", out, p)
		}
	}
	return nil
}

// mayAdopt refuses a host of which only root can read all, or that is managed:
// next to what a generation holds, an adopted configuration would be a change.
func (h *host) mayAdopt() error {
	if os.Geteuid() != 0 && h.engine.Root.Dir() == "/" {
		return errors.New("cannot adopt this host: only root may read all of it")
	}
	record, err := h.engine.State.ReadCurrent()
	if errors.Is(err, generation.ErrNone) {
		return nil
	}
	if err != nil {
		return err
	}
	return fmt.Errorf("cannot adopt this host: activate manages it already, with generation %d from %s; edit that, or give the host back first with activate deactivate",
		record.Number, record.Config)
}

// writeAdopted writes the configuration, and then plans it as a person would.
func (h *host) writeAdopted(ctx context.Context, a *adoption, out string) error {
	text := a.document(out != "")
	if out == "" {
		_, err := h.std.out.Write(text)
		return err
	}
	for _, c := range a.copies() {
		if err := writeNew(filepath.Join(filepath.Dir(out), c.name), c.content, 0o644); err != nil {
			return err
		}
	}
	// It says of accounts what only root can read.
	if err := writeNew(out, text, 0o600); err != nil {
		return err
	}
	fmt.Fprintf(h.std.err, "wrote %s: %s\n", out, a.summary())
	if _, err := fmt.Fprintln(h.std.out, out); err != nil {
		return err
	}
	return h.proveAdopted(ctx, out)
}

// proveAdopted says what a plan of the written configuration has left to do.
func (h *host) proveAdopted(ctx context.Context, out string) error {
	target, err := h.evaluate(ctx, out)
	if err != nil {
		return err
	}
	p, err := h.engine.Prepare(ctx, target)
	if err != nil {
		return err
	}
	ui.Warnings(h.std.err, h.style, p.Warnings)
	if err := p.Refused(); err != nil {
		return fmt.Errorf("the plan of %s is refused; take out of it what is named here: %w", out, err)
	}
	if p.Plan.Empty() {
		fmt.Fprintf(h.std.err, "activate plan %s has nothing to do\n", out)
		return nil
	}
	fmt.Fprintf(h.std.err, "left over: activate plan %s would\n", out)
	ui.Plan(h.std.err, h.style, p.Plan, h.contents(p), briefly)
	return &exitError{code: exitPending}
}
