package generation

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// remove takes generation n away, in a way that what a kill in between leaves is
// Sweep's to take away and never half a generation.
func (s *State) remove(n int) error {
	if err := s.dropCopies(n); err != nil {
		return fmt.Errorf("cannot delete generation %d: %w", n, err)
	}
	doomed := s.path("generations", removedName)
	if err := s.root.RemoveAll(doomed); err != nil {
		return fmt.Errorf("cannot delete generation %d: %w", n, err)
	}
	err := s.root.Rename(s.Tree(n), doomed)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case errors.Is(err, unix.EXDEV):
		err = s.demolish(n)
	case err == nil:
		err = s.root.RemoveAll(doomed)
	}
	if err != nil {
		return fmt.Errorf("cannot delete generation %d: %w", n, err)
	}
	return nil
}

// RemoveGenerations takes every generation away, as Delete does one: for when
// nothing is ours any more and the state goes, too.
func (s *State) RemoveGenerations() error {
	numbers, err := s.Numbers()
	if err != nil {
		return err
	}
	for _, n := range numbers {
		if err := s.remove(n); err != nil {
			return err
		}
	}
	return nil
}

// demolish removes the tree of generation n where it stands: overlayfs does not rename
// a directory of a lower layer, as the generations of an image have it. The mark of
// what was never brought about comes first and goes last.
func (s *State) demolish(n int) error {
	mark := path.Join(s.Tree(n), stagedName)
	marked, err := s.root.Exists(mark)
	if err == nil && !marked {
		err = s.root.WriteFile(mark, strings.NewReader("\n"), s.root.Private())
	}
	if err != nil {
		return err
	}
	names, err := s.root.ReadDir(s.Tree(n))
	if err != nil {
		return err
	}
	names = slices.DeleteFunc(names, func(name string) bool { return name == manifestName || name == stagedName })
	for _, name := range append(names, manifestName, stagedName) {
		if err := s.root.RemoveAll(path.Join(s.Tree(n), name)); err != nil {
			return err
		}
	}
	return s.root.Remove(s.Tree(n))
}
