package etc_test

import (
	"fmt"
	"testing"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/etc"
)

// roomOf adds up the files and directories that changes need.
func roomOf(t *testing.T, h *host, entries ...etc.Entry) (inodes int, changes []plan.Change) {
	t.Helper()
	s := h.subsystem(desiredOf(entries...))
	d, err := s.Diff(t.Context())
	must(t, err)
	for _, n := range s.Space(d.Changes) {
		if n.Size > 0 {
			inodes++
		}
		inodes += n.Bare
	}
	return inodes, d.Changes
}

// TestSpaceIsWhatIsMade asks for the room of many entries in one new directory: that
// is made once, and taking all back keeps no copies of what is ours.
func TestSpaceIsWhatIsMade(t *testing.T) {
	t.Parallel()
	h := newHost(t, t.TempDir())
	var entries []etc.Entry
	for i := range 100 {
		entries = append(entries, linked(fmt.Sprintf("many/l%d", i), fmt.Sprint(i)), copied(fmt.Sprintf("many/c%d", i), fmt.Sprint(i)))
	}
	// Of a linked one the content and the link, of a copy the file and what is kept.
	if n, changes := roomOf(t, h, entries...); n != 401 {
		t.Errorf("%d changes need %d files and directories, not 401", len(changes), n)
	}
	h.switchTo(t, entries...)
	if n, changes := roomOf(t, h); n != 0 || len(changes) != 200 {
		t.Errorf("%d removals need %d files", len(changes), n)
	}
}
