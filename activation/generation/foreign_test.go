package generation_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What another process just makes, or just removes, is never taken for somebody
// else's.
func TestPlaceIsOursWhileAnotherProcessBegins(t *testing.T) {
	t.Parallel()
	s, dir := open(t)
	state := filepath.Join(dir, "state")
	must(t, os.MkdirAll(state, 0o755))
	stop, stopped := make(chan struct{}), make(chan error, 1)
	go func() {
		for {
			select {
			case <-stop:
				stopped <- nil
				return
			default:
			}
			if err := beginAndEnd(state); err != nil {
				stopped <- err
				return
			}
		}
	}()
	for range 5000 {
		if err := s.CheckPlace("run/activate"); err != nil {
			t.Error(err)
			break
		}
	}
	close(stop)
	must(t, <-stopped)
}

// beginAndEnd makes and removes the first thing that a run makes in its state.
func beginAndEnd(state string) error {
	first := filepath.Join(state, "boot-entry.json")
	if err := os.WriteFile(first, []byte("{}"), 0o600); err != nil {
		return err
	}
	return os.Remove(first)
}

func TestPlaceOfSomebodyElse(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"data", "boot", "current", "backup", "journal"} {
		s, dir := open(t)
		must(t, os.MkdirAll(filepath.Join(dir, "state", name), 0o755))
		if err := s.CheckPlace("run/activate"); err == nil || !strings.Contains(err.Error(), "other things in it, such as "+name) {
			t.Errorf("a directory with %s in it: %v", name, err)
		}
	}
}

// The directory of the lock is all that is left of a first run of an ordinary user
// that was killed at once.
func TestPlaceWithTheLockAlone(t *testing.T) {
	t.Parallel()
	const lockDir = "state/run/activate"
	for _, c := range []struct {
		name string
		dirs []string
		file string
		ours bool
	}{
		{name: "all of it", dirs: []string{lockDir}, file: lockDir + "/lock", ours: true},
		{name: "no lock yet", dirs: []string{lockDir}, ours: true},
		{name: "a part", dirs: []string{"state/run"}, ours: true},
		{name: "an unfinished file beside it", dirs: []string{lockDir}, file: "state/.activate-0123456789abcdef", ours: true},
		{name: "more beside it", dirs: []string{lockDir, "state/data"}},
		{name: "more in a part of it", dirs: []string{lockDir, "state/run/data"}},
		{name: "a file in its place", dirs: []string{"state"}, file: "state/run"},
	} {
		s, dir := open(t)
		for _, d := range c.dirs {
			must(t, os.MkdirAll(filepath.Join(dir, d), 0o755))
		}
		if c.file != "" {
			must(t, os.WriteFile(filepath.Join(dir, c.file), nil, 0o600))
		}
		if err := s.CheckPlace(lockDir); (err == nil) != c.ours {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
