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
		if err := s.CheckPlace(); err != nil {
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
		if err := s.CheckPlace(); err == nil || !strings.Contains(err.Error(), "other things in it, such as "+name) {
			t.Errorf("a directory with %s in it: %v", name, err)
		}
	}
}
