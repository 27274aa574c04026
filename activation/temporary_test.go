package activation_test

import (
	"context"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/activate-agent/activate/activation"
	"github.com/activate-agent/activate/activation/rootfs"
)

// TestNoTemporaryFileOutlivesARunThatIsTakenBack: it is killed before each
// operation, and what it began is taken back, as a boot does with a generation
// that has no attempts left. So what it was about to put in place never is.
func TestNoTemporaryFileOutlivesARunThatIsTakenBack(t *testing.T) {
	t.Parallel()
	for k := 1; ; k++ {
		m := newMachine(t)
		if res := m.switchTo(t, configA); res.Verdict != activation.Applied {
			t.Fatalf("A: %v", res.Err)
		}
		at := m.killAt(t, k, func() { m.switchTo(t, configB) })
		if at == "" {
			return
		}
		m.takeBack(t, at)
		must(t, filepath.WalkDir(m.dir, func(p string, d fs.DirEntry, err error) error {
			must(t, err)
			if d.IsDir() && strings.HasSuffix(p, stateDir) {
				return fs.SkipDir
			}
			if rootfs.IsTemp(d.Name()) {
				t.Errorf("killed at %s, then taken back: there is %s", at, p)
			}
			return nil
		}))
	}
}

// takeBack ends an interrupted run, if there is one, by undoing it.
func (m *machine) takeBack(t *testing.T, at string) {
	t.Helper()
	e := m.open(t)
	defer func() { _ = e.Root.Close() }()
	j, err := e.State.ReadJournal()
	must(t, err)
	if j == nil {
		return
	}
	j.Undoing = true
	must(t, e.State.WriteJournal(j))
	if res, err := e.Recover(context.Background()); err != nil || res != nil && res.Verdict == activation.Partial {
		t.Fatalf("killed at %s: cannot take it back: %v %+v", at, err, res)
	}
}
