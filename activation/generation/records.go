package generation

import (
	"fmt"

	"github.com/activate-agent/activate/activation/rootfs"
)

// Records tells whether the state directory holds anything that a later run
// has to know: a generation, a transaction, a trial, or ids that were given.
func (s *State) Records() (bool, error) {
	numbers, err := s.Numbers()
	if err != nil || len(numbers) > 0 {
		return true, err
	}
	for _, name := range []string{journalName, pendingName, bootsName, indexName, keptName, "ids.json"} {
		if there, err := s.has(name); there || err != nil {
			return there, err
		}
	}
	return false, nil
}

// has tells whether there is a file of that name in the state directory.
func (s *State) has(name string) (bool, error) {
	there, err := s.root.Exists(s.path(name))
	if err != nil {
		return false, fmt.Errorf("cannot look for %s: %w", s.root.Name(s.path(name)), rootfs.Reason(err))
	}
	return there, nil
}
