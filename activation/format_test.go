package activation_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/activate-agent/activate/activation"
)

// toFormat1 makes the records of a machine those of a program that knew format 1
// only.
func (m *machine) toFormat1(t *testing.T) {
	t.Helper()
	must(t, filepath.WalkDir(filepath.Join(m.dir, stateDir), func(p string, _ fs.DirEntry, err error) error {
		must(t, err)
		if filepath.Ext(p) != ".json" || filepath.Base(p) == "stamps.json" {
			return nil
		}
		b, err := os.ReadFile(p)
		must(t, err)
		older := `"format":1,`
		if filepath.Base(p) == "boot-entry.json" {
			// It did not say its format.
			older = ""
		}
		text := strings.Replace(string(b), `"format":5,`, older, 1)
		if text == string(b) {
			t.Fatalf("%s is of no format: %s", p, b)
		}
		return os.WriteFile(p, []byte(text), 0o600)
	}))
}

// TestKillWhileMigrating kills a switch before each operation until no record
// is of format 1 any more; from there on it is as in TestEveryKill.
func TestKillWhileMigrating(t *testing.T) {
	t.Parallel()
	none, _, b := expected(t)
	for k := 1; ; k++ {
		m := newMachine(t)
		if res := m.switchTo(t, configA); res.Verdict != activation.Applied {
			t.Fatalf("A: %v", res.Err)
		}
		m.toFormat1(t)
		at := m.killAt(t, k, func() { m.switchTo(t, configB) })
		counter, err := os.ReadFile(filepath.Join(m.dir, stateDir, "counter.json"))
		must(t, err)
		if strings.Contains(string(counter), `"format":5`) {
			if k < 10 {
				t.Fatalf("nothing was migrated in %d operations", k)
			}
			t.Logf("killed before each of %d operations", k-1)
			return
		}
		if res := m.switchTo(t, configB); res.Verdict != activation.Applied {
			t.Fatalf("killed at %s: the next run: %s %v", at, res.Verdict, res.Err)
		}
		wantSame(t, "killed at "+at+", then another run", b, m.tree(t))
		m.deactivate(t)
		wantSame(t, "killed at "+at+", then deactivated", none, m.tree(t))
	}
}
