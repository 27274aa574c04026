package rootfs_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/activate-agent/activate/activation/rootfs"
)

func TestReadThroughFollowsLinksInsideTheRoot(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, d := range []string{"etc", "var/state/etc", "var/state/lib"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, target := range map[string]string{
		"etc/static": "/var/state/etc", "etc/chain": "static/chain", "var/state/etc/chain": "../../../etc/plain", "etc/up": "../../../../etc/plain",
		"etc/loop": "loop", "etc/gone": "nothing", "etc/foreign": "plain", "etc/to-foreign": "/etc/foreign", "etc/dir": ".", "conf": "var/state/etc", "var/state/etc/beside": "../lib/plain",
	} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range []string{"etc/plain", "var/state/lib/plain"} {
		if err := os.WriteFile(filepath.Join(dir, p), []byte("text"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Lchown(filepath.Join(dir, "etc/foreign"), 65534, 65534); err != nil {
		t.Fatal(err)
	}
	root, err := rootfs.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = root.Close() }()
	for _, p := range []string{"etc/plain", "etc/chain", "etc/up", "conf/beside"} {
		if b, err := root.ReadThrough(p, 10); err != nil || string(b) != "text" {
			t.Errorf("%s: %q, %v", p, b, err)
		}
	}
	for p, want := range map[string]error{
		"etc/loop": unix.ELOOP, "etc/gone": fs.ErrNotExist, "etc/foreign": rootfs.ErrLink, "etc/to-foreign": rootfs.ErrLink,
	} {
		if b, err := root.ReadThrough(p, 10); !errors.Is(err, want) {
			t.Errorf("%s: %q, %v, want %v", p, b, err, want)
		}
	}
	if b, err := root.ReadThrough("etc/dir", 10); err == nil {
		t.Errorf("a directory is %q", b)
	}
	if b, err := root.ReadThrough("etc/chain", 2); !errors.Is(err, unix.EFBIG) {
		t.Errorf("beyond the limit: %q, %v", b, err)
	}
}
