package etc_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestADamagedCopyIsMadeAnew: what a power cut left of a copy is no copy, so what stands
// there is kept once more before it is replaced, the secret of its owner too.
func TestADamagedCopyIsMadeAnew(t *testing.T) {
	t.Parallel()
	for _, mode := range []os.FileMode{0o644, 0o600} {
		for _, left := range []string{"", "th"} {
			h := open(t)
			h.write(t, "srv/f", "theirs\n", mode)
			before := h.tree(t)
			h.switchTo(t, file("srv/f", "ours\n", "0644"))
			h.switchTo(t)
			h.damageCopies(t, left)
			h.switchTo(t, file("srv/f", "ours\n", "0644"))
			h.switchTo(t)
			if diff := cmp.Diff(before, h.tree(t)); diff != "" {
				t.Errorf("mode %04o, %q was left: %s", mode, left, diff)
			}
		}
	}
}

// damageCopies leaves as much of every copy.
func (h *host) damageCopies(t *testing.T, left string) {
	t.Helper()
	dir := filepath.Join(h.dir, stateDir, "backup")
	copies, err := os.ReadDir(dir)
	must(t, err)
	for _, c := range copies {
		if !strings.HasSuffix(c.Name(), ".json") {
			must(t, os.WriteFile(filepath.Join(dir, c.Name()), []byte(left), 0o600))
		}
	}
}
