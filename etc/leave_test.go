package etc_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/activate-agent/activate/activation/plan"
)

// TestLostOriginal: what can't be put back, since its copy is gone, holds up no
// removal: what is there stays, the plan says so, and the rest goes.
func TestLostOriginal(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.write(t, "srv/old", "theirs", 0o644)
	h.switchTo(t, file("srv/old", "ours", "0644"), file("srv/other", "x", "0644"))
	copies, err := filepath.Glob(filepath.Join(h.dir, stateDir, "backup", "*"))
	must(t, err)
	gone := 0
	for _, c := range copies {
		if b, err := os.ReadFile(c); err == nil && string(b) == "theirs" {
			must(t, os.Remove(c))
			gone++
		}
	}
	if gone != 1 {
		t.Fatalf("%d copies of what stood there: %v", gone, copies)
	}
	d := h.switchTo(t)
	if len(d.Warnings) != 1 || !strings.Contains(d.Warnings[0].Summary, "cannot put back what stood at "+h.dir+"/srv/old: the copy of it, ") {
		t.Errorf("warnings: %v, problems: %v", d.Warnings, d.Problems)
	}
	for name, want := range map[string]bool{"srv/old": true, "srv/other": false} {
		if _, err := os.Stat(filepath.Join(h.dir, name)); (err == nil) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestLinkReturnsToADirectoryWithSetgid: it has its own group there.
func TestLinkReturnsToADirectoryWithSetgid(t *testing.T) {
	t.Parallel()
	h := open(t)
	must(t, os.MkdirAll(filepath.Join(h.dir, "srv/d"), 0o755))
	must(t, os.Symlink("/home", filepath.Join(h.dir, "srv/d/l")))
	before := h.tree(t)
	team := directory("srv/d", "2775")
	team.Group = "34"
	h.switchTo(t, team, file("srv/d/l", "ours", "0644"))
	h.switchTo(t, team)
	h.switchTo(t)
	if after := h.tree(t); after != before {
		t.Errorf("it was\n%s\nand is\n%s", before, after)
	}
}

// TestALinkThatLeftReturnsAsItWas: a removal that is undone, in a directory with
// setgid, brings a link of ours back with the group that it had.
func TestALinkThatLeftReturnsAsItWas(t *testing.T) {
	t.Parallel()
	h := open(t)
	dir := filepath.Join(h.dir, "srv/d")
	must(t, os.MkdirAll(dir, 0o755))
	link := symlink("srv/d/l", "/home")
	h.switchTo(t, link)
	must(t, errors.Join(os.Chown(dir, 0, 34), os.Chmod(dir, os.ModeSetgid|0o775)))
	before := h.tree(t)
	leaves := h.subsystem(desiredOf())
	d, err := leaves.Diff(t.Context())
	must(t, err)
	must(t, errors.Join(leaves.Apply(t.Context(), d.Changes), leaves.Apply(t.Context(), plan.Inverses(d.Changes))))
	if after := h.tree(t); len(d.Changes) != 1 || after != before {
		t.Errorf("after %v it was\n%s\nand is\n%s", d.Changes, before, after)
	}
}

// TestALinkOfOthersMakesWayAgain: one of others with the same text, which had been
// replaced by something else before, is not taken for ours when its return is undone.
func TestALinkOfOthersMakesWayAgain(t *testing.T) {
	t.Parallel()
	h := open(t)
	p := filepath.Join(h.dir, "srv/l")
	must(t, os.MkdirAll(filepath.Dir(p), 0o755))
	must(t, errors.Join(os.Symlink("nowhere", p), os.Lchown(p, 12, 34)))
	theirs := h.tree(t)
	h.switchTo(t, file("srv/l", "ours", "0644"))
	h.switchTo(t, symlink("srv/l", "nowhere"))
	before := h.tree(t)
	leaves := h.subsystem(desiredOf())
	d, err := leaves.Diff(t.Context())
	must(t, err)
	must(t, leaves.Apply(t.Context(), d.Changes))
	if after := h.tree(t); after != theirs {
		t.Errorf("it was\n%s\nand is\n%s", theirs, after)
	}
	must(t, leaves.Apply(t.Context(), plan.Inverses(d.Changes)))
	if after := h.tree(t); after != before {
		t.Errorf("undone, it was\n%s\nand is\n%s", before, after)
	}
}

// TestWhatReturnedByItselfIsNoEdit has a person put back what stood there before us, from
// a copy of their own: it is not told as an edit when the path leaves.
func TestWhatReturnedByItselfIsNoEdit(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.write(t, "srv/x", "theirs", 0o640)
	must(t, os.Symlink("x", filepath.Join(h.dir, "srv/l")))
	before := h.tree(t)
	h.switchTo(t, file("srv/x", "ours", "0644"), file("srv/l", "ours", "0644"))
	for _, name := range []string{"srv/x", "srv/l"} {
		must(t, os.Remove(filepath.Join(h.dir, name)))
	}
	h.write(t, "srv/x", "theirs", 0o640)
	must(t, os.Symlink("x", filepath.Join(h.dir, "srv/l")))
	d := h.switchTo(t)
	if len(d.Warnings) > 0 || len(d.Unreturned) > 0 || len(d.Changes) > 0 {
		t.Errorf("warnings %v, kept %v, changes %v", d.Warnings, d.Unreturned, d.Changes)
	}
	if after := h.tree(t); after != before {
		t.Errorf("it was\n%s\nand is\n%s", before, after)
	}
}

// TestUndoBringsBackWhatSomebodyMadeOfAParent: a directory that was made for an entry,
// and has another owner and mode by now, is pruned with the entry, and comes back so.
func TestUndoBringsBackWhatSomebodyMadeOfAParent(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.switchTo(t, file("srv/made/below/f", "x\n", "0644"))
	for p, mode := range map[string]os.FileMode{"srv/made": 0o700, "srv/made/below": 0o775 | os.ModeSetgid} {
		must(t, os.Chown(filepath.Join(h.dir, p), 12, 34))
		must(t, os.Chmod(filepath.Join(h.dir, p), mode))
	}
	before := h.tree(t)
	s := h.subsystem(desiredOf())
	d, err := s.Diff(t.Context())
	must(t, err)
	must(t, s.Save(t.Context(), d.Changes))
	must(t, s.Apply(t.Context(), d.Changes))
	if _, err := os.Lstat(filepath.Join(h.dir, "srv/made")); err == nil {
		t.Fatal("the directories stayed")
	}
	must(t, s.Apply(t.Context(), plan.Inverses(d.Changes)))
	if diff := cmp.Diff(before, h.tree(t)); diff != "" {
		t.Error(diff)
	}
}
