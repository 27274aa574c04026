package activation_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/activate-agent/activate/activation/generation"
	"github.com/activate-agent/activate/activation/rootfs"
)

// TestUndisturbed: what a reading found while another run changed the state does not
// count, an error as little as an answer; a state that is damaged and rests is read
// once, and one that never rests is not read for ever.
func TestUndisturbed(t *testing.T) {
	t.Parallel()
	wrong := errors.New("its content is gone")
	for _, c := range []struct {
		name    string
		disturb int // so many readings
		err     error
		want    int
	}{
		{"at rest", 0, nil, 1},
		{"damaged", 0, wrong, 1},
		{"overtaken", 1, nil, 2},
		{"overtaken again", 3, nil, 4},
		{"overtaken and damaged", 2, wrong, 3},
		{"never at rest", 99, wrong, 10},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t)
			m.succeed(t, configA)
			e := m.open(t)
			defer func() { _ = e.Root.Close() }()
			n := 0
			err := e.Undisturbed(func() error {
				if n++; n <= c.disturb {
					m.succeed(t, []config{configA, configB}[n%2])
					return wrong
				}
				return c.err
			})
			if n != c.want || !errors.Is(err, c.err) {
				t.Errorf("%d readings, want %d: %v, want %v", n, c.want, err, c.err)
			}
		})
	}
}

// TestListedWhileItGoes: whoever lists the generations while deactivate takes them
// away finds each of them whole, or not at all.
func TestListedWhileItGoes(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.succeed(t, configA)
	m.succeed(t, configB)
	beside, err := rootfs.Open(m.dir)
	must(t, err)
	defer func() { _ = beside.Close() }()
	s := generation.Open(beside, stateDir)
	m.fault = func(op, at string) error {
		if _, err := s.List(); err != nil {
			t.Errorf("before %s %s: %v", op, at, err)
		}
		return nil
	}
	m.deactivateAgain(t)
}

// TestSeen: whatever a run changes of the state is seen.
func TestSeen(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	e := m.open(t)
	defer func() { _ = e.Root.Close() }()
	state := filepath.Join(m.dir, stateDir)
	was := e.State.Seen()
	for _, c := range []struct {
		name   string
		change func()
	}{
		{"a first switch", func() { m.succeed(t, configA) }},
		{"another", func() { m.succeed(t, configB) }},
		{"no current one", func() { must(t, e.State.SetCurrent(0)) }},
		{"the boot default", func() { must(t, e.State.SetBoot(1)) }},
		{"a generation deleted", func() { must(t, os.RemoveAll(filepath.Join(state, "generations/2"))) }},
		{"the index", func() { must(t, os.WriteFile(filepath.Join(state, "backup/index.json"), []byte("{"), 0o600)) }},
		{"all of it", func() { must(t, os.RemoveAll(state)) }},
	} {
		c.change()
		e.Root.Forget()
		now := e.State.Seen()
		if now == was {
			t.Errorf("%s is not seen", c.name)
		}
		if again := e.State.Seen(); again != now {
			t.Errorf("after %s, nothing changed: %s, then %s", c.name, now, again)
		}
		was = now
	}
}
