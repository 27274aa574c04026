package activation_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/activate-agent/activate/activation"
)

// A run that swaps a file or link for a directory of files, or the other way
// round, is killed before its k-th operation, for every k, and so is the run
// that ends it: the one after reaches the goal, and what is behind a link of
// ours stays.
func TestKilledWhileBlocksSwapKinds(t *testing.T) {
	t.Parallel()
	flat := config{"etc/d": "1", "srv/x": "1", "srv/l": "->/srv/others"}
	deep := config{"etc/d/y": "2", "etc/d/z": "2", "srv/x/in/deep": "2", "srv/l/file": "of others\n"}
	replaced := map[string]string{"etc/d": "theirs\n", "srv/x": "theirs\n"}
	for name, c := range map[string]struct {
		from, to config
		// before is what others had put in the place of files.
		before map[string]string
	}{
		"deeper": {flat, deep, nil}, "flatter": {deep, flat, nil}, "deeper where files stood": {flat, deep, replaced},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			memory := t.TempDir()
			must(t, unix.Mount("tmpfs", memory, "tmpfs", 0, ""))
			t.Cleanup(func() { must(t, unix.Unmount(memory, unix.MNT_DETACH)) })
			want := newSwap(t, memory+"/want", nil, c.before)
			none := want.tree(t)
			reach(t, want, c.from)
			reach(t, want, c.to)
			b := want.tree(t)
			for k := 1; ; k++ {
				m := newSwap(t, fmt.Sprintf("%s/%d", memory, k), c.from, c.before)
				at := m.killAt(t, k, func() { m.switchTo(t, c.to) })
				// A third of the way is as good a second place as any.
				again := m.killAt(t, k/3+1, func() { m.recover(t) })
				reach(t, m, c.to)
				wantSame(t, "killed at "+at+" and "+again, b, m.tree(t))
				m.deactivateAgain(t)
				if got, err := os.ReadFile(filepath.Join(m.dir, "srv/others/file")); err != nil || string(got) != "of others\n" {
					t.Fatalf("killed at %s: what was behind the link is %q, %v", at, got, err)
				}
				wantSame(t, "killed at "+at+", then deactivated", none, m.tree(t))
				must(t, os.RemoveAll(m.dir))
				if at == "" {
					t.Logf("killed before each of %d operations", k-1)
					return
				}
			}
		})
	}
}

// newSwap makes a machine with files of others, and brings it to c.
func newSwap(t *testing.T, dir string, c config, before map[string]string) *machine {
	t.Helper()
	m := &machine{dir: dir, units: &fakeUnits{}}
	must(t, os.MkdirAll(filepath.Join(dir, "etc"), 0o755))
	must(t, os.MkdirAll(filepath.Join(dir, "srv/others"), 0o755))
	must(t, os.WriteFile(filepath.Join(dir, "srv/others/file"), []byte("of others\n"), 0o644))
	for p, text := range before {
		must(t, os.WriteFile(filepath.Join(dir, p), []byte(text), 0o640))
	}
	if len(c) > 0 {
		reach(t, m, c)
	}
	return m
}

func reach(t *testing.T, m *machine, c config) {
	t.Helper()
	if res := m.switchTo(t, c); res.Verdict != activation.Applied && res.Verdict != activation.Unchanged {
		t.Fatalf("switch: %s %v", res.Verdict, res.Err)
	}
}

// recover ends an interrupted run, as a new process.
func (m *machine) recover(t *testing.T) {
	t.Helper()
	e := m.open(t)
	defer func() { _ = e.Root.Close() }()
	if res, err := e.Recover(context.Background()); err != nil || res != nil && res.Err != nil {
		t.Fatalf("recover: %+v, %v", res, err)
	}
}
