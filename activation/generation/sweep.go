package generation

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/activate-agent/activate/activation/rootfs"
)

// Sweep removes what a run that was cut off left beside the state's own files.
// It only looks where there is nothing to remove. The caller holds the lock.
func (s *State) Sweep() error {
	for _, dir := range []string{s.Dir(), s.path("journal"), s.Backup()} {
		names, err := s.root.ReadDir(dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("cannot look for what an interrupted run left: %w", err)
		}
		for _, name := range names {
			if !rootfs.IsTemp(name) {
				continue
			}
			if err := s.root.Remove(dir + "/" + name); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("cannot remove what an interrupted run left: %w", err)
			}
		}
	}
	return nil
}
