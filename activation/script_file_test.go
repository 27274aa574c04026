package activation_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/activate-agent/activate/activation"
)

// TestWhatAScriptHoldsOpen: what a snippet starts has one descriptor of its script,
// whatever the snippet's name is long.
func TestWhatAScriptHoldsOpen(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"short", strings.Repeat("long", 100)} {
		m := newMachine(t)
		open := filepath.Join(m.dir, "srv/open")
		res := m.switchTo(t, configA, activation.Snippet{Name: name, Script: "ls -l /proc/self/fd >" + open + "\n"})
		if res.Verdict != activation.Applied {
			t.Errorf("%.10s: %v", name, res.Err)
			continue
		}
		list, err := os.ReadFile(open)
		must(t, err)
		if n := strings.Count(string(list), "memfd:"); n != 1 {
			t.Errorf("it is open %d times:\n%s", n, list)
		}
	}
}
