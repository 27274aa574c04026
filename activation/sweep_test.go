package activation_test

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/activate-agent/activate/activation"
	"github.com/activate-agent/activate/activation/rootfs"
)

// TestNothingOfACutOffRunStays: a run over an administrator's edit is killed
// before each operation, and what it began is ended: finished, or taken back, as
// a boot does with a generation that has no attempts left. Of a run that did not
// come to its end there is no generation left, no beginning of a file and, when
// it was undone, no copy that it kept.
func TestNothingOfACutOffRunStays(t *testing.T) {
	t.Parallel()
	for name, undone := range map[string]bool{"finished": false, "taken back": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			nothingStays(t, undone)
		})
	}
}

func nothingStays(t *testing.T, undone bool) {
	t.Helper()
	for k := 1; ; k++ {
		m := newMachine(t)
		if res := m.switchTo(t, configA); res.Verdict != activation.Applied {
			t.Fatalf("A: %v", res.Err)
		}
		must(t, os.WriteFile(filepath.Join(m.dir, "srv/file"), []byte("edited\n"), 0o644))
		before := m.kept(t)
		at := m.killAt(t, k, func() { m.switchTo(t, configB) })
		if at == "" {
			t.Logf("killed before each of %d operations", k-1)
			return
		}
		if undone {
			m.takeBack(t, at)
		}
		m.recover(t)
		e := m.open(t)
		current, err := e.State.Current()
		must(t, err)
		numbers, err := e.State.Numbers()
		must(t, err)
		must(t, e.Root.Close())
		if len(numbers) != current {
			t.Errorf("killed at %s: generation %d is current, and there are %v", at, current, numbers)
		}
		if after := m.kept(t); current == 1 && !slices.Equal(after, before) {
			t.Errorf("killed at %s, undone %v: kept is %q, and before it was %q", at, undone, after, before)
		}
		m.wantNoBeginnings(t, at)
	}
}

// wantNoBeginnings wants no temporary file anywhere, and no mark of a run.
func (m *machine) wantNoBeginnings(t *testing.T, at string) {
	t.Helper()
	must(t, filepath.WalkDir(m.dir, func(p string, d fs.DirEntry, err error) error {
		must(t, err)
		switch name := d.Name(); {
		case rootfs.IsTemp(name), name == ".stage", name == ".removed", name == "staged":
			t.Errorf("killed at %s: there is %s", at, p)
		}
		return nil
	}))
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
