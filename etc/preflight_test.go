package etc_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/activate-agent/activate/activation/plan"
)

// problemsOf gives the problems of a plan for a copy at /etc/dir/file.
func problemsOf(t *testing.T, h *host, text string) string {
	t.Helper()
	var out []string
	for _, p := range h.diff(t, copied("dir/file", text)).Problems {
		out = append(out, p.Error())
	}
	return strings.Join(out, "\n")
}

func TestImmutableFlagsAreFoundFirst(t *testing.T) {
	t.Parallel()
	h := newHost(t, t.TempDir())
	dir := filepath.Join(h.dir, "etc/dir")
	must(t, os.MkdirAll(dir, 0o755))
	must(t, os.WriteFile(filepath.Join(dir, "file"), []byte("old"), 0o600))
	for _, p := range []string{filepath.Join(dir, "file"), dir} {
		if out, err := exec.Command("chattr", "+i", p).CombinedOutput(); err != nil {
			t.Fatalf("cannot set a flag: %s", out)
		}
		got := problemsOf(t, h, "new")
		if out, err := exec.Command("chattr", "-i", p).CombinedOutput(); err != nil {
			t.Fatalf("cannot clear a flag: %s", out)
		}
		if !strings.Contains(got, p+" is immutable; take the flag off with chattr") {
			t.Errorf("with %s immutable: %q", p, got)
		}
	}
	if got := problemsOf(t, h, "new"); got != "" {
		t.Errorf("without flags: %s", got)
	}
}

func TestReadOnlyFileSystemsAreFoundFirst(t *testing.T) {
	t.Parallel()
	h := newHost(t, t.TempDir())
	dir := filepath.Join(h.dir, "etc/dir")
	must(t, os.MkdirAll(dir, 0o755))
	must(t, unix.Mount("tmpfs", dir, "tmpfs", unix.MS_RDONLY, ""))
	t.Cleanup(func() { must(t, unix.Unmount(dir, unix.MNT_DETACH)) })
	if got := problemsOf(t, h, "new"); !strings.Contains(got, "the file system of "+dir+" is mounted read-only") {
		t.Errorf("problems: %q", got)
	}
}

func TestMountsOverManagedPathsAreFoundFirst(t *testing.T) {
	t.Parallel()
	h := newHost(t, t.TempDir())
	at, other := filepath.Join(h.dir, "etc/dir/file"), filepath.Join(t.TempDir(), "other")
	h.switchTo(t, copied("dir/file", "ours"))
	must(t, os.WriteFile(other, []byte("other"), 0o600))
	must(t, unix.Mount(other, at, "", unix.MS_BIND, ""))
	t.Cleanup(func() { _ = unix.Unmount(at, unix.MNT_DETACH) })
	want := at + ": something is mounted over it (Unmount it with umount " + at
	for _, text := range []string{"ours", "new"} {
		if got := problemsOf(t, h, text); !strings.Contains(got, "cannot update "+want) {
			t.Errorf("with %q wanted: %q", text, got)
		}
	}
	var gone []string
	for _, p := range h.diff(t).Problems {
		gone = append(gone, p.Error())
	}
	if got := strings.Join(gone, "\n"); !strings.Contains(got, "cannot remove "+want) {
		t.Errorf("on removal: %q", got)
	}
	must(t, unix.Unmount(at, 0))
	if got := problemsOf(t, h, "new"); got != "" {
		t.Errorf("without the mount: %s", got)
	}
}

func TestADirectoryWithAMountOnItStays(t *testing.T) {
	t.Parallel()
	h := newHost(t, t.TempDir())
	at := filepath.Join(h.dir, "srv/data")
	must(t, os.MkdirAll(at, 0o755))
	h.switchTo(t, directory("srv/data", "0700"))
	must(t, unix.Mount("tmpfs", at, "tmpfs", 0, "mode=1777"))
	t.Cleanup(func() { must(t, unix.Unmount(at, unix.MNT_DETACH)) })
	d := h.diff(t)
	if len(d.Problems) > 0 || len(d.Changes) > 0 || len(d.Warnings) != 1 {
		t.Fatalf("problems %v, changes %v, warnings %v", d.Problems, d.Changes, d.Warnings)
	}
	if got := d.Warnings[0].Error(); !strings.Contains(got, at+": something is mounted over it, so it stays") {
		t.Error(got)
	}
}

// A file system may allow shorter names than others: what could not be made
// for that is not there to be removed, so the run is undone to the end.
func TestUndoOfANameThatCannotBe(t *testing.T) {
	t.Parallel()
	h := open(t)
	must(t, os.MkdirAll(filepath.Join(h.dir, "srv"), 0o755))
	made := h.diff(t, file("srv/x", "x", "0644")).Changes
	made[0].Address += plan.Address(strings.Repeat("x", 256))
	s := h.subsystem(desiredOf())
	if err := s.Apply(t.Context(), made); !errors.Is(err, unix.ENAMETOOLONG) {
		t.Errorf("making it: %v", err)
	}
	if err := s.Apply(t.Context(), plan.Inverses(made)); err != nil {
		t.Errorf("undoing it: %v", err)
	}
}

// TestALinkThatCannotBeRecordedStays: plans and records are JSON, which is UTF-8.
func TestALinkThatCannotBeRecordedStays(t *testing.T) {
	t.Parallel()
	h := newHost(t, t.TempDir())
	p := filepath.Join(h.dir, "etc/dir/file")
	must(t, os.MkdirAll(filepath.Dir(p), 0o755))
	must(t, os.Symlink("caf\xe9", p))
	if got := problemsOf(t, h, "new"); !strings.Contains(got, `is not UTF-8 ("caf\xe9")`) {
		t.Errorf("problems: %s", got)
	}
}
