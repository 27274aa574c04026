package users_test

import (
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/users"
)

// TestUndoneRemovalOfAFileHasItsBackup: where the last line of a file that was made
// here goes, the file goes, and its backup is the host's again; when that is
// undone, the backup is what it was, too.
func TestUndoneRemovalOfAFileHasItsBackup(t *testing.T) {
	t.Parallel()
	files := maps.Clone(debian)
	delete(files, "etc/subuid")
	files["etc/subuid-"] = "older:100000:65536\n"
	h := open(t, files)
	auto := users.SubIDs{Auto: true}
	h.switchTo(t, wants(users.User{Name: "ann", SubIDs: &auto}))
	h.switchTo(t, wants(users.User{Name: "ann", SubIDs: &auto}, users.User{Name: "eve", SubIDs: &auto}))
	before := h.tree(t)
	s := h.subsystem(users.Desired{})
	d, err := s.Diff(t.Context())
	must(t, err)
	must(t, s.Save(t.Context(), d.Changes))
	must(t, s.Apply(t.Context(), d.Changes))
	must(t, s.Apply(t.Context(), plan.Inverses(d.Changes)))
	if diff := cmp.Diff(before, h.tree(t)); diff != "" {
		t.Errorf("undone: %s", diff)
	}
}

// TestASecondUndoReturnsTheBackups: an undo whose one call fails may have brought an
// account file back and not its backup; the second try, in the same run, sees to that.
func TestASecondUndoReturnsTheBackups(t *testing.T) {
	t.Parallel()
	for k := 1; ; k++ {
		h := open(t, debian)
		h.switchTo(t, wants(users.User{Name: "ann"}))
		before := h.tree(t)
		s := h.subsystem(wants(users.User{Name: "eve"}))
		d, err := s.Diff(t.Context())
		must(t, err)
		must(t, s.Save(t.Context(), d.Changes))
		must(t, s.Apply(t.Context(), d.Changes))
		back := plan.Inverses(d.Changes)
		if h.failAt(k, func() error { return s.Apply(t.Context(), back) }) == nil {
			if k < 5 {
				t.Fatal("the undo was never hit")
			}
			t.Logf("%d operations of the undo failed one by one", k-1)
			return
		}
		must(t, s.Apply(t.Context(), back))
		if diff := cmp.Diff(before, h.tree(t)); diff != "" {
			t.Errorf("undone at the second try, after operation %d failed: %s", k, diff)
		}
	}
}
