package keep

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// State is how far a service is.
type State string

// The states. Done is a process that ended well and is not started again, or
// a oneshot that does not stay.
const (
	Waiting   State = "waiting"
	Starting  State = "starting"
	Up        State = "up"
	Reloading State = "reloading"
	Backoff   State = "backoff"
	Stopping  State = "stopping"
	Down      State = "down"
	Done      State = "done"
	Failed    State = "failed"
)

// Status is what a keeper leaves in its run directory for everybody to read.
type Status struct {
	Name  string `json:"name"`
	State State  `json:"state"`
	// Keeper and Main are the keeper and the service's own first process.
	Keeper Identity `json:"keeper"`
	Main   Identity `json:"main"`
	// Since is when State began.
	Since time.Time `json:"since"`
	// Reason is one clause on why it is so: "it needs db", "exit status 1".
	Reason string `json:"reason,omitempty"`
	// Failures counts the starts in a row that failed.
	Failures int `json:"failures,omitempty"`
	// Reloads counts those that were done since the start.
	Reloads int `json:"reloads,omitempty"`
	// Oneshot is the hash of the definition that ran during this boot.
	Oneshot string `json:"oneshot,omitempty"`
}

// Status reads the status of the named service. Without one, or when its
// keeper is gone, the service is down.
func (d Dirs) Status(name string) (Status, error) {
	s, err := d.recorded(name)
	if errors.Is(err, fs.ErrNotExist) {
		return Status{Name: name, State: Down}, nil
	}
	if err == nil && !s.Keeper.Alive() && s.State != Down {
		s.State, s.Reason = Down, "its keeper is gone"
	}
	return s, err
}

// recorded reads what the last keeper wrote.
func (d Dirs) recorded(name string) (Status, error) {
	s := Status{Name: name}
	b, err := os.ReadFile(filepath.Join(d.Run, name, "status"))
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(b, &s); err != nil {
		return s, fmt.Errorf("cannot read the status of %s: %w", name, err)
	}
	return s, nil
}

// Running tells whether the service does what it is there for.
func (s Status) Running() bool { return s.State == Up || s.State == Reloading }

// Settled tells whether nothing is going on that ends by itself.
func (s Status) Settled() bool {
	switch s.State {
	case Up, Done, Failed, Down:
		return true
	case Backoff:
		return s.Failures > 0
	default:
		return false
	}
}

// Names gives the services that have a status.
func (d Dirs) Names() ([]string, error) {
	entries, err := os.ReadDir(d.Run)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("cannot list services: %w", err)
	}
	var out []string
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			out = append(out, e.Name())
		}
	}
	return out, nil
}

// Drop removes what the named service left in the run directory.
func (d Dirs) Drop(name string) error { return os.RemoveAll(filepath.Join(d.Run, name)) }

// write replaces the status at once, so that readers see a whole one.
func (d Dirs) write(s Status) error {
	dir := filepath.Join(d.Run, s.Name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("cannot write the status of %s: %w", s.Name, err)
	}
	b, err := json.Marshal(s)
	if err != nil {
		panic("internal error: a status cannot be encoded: " + err.Error())
	}
	fresh := filepath.Join(dir, ".status")
	if err := os.WriteFile(fresh, b, 0o644); err != nil {
		return fmt.Errorf("cannot write the status of %s: %w", s.Name, err)
	}
	_ = os.Chmod(fresh, 0o644)
	return os.Rename(fresh, filepath.Join(dir, "status"))
}
