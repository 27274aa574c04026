package generation

import (
	"errors"
	"io/fs"
)

// loadedName holds what the snippets with triggers did last; lost, they all run
// once more.
const loadedName = "snippets.json"

// loaded is snippets.json.
type loaded struct {
	Format int `json:"format"`
	// Snippets are hashes of what was run, by the snippets' names.
	Snippets map[string]string `json:"snippets"`
}

// ReadLoaded gives a hash of what each snippet with triggers did in the last run
// that ended well with it, by its name.
func (s *State) ReadLoaded() (map[string]string, error) {
	var l loaded
	err := s.read(loadedName, &l)
	if errors.Is(err, fs.ErrNotExist) {
		return map[string]string{}, nil
	}
	if l.Snippets == nil {
		l.Snippets = map[string]string{}
	}
	return l.Snippets, err
}

// WriteLoaded keeps them, durable when it returns.
func (s *State) WriteLoaded(snippets map[string]string) error {
	return s.write(loadedName, loaded{Format: Format, Snippets: snippets})
}
