package etc_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// drifted gives what a Diff would change of two links in one directory.
func drifted(t *testing.T, h *host) (changed []string) {
	t.Helper()
	for _, ch := range h.diff(t, linked("d/a", "x"), linked("d/b", "y")).Changes {
		changed = append(changed, string(ch.Address))
	}
	return changed
}

func TestALinkReplacedInADirectoryIsSeen(t *testing.T) {
	t.Parallel()
	for name, replace := range map[string]func(link string) error{
		"removed":        os.Remove,
		"another target": func(p string) error { return swapped(p, func() error { return os.Symlink("/elsewhere", p) }) },
		"another name":   func(p string) error { return swapped(p, func() error { return os.Symlink("/etc/static/d/b", p) }) },
		"a copy":         func(p string) error { return swapped(p, func() error { return os.WriteFile(p, []byte("x"), 0o444) }) },
		"renamed over":   func(p string) error { return os.Rename(filepath.Join(filepath.Dir(p), "b"), p) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := open(t)
			h.later = time.Minute
			h.switchTo(t, linked("d/a", "x"), linked("d/b", "y"))
			if got := drifted(t, h); got != nil {
				t.Fatalf("not converged: %v", got)
			}
			must(t, replace(filepath.Join(h.dir, "etc/d/a")))
			want := []string{"etc/d/a"}
			if name == "renamed over" {
				want = []string{"etc/d/a", "etc/d/b"}
			}
			if diff := cmp.Diff(want, drifted(t, h)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func swapped(p string, in func() error) error {
	if err := os.Remove(p); err != nil {
		return err
	}
	return in()
}

func TestADirectoryThatDidNotMoveSavesLookingAtItsLinks(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.later = time.Minute
	h.switchTo(t, linked("d/a", "x"), linked("d/b", "y"))
	link := filepath.Join(h.dir, "etc/d/a")
	must(t, swapped(link, func() error { return os.Symlink("/elsewhere", link) }))
	// A stamp of the directory as it is now is believed, which shows that it is used.
	now, err := h.root.Lstat("etc/d")
	must(t, err)
	st := h.stamps["etc/d/"]
	st.Mtime, st.Ctime = now.Mtime, now.Ctime
	h.stamps["etc/d/"] = st
	if got := drifted(t, h); got != nil {
		t.Errorf("the directory's stamp was not used: %v", got)
	}
	must(t, os.Remove(filepath.Join(h.dir, "etc/d/b")))
	if diff := cmp.Diff([]string{"etc/d/a", "etc/d/b"}, drifted(t, h)); diff != "" {
		t.Error(diff)
	}
}

// What somebody replaces between the end of the work and its record is no
// part of the record.
func TestALinkReplacedBeforeTheRecordIsSeen(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.later = time.Minute
	h.beforeRecord = func() {
		link := filepath.Join(h.dir, "etc/d/a")
		must(t, swapped(link, func() error { return os.Symlink("/elsewhere", link) }))
	}
	h.switchTo(t, linked("d/a", "x"), linked("d/b", "y"))
	if diff := cmp.Diff([]string{"etc/d/a"}, drifted(t, h)); diff != "" {
		t.Error(diff)
	}
}
