package rootfs_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/activate-agent/activate/activation/rootfs"
)

// TestBatch: no file has its name before the first flush, and none is flushed
// alone.
func TestBatch(t *testing.T) {
	t.Parallel()
	var ops []string
	r, dir := open(t, rootfs.WithFault(func(op, name string) error {
		if op == "syncfs" {
			name = ""
		}
		ops = append(ops, strings.TrimSuffix(op+" "+filepath.Base(name), " ."))
		return nil
	}))
	must(t, r.WriteFile("b", strings.NewReader("old"), attr(0o644)))
	must(t, r.Mkdir("d", rootfs.Attr{Mode: 0o755, UID: attr(0).UID, GID: attr(0).GID}))
	must(t, r.Sync())
	ops = nil
	b := r.Batch()
	defer b.Drop()
	must(t, b.WriteFile("a", strings.NewReader("twice"), attr(0o600)))
	for _, p := range []string{"a", "b", "d/c"} {
		must(t, b.WriteFile(p, strings.NewReader("new "+p), attr(0o640)))
	}
	if old, err := r.ReadFile("b", 0); err != nil || string(old) != "old" {
		t.Errorf("before it is installed b is %q, %v", old, err)
	}
	must(t, b.Install())
	for _, p := range []string{"a", "b", "d/c"} {
		info, err := r.Lstat(p)
		must(t, err)
		if text, err := r.ReadFile(p, 0); err != nil || string(text) != "new "+p || info.Mode != 0o640 {
			t.Errorf("%s is %q %o, %v", p, text, info.Mode, err)
		}
	}
	ops = slices.DeleteFunc(ops, func(op string) bool { return !strings.Contains(op, "sync") && !strings.Contains(op, "rename") })
	if want := []string{"syncfs", "rename a", "rename b", "rename c", "syncfs"}; !slices.Equal(ops, want) {
		t.Errorf("got %q, want %q", ops, want)
	}
	wantNoTemps(t, dir)
}

// Whatever fails, each file is the old or the new one, and nothing is left beside.
func TestBatchFails(t *testing.T) {
	t.Parallel()
	for fails := 0; ; fails++ {
		calls := 0
		armed := false
		r, dir := open(t, rootfs.WithFault(func(string, string) error {
			if calls++; armed && calls == fails+1 {
				return syscall.EIO
			}
			return nil
		}))
		must(t, r.WriteFile("a", strings.NewReader("old"), attr(0o644)))
		must(t, r.WriteFile("b", strings.NewReader("old"), attr(0o644)))
		calls, armed = 0, true
		err := writeBoth(r)
		for _, p := range []string{"a", "b"} {
			text, _ := os.ReadFile(filepath.Join(dir, p))
			if string(text) != "new" && (err == nil || string(text) != "old") {
				t.Errorf("after %d: %s is %q", fails, p, text)
			}
		}
		if calls <= fails {
			must(t, err)
			return
		}
		if !errors.Is(err, syscall.EIO) || strings.Contains(fmt.Sprint(err), ".activate-") {
			t.Errorf("after %d: %v", fails, err)
		}
		wantNoTemps(t, dir)
	}
}

func writeBoth(r *rootfs.Root) error {
	b := r.Batch()
	defer b.Drop()
	for _, p := range []string{"a", "b"} {
		if err := b.WriteFile(p, strings.NewReader("new"), attr(0o644)); err != nil {
			return err
		}
	}
	return b.Install()
}

func wantNoTemps(t *testing.T, dir string) {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(dir, ".activate-*"))
	must(t, err)
	if len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}
