package generation

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/activate-agent/activate/activation/rootfs"
)

// marks are the names that a state directory has, one of them from the first
// thing that a run writes there to the last that deactivate removes; rests are
// what can be left without them.
var (
	marks = [...]string{counterName, bootEntryName, "generations", "ids.json"}
	rests = [...]string{journalName, indexName, keptName}
)

// CheckPlace refuses to use a directory as state that is somebody's for something
// else: what is in it would go with deactivate. One that is empty, or not there,
// will do, and so will a file system that was just made. lockDir is the directory
// of the run lock, relative to the root. It may be below, and is then all that is
// left of a first run that was killed at once.
func (s *State) CheckPlace(lockDir string) error {
	if s.dir == "." {
		return fmt.Errorf("cannot use %s as the state directory: everything else is in it; name a directory of its own", s.root.Dir())
	}
	names, err := s.root.ReadDir(s.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("cannot read the state directory: %w", err)
	}
	// Only the listing that finds something foreign can tell that it is ours: another
	// process may be making its first thing here, or removing its last.
	if slices.ContainsFunc(names, func(name string) bool { return slices.Contains(marks[:], name) }) {
		return nil
	}
	for _, rest := range rests {
		if ours, err := s.root.Exists(s.path(rest)); err != nil || ours {
			return err
		}
	}
	for _, name := range names {
		if name == "lost+found" || rootfs.IsTemp(name) {
			continue
		}
		leads, err := s.wayToLock(s.path(name), lockDir)
		if err != nil {
			return err
		}
		if !leads {
			return fmt.Errorf("cannot use %s as the state directory: it has other things in it, such as %s; name a directory of its own", s.root.Name(s.dir), name)
		}
	}
	return nil
}

// wayToLock reports whether dir is lockDir, or has nothing in it but what leads there.
func (s *State) wayToLock(dir, lockDir string) (bool, error) {
	if dir == lockDir {
		return true, nil
	}
	below, leads := strings.CutPrefix(lockDir, dir+"/")
	if !leads {
		return false, nil
	}
	info, err := s.root.Lstat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		// Another process removed it just now.
		return true, nil
	}
	if err != nil || info.Type != rootfs.Dir {
		return false, err
	}
	names, err := s.root.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, fmt.Errorf("cannot read the state directory: %w", err)
	}
	next, _, _ := strings.Cut(below, "/")
	if slices.ContainsFunc(names, func(name string) bool { return name != next }) {
		return false, nil
	}
	return s.wayToLock(path.Join(dir, next), lockDir)
}
