package users_test

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/activate-agent/activate/users"
)

// tidy is debian without the malformed line, which is told at every run.
func tidy() map[string]string {
	files := maps.Clone(debian)
	files["etc/passwd"] = strings.Replace(files["etc/passwd"], "garbled:x:notanumber:5\n", "", 1)
	return files
}

// TestMemo follows what one run tells the next: it counts only while nobody
// else wrote the account files, and only for the same wishes.
func TestMemo(t *testing.T) {
	t.Parallel()
	want := users.Desired{Users: []users.User{{Name: "alice", Home: "/home/alice"}}, Groups: []users.Group{{Name: "web"}}}
	h := newHost(t, t.TempDir(), tidy())
	h.switchTo(t, want)
	if h.memo == nil {
		t.Fatal("no memo after a run that nobody disturbed")
	}
	if d := h.diff(t, want); len(d.Changes) != 0 || d.Unchanged != 2 {
		t.Errorf("with a memo that holds: %+v", d)
	}
	if d := h.diff(t, users.Desired{Users: want.Users}); len(d.Changes) != 1 {
		t.Errorf("when a group left the configuration: %+v", d)
	}
	edited := strings.Replace(h.read(t, "etc/passwd"), "/home/alice", "/home/alicE", 1)
	must(t, os.WriteFile(filepath.Join(h.dir, "etc/passwd"), []byte(edited), 0o600))
	if d := h.diff(t, want); len(d.Changes) != 1 {
		t.Errorf("after an edit: %+v", d)
	}
	h.switchTo(t, want)
	must(t, os.WriteFile(filepath.Join(h.dir, stateDir, "ids.json"), []byte("{"), 0o600))
	if _, err := h.subsystem(want).Diff(t.Context()); err == nil || !strings.Contains(err.Error(), "ids.json") {
		t.Errorf("with a damaged ledger: %v", err)
	}
}

// TestMemoOfAnotherGeneration is a record that was brought back by hand.
func TestMemoOfAnotherGeneration(t *testing.T) {
	t.Parallel()
	want := users.Desired{Users: []users.User{{Name: "alice"}}}
	h := newHost(t, t.TempDir(), tidy())
	h.switchTo(t, want)
	h.generation++
	h.last.Groups = append(h.last.Groups, users.Group{Name: "staff"})
	h.last.Users = append(h.last.Users, users.User{Name: "windows"})
	if d := h.diff(t, want); len(d.Warnings) != 2 {
		t.Errorf("%d warnings, want what another generation had to leave: %+v", len(d.Warnings), d)
	}
}

// TestMemoOfDisturbedRun has somebody else write between the comparison and
// the change: then the next run must look for itself.
func TestMemoOfDisturbedRun(t *testing.T) {
	t.Parallel()
	h := newHost(t, t.TempDir(), tidy())
	s := h.subsystem(users.Desired{Users: []users.User{{Name: "alice"}}})
	d, err := s.Diff(t.Context())
	must(t, err)
	must(t, s.Save(t.Context(), d.Changes))
	f, err := os.OpenFile(filepath.Join(h.dir, "etc/passwd"), os.O_APPEND|os.O_WRONLY, 0)
	must(t, err)
	_, err = f.WriteString("carol:x:4000:4000::/:/bin/sh\n")
	must(t, err)
	must(t, f.Close())
	must(t, s.Apply(t.Context(), d.Changes))
	if s.Memo(1) != nil {
		t.Error("a memo although somebody else wrote passwd")
	}
}
