package rootfs_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/activate-agent/activate/activation/rootfs"
)

// TestNothingIsRemovedOfAReadOnlyFileSystem: what is not there is told as such, so
// that undoing what failed there comes to its end.
func TestNothingIsRemovedOfAReadOnlyFileSystem(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	must(t, unix.Mount("tmpfs", dir, "tmpfs", 0, ""))
	t.Cleanup(func() { must(t, unix.Unmount(dir, unix.MNT_DETACH)) })
	must(t, os.WriteFile(filepath.Join(dir, "there"), nil, 0o644))
	must(t, unix.Mount("", dir, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""))
	r := handle(t, dir)
	for _, remove := range []func(string) error{r.Remove, r.RemoveDir} {
		if err := remove("gone"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("of what is not there: %v", err)
		}
		if err := remove("there"); !errors.Is(err, unix.EROFS) {
			t.Errorf("of what is there: %v", err)
		}
	}
}

// TestARemovedLockMayKeepAName: NFS gives what is removed and open another name. It
// is let go at once, since it would keep its directory, and is nobody's lock.
func TestARemovedLockMayKeepAName(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := handle(t, dir)
	first, err := r.Lock(context.Background(), "lock", 0, "first")
	must(t, err)
	must(t, os.Link(filepath.Join(dir, "lock"), filepath.Join(dir, ".nfs")))
	waiter := make(chan error)
	go func() {
		other, err := rootfs.Open(dir)
		if err == nil {
			_, err = other.Lock(context.Background(), "lock", time.Minute, "second")
		}
		waiter <- err
	}()
	must(t, r.Remove("lock"))
	must(t, <-waiter)
	if _, err := r.Lock(context.Background(), "lock", 0, "third"); err == nil {
		t.Error("who waited has the lock of a file without its name")
	}
	if _, err := r.Lock(context.Background(), ".nfs", 0, "nobody"); err != nil {
		t.Errorf("the removed file is open still: %v", err)
	}
	must(t, first.Unlock())
}

func handle(t *testing.T, dir string) *rootfs.Root {
	t.Helper()
	r, err := rootfs.Open(dir)
	must(t, err)
	t.Cleanup(func() { must(t, r.Close()) })
	return r
}
