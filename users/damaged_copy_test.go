package users_test

import (
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/activate-agent/activate/users"
)

// TestAPowerCutBetweenLedgerAndCopies has the ledger be on the disk when the power goes,
// and nothing of the copies but their names: the next run makes them anew, so that all
// returns, the backups of account files too.
func TestAPowerCutBetweenLedgerAndCopies(t *testing.T) {
	t.Parallel()
	files := maps.Clone(debian)
	files["etc/passwd-"], files["etc/group-"] = "root:x:0:0:::\n", "root:x:0:old\n"
	bare := maps.Clone(files)
	delete(bare, "etc/gshadow")
	bare["etc/gshadow-"] = "root:*::\n"
	for _, files := range []map[string]string{files, bare} {
		h := open(t, files)
		before := h.tree(t)
		desired := wants(users.User{Name: "bob", Shell: "/bin/sh", Groups: []string{"sudo"}, ExclusiveGroups: true}, users.User{Name: "ann"})
		s := h.subsystem(desired)
		d := h.judged(t, s)
		must(t, s.Save(t.Context(), d.Changes))
		h.emptyCopies(t)
		h.reopen(t)
		h.switchTo(t, desired)
		h.switchTo(t, users.Desired{})
		if diff := cmp.Diff(before, h.tree(t)); diff != "" {
			t.Error(diff)
		}
	}
}

func (h *host) emptyCopies(t *testing.T) {
	t.Helper()
	dir := filepath.Join(h.dir, stateDir, "backup")
	copies, err := os.ReadDir(dir)
	must(t, err)
	for _, c := range copies {
		must(t, os.Truncate(filepath.Join(dir, c.Name()), 0))
	}
}
