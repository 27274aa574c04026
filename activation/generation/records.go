package generation

import (
	"errors"
	"fmt"
	"io/fs"
)

// Records tells whether the state directory holds anything that a later run
// has to know: a generation, a transaction, a trial, or ids that were given.
func (s *State) Records() (bool, error) {
	numbers, err := s.Numbers()
	if err != nil || len(numbers) > 0 {
		return true, err
	}
	for _, name := range []string{journalName, pendingName, bootsName, indexName, "ids.json"} {
		_, err := s.root.Lstat(s.path(name))
		if err == nil {
			return true, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return false, fmt.Errorf("cannot look for %s: %w", s.root.Name(s.path(name)), err)
		}
	}
	return false, nil
}
