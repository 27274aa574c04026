package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/activate-agent/activate/activation/rootfs"
)

func newBuild(f *flags) *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "build PATH [-o DIR]",
		Short: "Write the generation's tree; touch nothing else",
		Long: `Evaluate PATH and write what its generation would hold into DIR: manifest.json,
etc/, files/, units/INIT/ and config/. The same input gives the same bytes.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.reading(func(h *host) error { return h.build(cmd.Context(), args[0], out) })
		},
	}
	cmd.Flags().StringVarP(&out, "output", "o", "result", "the directory to write; it must be new or empty")
	return cmd
}

func (h *host) build(ctx context.Context, path, out string) error {
	target, err := h.evaluate(ctx, path)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return fmt.Errorf("cannot build: %w", err)
	}
	if entries, err := os.ReadDir(out); err != nil || len(entries) > 0 {
		return errors.Join(fmt.Errorf("cannot build into %s: it is not an empty directory; name another with -o", out), err)
	}
	// Nothing is handed over, so nobody has to run.
	h.wiring.asked, h.wiring.alone = false, true
	p, err := h.engine.Prepare(ctx, target)
	if err != nil {
		return h.mayRead(err)
	}
	root, err := rootfs.Open(out)
	if err != nil {
		return fmt.Errorf("cannot build: %w", err)
	}
	defer func() { _ = root.Close() }()
	if err := p.WriteTree(root); err != nil {
		return fmt.Errorf("cannot build: %w", err)
	}
	if h.json {
		return json.NewEncoder(h.std.out).Encode(map[string]string{"path": out})
	}
	_, err = fmt.Fprintln(h.std.out, out)
	return err
}
