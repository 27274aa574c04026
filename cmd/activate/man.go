package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/activate-agent/activate/cmd/activate/internal/roff"
	"github.com/activate-agent/activate/modules"
)

func newMan(f *flags) *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "man",
		Short: "Write the manual pages",
		Long: `Write activate(1), a page for each command, and activate-options(5) about all
core blocks and built-in modules, below DIR in man1 and man5. They are made of
what --help and options print.`,
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.reading(func(h *host) error {
				c, err := h.described(cmd.Context(), "")
				if err != nil {
					return err
				}
				pages := manPages(cmd.Root())
				pages["man5/activate-options.5"] = optionsManual(c.Blocks())
				return writePages(dir, pages)
			})
		},
	}
	cmd.Flags().StringVarP(&dir, "output", "o", ".", "the directory to write to")
	return cmd
}

// manPages gives the page of a command and those below it by path.
func manPages(cmd *cobra.Command) map[string][]byte {
	pages := map[string][]byte{"man1/" + pageName(cmd) + ".1": commandManual(cmd)}
	for _, sub := range shownCommands(cmd) {
		maps.Copy(pages, manPages(sub))
	}
	return pages
}

func pageName(cmd *cobra.Command) string {
	return strings.ReplaceAll(cmd.CommandPath(), " ", "-")
}

func shownCommands(cmd *cobra.Command) []*cobra.Command {
	var out []*cobra.Command
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() && sub.Name() != "help" {
			out = append(out, sub)
		}
	}
	return out
}

func commandManual(cmd *cobra.Command) []byte {
	p := roff.New(pageName(cmd), 1, "activate "+buildVersion(), "activate")
	p.Section("NAME")
	p.Text(pageName(cmd) + " - " + lowerFirst(cmd.Short))
	p.Section("SYNOPSIS")
	p.Command(cmd.UseLine())
	p.Section("DESCRIPTION")
	if cmd.Long != "" {
		p.Text(cmd.Long)
	} else {
		p.Text(cmd.Short + ".")
	}
	if subs := shownCommands(cmd); len(subs) > 0 {
		p.Section("COMMANDS")
		for _, sub := range subs {
			p.Item(sub.Name(), sub.Short+". See "+pageName(sub)+"(1).")
		}
	}
	flagItems(p, "OPTIONS", cmd.NonInheritedFlags())
	flagItems(p, "COMMON OPTIONS", cmd.InheritedFlags())
	p.Section("SEE ALSO")
	p.Text(seeAlso(cmd))
	return p.Bytes()
}

func seeAlso(cmd *cobra.Command) string {
	if cmd.HasParent() {
		return pageName(cmd.Parent()) + "(1), activate-options(5)"
	}
	return "activate-options(5)"
}

func flagItems(p *roff.Page, title string, set *pflag.FlagSet) {
	if !set.HasAvailableFlags() {
		return
	}
	p.Section(title)
	set.VisitAll(func(flag *pflag.Flag) {
		if flag.Hidden {
			return
		}
		name := "--" + flag.Name
		if flag.Shorthand != "" {
			name = "-" + flag.Shorthand + ", " + name
		}
		value, usage := pflag.UnquoteUsage(flag)
		if value != "" {
			name += " " + value
		}
		if d := flag.DefValue; d != "" && d != "false" && d != "[]" && d != "0" {
			usage += " (default " + d + ")"
		}
		p.Item(name, usage)
	})
}

func optionsManual(blocks []modules.BlockDoc) []byte {
	p := roff.New("activate-options", 5, "activate "+buildVersion(), "activate")
	p.Section("NAME")
	p.Text("activate-options - the blocks of a configuration and their options")
	p.Section("DESCRIPTION")
	p.Text("A configuration is made of blocks. Core blocks can be used everywhere, a module's after it is imported. activate options prints the same, with --config about a configuration's own modules too.")
	for _, b := range blocks {
		lines := blockLines(b)
		p.Section(lines.Title)
		p.Text(lines.Text)
		for _, o := range lines.Options {
			text := o.Text
			if o.Notes != "" {
				text += "\n\n" + o.Notes
			}
			p.Item(o.Name+" ("+o.Type+")", text)
		}
	}
	p.Section("SEE ALSO")
	p.Text("activate(1)")
	return p.Bytes()
}

func lowerFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

func writePages(dir string, pages map[string][]byte) error {
	for path, page := range pages {
		full := filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			return fmt.Errorf("cannot make the directory of %s: %w", path, err)
		}
		if err := os.WriteFile(full, page, 0o644); err != nil {
			return fmt.Errorf("cannot write %s: %w", path, err)
		}
	}
	return nil
}
