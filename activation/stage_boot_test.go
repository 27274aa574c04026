package activation_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/activate-agent/activate/activation"
	"github.com/activate-agent/activate/activation/generation"
)

// TestBootNotRecorded has each operation fail that records a generation for the next
// boot, the first one and a second: nothing is there of one that was not recorded,
// neither in the state nor of the boot entry.
func TestBootNotRecorded(t *testing.T) {
	t.Parallel()
	for name, switched := range map[string]bool{"first": false, "second": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for k := 1; ; k++ {
				m := newMachine(t)
				if switched {
					m.succeed(t, configA)
				}
				if at := m.stageWithFault(t, k); at == "" {
					t.Logf("%d operations", k-1)
					return
				}
			}
		})
	}
}

// stageWithFault records configB for the next boot while operation k fails, which it
// names, "" where there are not so many.
func (m *machine) stageWithFault(t *testing.T, k int) (at string) {
	t.Helper()
	was, boot := m.tree(t), m.links(t)
	e := m.open(t)
	defer func() { _ = e.Root.Close() }()
	d, files := configB.desired()
	p, err := e.Prepare(context.Background(), m.target(e, &generation.Record{Config: "test"}, d, nil, files))
	must(t, err)
	var res *activation.Result
	at = m.failAt(k, func() { res = e.StageForBoot(p) })
	must(t, e.LeaveNothing())
	if res.Verdict == activation.Applied {
		return at
	}
	wantSame(t, at, was, m.tree(t))
	if now := m.links(t); now != boot {
		t.Fatalf("%s: the generations are %s, and were %s", at, now, boot)
	}
	return at
}

// links are the generations there are, the current one and the boot default; the
// state itself where there is none.
func (m *machine) links(t *testing.T) string {
	t.Helper()
	current, _ := os.Readlink(filepath.Join(m.dir, stateDir, "current"))
	boot, _ := os.Readlink(filepath.Join(m.dir, stateDir, "boot"))
	there, err := filepath.Glob(filepath.Join(m.dir, "var/lib/activate/generations/[1-9]*"))
	must(t, err)
	if _, err := os.Lstat(filepath.Join(m.dir, "var")); err != nil {
		return "none"
	}
	out := "current " + current + ", boot " + boot + ", there"
	for _, g := range there {
		out += " " + filepath.Base(g)
	}
	return out
}
