package rootfs_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/activate-agent/activate/activation/rootfs"
)

// TestARemovedLockLetsNobodyIn: who waits for a lock whose file its holder
// removes gets the one that has the file's name, so that no two hold it.
func TestARemovedLockLetsNobodyIn(t *testing.T) {
	t.Parallel()
	r, err := rootfs.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	first, err := r.Lock(context.Background(), "lock", 0, "first")
	if err != nil {
		t.Fatal(err)
	}
	type held struct {
		*rootfs.Lock
		err error
	}
	second := make(chan held)
	began := make(chan struct{})
	go func() {
		other, err := rootfs.Open(r.Dir())
		if err != nil {
			second <- held{nil, err}
			return
		}
		defer func() { _ = other.Close() }()
		close(began)
		l, err := other.Lock(context.Background(), "lock", time.Minute, "second")
		second <- held{l, err}
	}()
	<-began
	if err := errors.Join(r.Remove("lock"), first.Unlock()); err != nil {
		t.Fatal(err)
	}
	got := <-second
	if got.err != nil {
		t.Fatal(got.err)
	}
	defer func() { _ = got.Unlock() }()
	if _, err := r.Lock(context.Background(), "lock", 0, "third"); err == nil {
		t.Error("two hold the lock")
	}
}

// TestALockShowsWhatItsLastHolderMade: what was not there before the lock was had
// is looked for again.
func TestALockShowsWhatItsLastHolderMade(t *testing.T) {
	t.Parallel()
	r, dir := open(t)
	holder, err := rootfs.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = holder.Close() }()
	if there, err := r.Exists("state/current"); there || err != nil {
		t.Fatalf("there %t, %v", there, err)
	}
	if _, err := holder.MakeDirs("state/current", 0o755); err != nil {
		t.Fatal(err)
	}
	l, err := r.Lock(t.Context(), "lock", 0, "next")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Unlock() }()
	if there, err := r.Exists("state/current"); !there || err != nil {
		t.Errorf("under the lock: there %t, %v", there, err)
	}
}

// TestHolds: a lock whose file its holder removed guards nothing any more.
func TestHolds(t *testing.T) {
	t.Parallel()
	r, _ := open(t)
	if r.Holds("lock") {
		t.Error("a lock that was never taken is held")
	}
	l, err := r.Lock(t.Context(), "lock", 0, "this")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Unlock() }()
	if !r.Holds("lock") {
		t.Error("a lock is not held")
	}
	if err := r.Remove("lock"); err != nil {
		t.Fatal(err)
	}
	if r.Holds("lock") {
		t.Error("a lock whose file is gone is held")
	}
}

// TestALockIsFoundInADirectoryMadeAnew: another process may take the lock's
// directory away, and make it again.
func TestALockIsFoundInADirectoryMadeAnew(t *testing.T) {
	t.Parallel()
	r, dir := open(t)
	run := filepath.Join(dir, "run")
	for range 2 {
		if _, err := r.Lock(t.Context(), "run/lock", 0, "this"); !errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("without a directory: %v", err)
		}
		if err := os.Mkdir(run, 0o755); err != nil {
			t.Fatal(err)
		}
		l, err := r.Lock(t.Context(), "run/lock", 0, "this")
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(l.Unlock(), os.RemoveAll(run)); err != nil {
			t.Fatal(err)
		}
	}
}

// TestAnUnlockedLockIsFree: a child that was forked while the lock was held, and has not
// come to its exec(2) yet, has a copy of the lock's descriptor. The next one gets the
// lock all the same.
func TestAnUnlockedLockIsFree(t *testing.T) {
	t.Parallel()
	r, dir := open(t)
	l, err := r.Lock(t.Context(), "lock", 0, "first")
	if err != nil {
		t.Fatal(err)
	}
	child, err := unix.FcntlInt(uintptr(descriptorOf(t, filepath.Join(dir, "lock"))), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Close(child) }()
	if err := errors.Join(l.Unlock(), l.Unlock()); err != nil {
		t.Fatal(err)
	}
	next, err := r.Lock(t.Context(), "lock", 0, "second")
	if err != nil {
		t.Fatal(err)
	}
	if err := next.Unlock(); err != nil {
		t.Fatal(err)
	}
}

// descriptorOf gives the one descriptor that this process has of the file p.
func descriptorOf(t *testing.T, p string) int {
	t.Helper()
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range fds {
		if to, err := os.Readlink("/proc/self/fd/" + fd.Name()); err == nil && to == p {
			n, err := strconv.Atoi(fd.Name())
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	t.Fatalf("no descriptor of %s", p)
	return -1
}
