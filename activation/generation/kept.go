package generation

import (
	"errors"
	"io/fs"
)

// kept is kept.json: contents in the backup directory that stood at paths which
// are no longer ours, and could not return there since an edit stands in the
// way. They and this account outlive the rest of the state.
type kept struct {
	Format int `json:"format"`
	// Hashes name them as the store does.
	Hashes []string `json:"hashes"`
}

const keptName = "backup/kept.json"

// KeptPath is the account, relative to the root.
func (s *State) KeptPath() string { return s.path(keptName) }

// ReadKept gives the hashes of what could not return; none when there is no
// account.
func (s *State) ReadKept() ([]string, error) {
	var k kept
	err := s.read(keptName, &k)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return k.Hashes, err
}

// WriteKept keeps the account, durable when it returns.
func (s *State) WriteKept(hashes []string) error {
	return s.write(keptName, kept{Format: Format, Hashes: hashes})
}
