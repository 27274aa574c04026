package generation

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"

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
// will do, and so will a file system that was just made.
func (s *State) CheckPlace() error {
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
		if name != "lost+found" && !rootfs.IsTemp(name) {
			return fmt.Errorf("cannot use %s as the state directory: it has other things in it, such as %s; name a directory of its own", s.root.Name(s.dir), name)
		}
	}
	return nil
}
