package generation

import (
	"errors"
	"io/fs"
)

// BootEntry is boot-entry.json: what was installed so that the host's init
// runs activate at boot.
type BootEntry struct {
	Format int `json:"format"`
	// Paths are the files and links, Parents the directories made for them,
	// all relative to the root.
	Paths   []string `json:"paths,omitempty"`
	Parents []string `json:"parents,omitempty"`
}

const bootEntryName = "boot-entry.json"

// BootEntryPath is the account of what was installed, relative to the root.
func (s *State) BootEntryPath() string { return s.path(bootEntryName) }

// ReadBootEntry gives what is installed; nothing when there is no account.
func (s *State) ReadBootEntry() (BootEntry, error) {
	var b BootEntry
	err := s.read(bootEntryName, &b)
	if errors.Is(err, fs.ErrNotExist) {
		return BootEntry{}, nil
	}
	return b, err
}

// WriteBootEntry keeps the account, durable when it returns.
func (s *State) WriteBootEntry(b BootEntry) error {
	b.Format = Format
	return s.write(bootEntryName, b)
}
