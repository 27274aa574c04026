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
	for name, c := range map[string][2]config{"deeper": {flat, deep}, "flatter": {deep, flat}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			memory := t.TempDir()
			must(t, unix.Mount("tmpfs", memory, "tmpfs", 0, ""))
			t.Cleanup(func() { must(t, unix.Unmount(memory, unix.MNT_DETACH)) })
			want := newSwap(t, memory+"/want", c[0])
			reach(t, want, c[1])
			b := want.tree(t)
			for k := 1; ; k++ {
				m := newSwap(t, fmt.Sprintf("%s/%d", memory, k), c[0])
				at := m.killAt(t, k, func() { m.switchTo(t, c[1]) })
				// A third of the way is as good a second place as any.
				again := m.killAt(t, k/3+1, func() { m.recover(t) })
				reach(t, m, c[1])
				wantSame(t, "killed at "+at+" and "+again, b, m.tree(t))
				m.deactivateAgain(t)
				if got, err := os.ReadFile(filepath.Join(m.dir, "srv/others/file")); err != nil || string(got) != "of others\n" {
					t.Fatalf("killed at %s: what was behind the link is %q, %v", at, got, err)
				}
				must(t, os.RemoveAll(m.dir))
				if at == "" {
					t.Logf("killed before each of %d operations", k-1)
					return
				}
			}
		})
	}
}

func newSwap(t *testing.T, dir string, c config) *machine {
	t.Helper()
	m := &machine{dir: dir, units: &fakeUnits{}}
	must(t, os.MkdirAll(filepath.Join(dir, "etc"), 0o755))
	must(t, os.MkdirAll(filepath.Join(dir, "srv/others"), 0o755))
	must(t, os.WriteFile(filepath.Join(dir, "srv/others/file"), []byte("of others\n"), 0o644))
	reach(t, m, c)
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
