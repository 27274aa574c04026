package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/activate-agent/activate/activation"
	"github.com/activate-agent/activate/activation/rootfs"
)

func newBootEntry(f *flags) *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "boot-entry",
		Short: "Write the boot entry that a first switch installs",
		Long: `Write the files by which an init runs at-boot below DIR, as a first switch with
the same --root, --state-dir and --init installs them: for packages and images.`,
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return f.reading(func(h *host) error {
				files, err := h.engine.BootFiles()
				if err != nil {
					return err
				}
				for _, file := range files {
					if err := writeBootFile(dir, file); err != nil {
						return fmt.Errorf("cannot write the boot entry: %w", err)
					}
				}
				return nil
			})
		},
	}
	cmd.Flags().StringVarP(&dir, "output", "o", ".", "the directory to write to")
	return cmd
}

func writeBootFile(dir string, file activation.BootFile) error {
	path := filepath.Join(dir, rootfs.Rel(file.Path))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if file.Target != "" {
		return os.Symlink(file.Target, path)
	}
	return os.WriteFile(path, file.Content, os.FileMode(file.Mode))
}
