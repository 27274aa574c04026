package etc_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/etc"
)

// Blocks swap kinds at one path, a file becoming a directory of files and the
// other way round: there, back, and away again, whatever stood there before.
func TestBlocksSwapKinds(t *testing.T) {
	t.Parallel()
	shapes := map[string][]etc.Entry{
		"linked":          {linked("x", "1")},
		"file":            {file("etc/x", "1", "0640")},
		"link":            {symlink("etc/x", "nowhere")},
		"directory link":  {symlink("etc/x", "/srv")},
		"directory":       {directory("etc/x", "0755")},
		"files":           {file("etc/x/a/b", "1", "0644"), linked("x/c", "2")},
		"directory files": {directory("etc/x", "0755"), directory("etc/x/a", "0755"), file("etc/x/a/b", "1", "0644")},
	}
	originals := map[string]func(p string) error{
		"nothing": func(string) error { return nil },
		"a file":  func(p string) error { return os.WriteFile(p, []byte("theirs"), 0o600) },
		"a link":  func(p string) error { return os.Symlink("theirs", p) },
	}
	for original, make := range originals {
		for from, a := range shapes {
			for to, b := range shapes {
				if original != "nothing" && from == "files" {
					// Nothing is made below a file of others.
					continue
				}
				t.Run(original+": "+from+" to "+to, func(t *testing.T) {
					t.Parallel()
					h := newHost(t, t.TempDir())
					must(t, os.MkdirAll(filepath.Join(h.dir, "srv/a"), 0o755))
					must(t, os.WriteFile(filepath.Join(h.dir, "srv/a/b"), []byte("of others"), 0o644))
					must(t, make(filepath.Join(h.dir, "etc/x")))
					swap(t, h, a, b)
				})
			}
		}
	}
}

// What stands behind a link of others goes when the link makes way for a file,
// and the link comes back with its owner.
func TestFileTakesTheLinkThatLedToAnother(t *testing.T) {
	t.Parallel()
	h := newHost(t, t.TempDir())
	link := filepath.Join(h.dir, "etc/x")
	must(t, os.MkdirAll(filepath.Join(h.dir, "srv"), 0o755))
	must(t, os.Symlink("/srv", link))
	must(t, os.Lchown(link, 0, 34))
	none := h.tree(t)
	for _, entries := range [][]etc.Entry{{file("etc/x/n", "1", "0644")}, {file("etc/x", "1", "0644")}, nil} {
		if d := h.switchTo(t, entries...); len(d.Problems) > 0 {
			t.Fatalf("refused: %v", d.Problems)
		}
	}
	if got := h.tree(t); got != none {
		t.Errorf("left:\n%s\nwant:\n%s", got, none)
	}
}

// swap brings h to a, to b, back to a, and to nothing.
func swap(t *testing.T, h *host, a, b []etc.Entry) {
	t.Helper()
	none := h.tree(t)
	reach := func(entries []etc.Entry) string {
		t.Helper()
		if d := h.switchTo(t, entries...); len(d.Problems) > 0 {
			t.Fatalf("refused: %v", d.Problems)
		}
		if d := h.diff(t, entries...); len(d.Changes)+len(d.Problems) > 0 {
			t.Fatalf("not reached: %v %v", d.Changes, d.Problems)
		}
		return h.tree(t)
	}
	first := reach(a)
	reach(b)
	if again := reach(a); again != first {
		t.Errorf("there and back:\n%s\nwant:\n%s", again, first)
	}
	if got := reach(nil); got != none {
		t.Errorf("removed:\n%s\nwant:\n%s", got, none)
	}
}

// TestUndoOfWhatWasNotMadeBelowALink: where a run came to nothing before it put a
// directory in the place of somebody else's link, nothing of ours is behind that.
func TestUndoOfWhatWasNotMadeBelowALink(t *testing.T) {
	t.Parallel()
	h := open(t)
	theirs := filepath.Join(h.dir, "srv/theirs")
	must(t, errors.Join(os.MkdirAll(filepath.Dir(theirs), 0o755), os.Symlink("nowhere", theirs), os.Lchown(theirs, 12, 34)))
	h.switchTo(t, symlink("srv/theirs", "nowhere"))
	before := h.tree(t)
	s := h.subsystem(desiredOf(file("srv/theirs/x/below", "ours", "0644")))
	d, err := s.Diff(t.Context())
	must(t, err)
	must(t, s.Apply(t.Context(), plan.Inverses(d.Changes)))
	if after := h.tree(t); len(d.Problems) > 0 || len(d.Changes) == 0 || after != before {
		t.Errorf("%v: after %v it was\n%s\nand is\n%s", d.Problems, d.Changes, before, after)
	}
}
