package generation

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"

	"github.com/activate-agent/activate/activation/rootfs"
)

// The generations' directory has one of each while a generation comes or goes.
const (
	stageName   = ".stage"
	removedName = ".removed"
)

// Sweep removes what a run that was cut off left in the state directory: the
// beginnings of files, and a generation that no journal and no link speaks of
// and that was never brought about. It only looks where there is nothing to
// remove. The caller holds the lock.
func (s *State) Sweep() error {
	for _, dir := range []string{s.Dir(), s.path("journal"), s.Backup()} {
		if _, err := s.sweepTemps(dir); err != nil {
			return cannotSweep(err)
		}
	}
	for _, name := range []string{stageName, removedName} {
		if err := s.sweepTree(s.path("generations", name)); err != nil {
			return cannotSweep(err)
		}
	}
	numbers, err := s.Numbers()
	if err != nil {
		return err
	}
	for _, n := range numbers {
		if err := s.sweepGeneration(n); err != nil {
			return cannotSweep(err)
		}
	}
	return nil
}

func cannotSweep(err error) error {
	return fmt.Errorf("cannot remove what an interrupted run left: %w", err)
}

// sweepTemps removes the temporary files in dir, which need not exist, and gives
// what is left there.
func (s *State) sweepTemps(dir string) ([]string, error) {
	names, err := s.root.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if !rootfs.IsTemp(name) {
			continue
		}
		if err := s.root.Remove(path.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	return slices.DeleteFunc(names, rootfs.IsTemp), nil
}

func (s *State) sweepTree(dir string) error {
	there, err := s.root.Exists(dir)
	if err != nil || !there {
		return err
	}
	return s.root.RemoveAll(dir)
}

func (s *State) sweepGeneration(n int) error {
	names, err := s.sweepTemps(s.Tree(n))
	if err == nil && len(names) == 0 {
		// What a demolition leaves last.
		err = s.root.RemoveDir(s.Tree(n))
	}
	if err != nil || !slices.Contains(names, stagedName) {
		return err
	}
	// With a journal it is the business of who ends that run.
	j, err := s.ReadJournal()
	if err != nil || j != nil && j.Target == n {
		return err
	}
	linked, err := s.linked(n)
	if err != nil {
		return err
	}
	if linked {
		// The run was cut off between the link and Settle.
		return s.Settle(n)
	}
	if err := s.Migrate(); err != nil {
		return err
	}
	return s.Discard(n)
}

// linked tells whether generation n is the current one or the boot default.
func (s *State) linked(n int) (bool, error) {
	current, err := s.Current()
	if err != nil {
		return false, err
	}
	boot, err := s.Boot()
	return n == current || n == boot, err
}
