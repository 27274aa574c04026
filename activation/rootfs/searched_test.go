package rootfs_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// TestADirectoryThatMayOnlyBeSearched: what is in it can be looked at by its name, and
// a list of it is refused for want of permission, not for a descriptor.
func TestADirectoryThatMayOnlyBeSearched(t *testing.T) {
	t.Parallel()
	r, dir := open(t)
	must(t, os.Mkdir(filepath.Join(dir, "closed"), 0o711))
	must(t, os.WriteFile(filepath.Join(dir, "closed/file"), []byte("text"), 0o644))
	must(t, os.Chmod(filepath.Join(dir, "closed"), 0o711))
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	const nobody = 65534
	_, err := unix.SetfsuidRetUid(nobody)
	must(t, err)
	names, listed := r.ReadDir("closed")
	text, read := r.ReadFile("closed/file", 0)
	_, err = unix.SetfsuidRetUid(os.Geteuid())
	must(t, err)
	if !errors.Is(listed, fs.ErrPermission) || errors.Is(listed, unix.EBADF) {
		t.Errorf("the list is %v, %v", names, listed)
	}
	if read != nil || string(text) != "text" {
		t.Errorf("the file is %q, %v", text, read)
	}
}
