package generation

import (
	"fmt"
	"path"
	"strings"
)

// Seen stands for the state as it is now: another text says that a run changed it
// in between. It only reads, and what it cannot read is in the text as that. All
// records come and go by a rename, which shows in their directories; the links and
// records are in it too, since a file system's clock may be a coarse one.
func (s *State) Seen() string {
	var b strings.Builder
	for _, name := range []string{".", "generations", "backup", path.Dir(journalName), journalName, indexName, counterName} {
		info, err := s.root.Lstat(s.path(name))
		fmt.Fprintln(&b, name, info.Ino, info.Mtime, info.Ctime, err)
	}
	for _, name := range []string{"current", "boot"} {
		target, err := s.root.Readlink(s.path(name))
		fmt.Fprintln(&b, name, target, err)
	}
	numbers, err := s.Numbers()
	fmt.Fprintln(&b, numbers, err)
	return b.String()
}
