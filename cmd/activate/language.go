package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/activate-agent/activate/cmd/activate/internal/ui"
	"github.com/activate-agent/activate/modules"
)

// described loads the configuration whose block types are to be described;
// without one, the built-in modules.
func (h *host) described(ctx context.Context, path string) (*modules.Config, error) {
	if path != "" {
		return h.load(ctx, path)
	}
	facts, err := h.facts()
	if err != nil {
		return nil, err
	}
	config, diags := modules.LoadBuiltin(ctx, facts)
	h.diagnose(diags)
	if diags.HasErrors() {
		return nil, &exitError{code: exitError1}
	}
	return config, nil
}

func newOptions(f *flags) *cobra.Command {
	var config string
	var html bool
	cmd := &cobra.Command{
		Use:   "options [NAME]",
		Short: "Describe the options of a module or a core block",
		Long: `List the core blocks and modules, or describe the options of one: name, type,
default, example, where declared. With --config also those that the
configuration at PATH declares; --html prints one page about all of them, with
a search, that needs no network.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.reading(func(h *host) error {
				c, err := h.described(cmd.Context(), config)
				if err != nil {
					return err
				}
				if html {
					_, err := h.std.out.Write(c.OptionsPage())
					return err
				}
				return h.describe(c, args)
			})
		},
	}
	cmd.Flags().StringVar(&config, "config", "", "a configuration whose own modules are described too")
	cmd.Flags().BoolVar(&html, "html", false, "print one self-contained HTML page")
	cmd.ValidArgsFunction = func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		return f.blockNames(cmd.Context(), config, args), cobra.ShellCompDirectiveNoFileComp
	}
	return cmd
}

// blockNames completes the name of a block type.
func (f *flags) blockNames(ctx context.Context, config string, args []string) []string {
	var names []string
	if len(args) > 0 {
		return nil
	}
	_ = f.reading(func(h *host) error {
		c, err := h.described(ctx, config)
		if err != nil {
			return err
		}
		for _, b := range c.Blocks() {
			names = append(names, b.Name+"\t"+b.Description)
		}
		return nil
	})
	return names
}

func (h *host) describe(c *modules.Config, args []string) error {
	if len(args) == 0 {
		return h.listBlocks(c)
	}
	doc, diags := c.Block(args[0])
	h.diagnose(diags)
	if diags.HasErrors() {
		return &exitError{code: exitError1}
	}
	if h.json {
		return ui.JSON(h.std.out, doc)
	}
	return h.printed(func(w io.Writer) { ui.BlockDoc(w, ui.StyleFor(h.std.out, noColor()), blockLines(doc)) })
}

func (h *host) listBlocks(c *modules.Config) error {
	blocks := c.Blocks()
	if h.json {
		return ui.JSON(h.std.out, blocks)
	}
	return h.printed(func(w io.Writer) {
		for _, b := range blocks {
			kind := "block "
			if b.Module {
				kind = "module"
			}
			fmt.Fprintf(w, "%s  %-16s %s\n", kind, b.Name, b.Description)
		}
	})
}

// blockLines arranges a block's documentation for printing.
func blockLines(b modules.BlockDoc) ui.Block {
	out := ui.Block{Title: b.Name, Text: b.Description}
	if b.Labelled {
		out.Title += ` "NAME"`
	}
	for _, o := range b.Options {
		var notes []string
		note := func(when bool, text string) {
			if when {
				notes = append(notes, text)
			}
		}
		note(o.Required, "required")
		note(o.Default != "", "default "+o.Default)
		note(o.Sensitive, "sensitive")
		note(o.ReadOnly, "can only be read")
		note(o.Deprecated != "", "deprecated: "+o.Deprecated)
		note(o.Example != "", "example "+o.Example)
		note(o.Declared != "", o.Declared)
		out.Options = append(out.Options, ui.BlockOption{
			Name: o.Name, Type: o.Type, Text: o.Description, Notes: strings.Join(notes, " · "),
		})
	}
	return out
}

func newSchema(f *flags) *cobra.Command {
	return &cobra.Command{
		Use:   "schema [PATH]",
		Short: "Print a JSON schema of configurations, for editors",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.reading(func(h *host) error {
				c, err := h.described(cmd.Context(), strings.Join(args, ""))
				if err != nil {
					return err
				}
				_, err = h.std.out.Write(c.JSONSchema())
				return err
			})
		},
	}
}

func newGraph(f *flags) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "graph PATH",
		Short: "Print modules, blocks, snippets and services with their order as a graph",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.reading(func(h *host) error { return h.graph(cmd.Context(), args[0], format) })
		},
	}
	cmd.Flags().StringVar(&format, "format", "dot", "dot, or svg for a self-contained picture")
	return cmd
}

func (h *host) graph(ctx context.Context, path, format string) error {
	config, err := h.load(ctx, path)
	if err != nil {
		return err
	}
	g, diags := config.Graph()
	h.diagnose(diags)
	if diags.HasErrors() {
		return &exitError{code: exitError1}
	}
	switch {
	case h.json:
		return ui.JSON(h.std.out, g)
	case format == "svg":
		_, err = fmt.Fprint(h.std.out, g.SVG())
	case format == "dot":
		_, err = fmt.Fprint(h.std.out, g.DOT())
	default:
		return fmt.Errorf("cannot print the graph as %q: the formats are dot and svg", format)
	}
	return err
}
