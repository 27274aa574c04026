package activation_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/activate-agent/activate/activation"
)

// TestWhatIsEditedAfterAKill: the process is killed before its k-th operation, for every
// k, and somebody edits a file of the run before the next one. That one ends the
// run all the same, and what was edited is drift.
func TestWhatIsEditedAfterAKill(t *testing.T) {
	t.Parallel()
	_, _, b := expected(t)
	write := func(p string) func(string) {
		return func(dir string) { must(t, os.WriteFile(filepath.Join(dir, p), []byte("edited since\n"), 0o644)) }
	}
	edits := []func(dir string){
		write("srv/file"),
		write("srv/file"),
		func(dir string) { must(t, os.RemoveAll(filepath.Join(dir, "srv/file"))) },
		func(dir string) { must(t, os.Chmod(filepath.Join(dir, "srv/file"), 0o751)) },
		func(dir string) {
			must(t, os.Remove(filepath.Join(dir, "srv/link")))
			must(t, os.Symlink("elsewhere", filepath.Join(dir, "srv/link")))
		},
	}
	for k := 1; ; k++ {
		m := newMachine(t)
		m.switchTo(t, configA)
		at := m.killAt(t, k, func() { m.switchTo(t, configB) })
		if at == "" {
			t.Logf("killed before each of %d operations", k-1)
			return
		}
		edits[k%len(edits)](m.dir)
		if res := m.switchTo(t, configB); res.Verdict != activation.Applied && res.Verdict != activation.Unchanged {
			t.Fatalf("killed at %s, then edited: %s %v", at, res.Verdict, res.Err)
		}
		wantSame(t, "killed at "+at+", then edited", b, m.tree(t))
	}
}

// TestWhatIsEditedBeforeAnUndo: somebody edits a file of a switch that then fails. It
// is told that the file stays changed; the next run goes on with it as it is.
func TestWhatIsEditedBeforeAnUndo(t *testing.T) {
	t.Parallel()
	_, _, b := expected(t)
	m := newMachine(t)
	m.switchTo(t, configA)
	m.fault = func(_, name string) error {
		if strings.HasSuffix(name, "/srv/link") {
			must(t, os.WriteFile(filepath.Join(m.dir, "srv/file"), []byte("edited since\n"), 0o644))
			return syscall.EIO
		}
		return nil
	}
	res := m.switchTo(t, configB)
	if res.Verdict != activation.Partial || len(res.Left) != 1 {
		t.Fatalf("%s, left %v: %v", res.Verdict, res.Left, res.Err)
	}
	m.fault = nil
	if res := m.switchTo(t, configB); res.Verdict != activation.Applied {
		t.Fatalf("the next run: %s %v", res.Verdict, res.Err)
	}
	wantSame(t, "edited before the undo", b, m.tree(t))
}
