package rootfs_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/activate-agent/activate/activation/rootfs"
)

func open(t *testing.T, opts ...rootfs.Option) (*rootfs.Root, string) {
	t.Helper()
	dir := t.TempDir()
	r, err := rootfs.Open(dir, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r, dir
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func attr(mode uint32) rootfs.Attr {
	return rootfs.Attr{Mode: mode, UID: uint32(os.Geteuid()), GID: uint32(os.Getegid())}
}

func TestWriteFileGivesModeDespiteUmask(t *testing.T) {
	r, dir := open(t)
	must(t, r.WriteFile("f", strings.NewReader("one"), attr(0o666)))
	must(t, r.WriteFile("f", strings.NewReader("two"), attr(0o4755)))
	info, err := r.Lstat("f")
	must(t, err)
	if info.Mode != 0o4755 || info.Type != rootfs.File || info.Size != 3 {
		t.Errorf("got %+v", info)
	}
	b, err := r.ReadFile("f", 10)
	must(t, err)
	if string(b) != "two" {
		t.Errorf("content %q", b)
	}
	names, err := os.ReadDir(dir)
	must(t, err)
	if len(names) != 1 {
		t.Errorf("left behind: %v", names)
	}
}

func TestAFailedWriteLeavesTheOldFileAndNoTemp(t *testing.T) {
	for _, op := range []string{"open", "fchown", "fchmod", "write", "fsync", "rename"} {
		t.Run(op, func(t *testing.T) {
			t.Parallel()
			armed := false
			r, dir := open(t, rootfs.WithFault(func(o, _ string) error {
				if armed && o == op {
					return syscall.ENOSPC
				}
				return nil
			}))
			must(t, r.WriteFile("f", strings.NewReader("old"), attr(0o600)))
			armed = true
			err := r.WriteFile("f", strings.NewReader("new"), attr(0o644))
			if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), dir+"/f") {
				t.Fatalf("got %v", err)
			}
			b, err := os.ReadFile(filepath.Join(dir, "f"))
			must(t, err)
			entries, _ := os.ReadDir(dir)
			if string(b) != "old" || len(entries) != 1 {
				t.Errorf("content %q, entries %v", b, entries)
			}
		})
	}
}

func TestWriteFileReplacesALeftTemp(t *testing.T) {
	r, dir := open(t)
	left := filepath.Join(dir, rootfs.TempName("f"))
	must(t, os.Symlink("/nonexistent/elsewhere", left))
	must(t, r.WriteFile("f", strings.NewReader("x"), attr(0o644)))
	if _, err := os.Lstat(left); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the temporary file is still there: %v", err)
	}
	must(t, os.WriteFile(left, nil, 0o600))
	must(t, r.RemoveTemp("f"))
	if _, err := os.Lstat(left); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("RemoveTemp left it: %v", err)
	}
}

func TestWriteFileKeepsAttributes(t *testing.T) {
	r, dir := open(t)
	must(t, r.WriteFile("f", strings.NewReader("a"), attr(0o644)))
	if err := syscall.Setxattr(filepath.Join(dir, "f"), "user.note", []byte("kept"), 0); err != nil {
		t.Skipf("the file system has no extended attributes: %v", err)
	}
	must(t, r.WriteFile("f", strings.NewReader("b"), attr(0o644)))
	buf := make([]byte, 16)
	n, err := syscall.Getxattr(filepath.Join(dir, "f"), "user.note", buf)
	if err != nil || string(buf[:n]) != "kept" {
		t.Errorf("got %q, %v", buf[:max(n, 0)], err)
	}
}

func TestLinksInParents(t *testing.T) {
	r, dir := open(t)
	must(t, os.MkdirAll(filepath.Join(dir, "run/x"), 0o755))
	must(t, os.Mkdir(filepath.Join(dir, "var"), 0o755))
	must(t, os.Symlink("/run", filepath.Join(dir, "var/run")))       // absolute: inside the root
	must(t, os.Symlink("../../../../run", filepath.Join(dir, "up"))) // never above the root
	must(t, os.Symlink("loop", filepath.Join(dir, "loop")))          // ELOOP
	must(t, os.Symlink("/run", filepath.Join(dir, "foreign")))       // somebody else's
	must(t, os.Lchown(filepath.Join(dir, "foreign"), 12345, 12345))  //
	must(t, r.WriteFile("var/run/x/f", strings.NewReader("1"), attr(0o644)))
	must(t, r.WriteFile("up/x/g", strings.NewReader("2"), attr(0o644)))
	for _, name := range []string{"run/x/f", "run/x/g"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
	err := r.WriteFile("foreign/x/h", strings.NewReader("3"), attr(0o644))
	if !errors.Is(err, rootfs.ErrLink) || !strings.Contains(err.Error(), dir+"/foreign is a link") {
		t.Errorf("got %v", err)
	}
	must(t, os.Symlink("/run/x", filepath.Join(dir, "last")))
	if _, err := r.Lstat("last/g"); err != nil {
		t.Error(err)
	}
	if _, err := r.Lstat("loop/x"); !errors.Is(err, syscall.ELOOP) {
		t.Errorf("got %v", err)
	}
	if _, err := r.Lstat("run/x/f/below"); !errors.Is(err, syscall.ENOTDIR) {
		t.Errorf("got %v", err)
	}
}

func TestOpenRefusesWhatIsNoFile(t *testing.T) {
	r, dir := open(t)
	must(t, syscall.Mkfifo(filepath.Join(dir, "fifo"), 0o644))
	must(t, os.Symlink("fifo", filepath.Join(dir, "link")))
	if _, err := r.Open("fifo"); err == nil || !strings.Contains(err.Error(), "a FIFO") {
		t.Errorf("got %v", err)
	}
	if _, err := r.Open("link"); err == nil {
		t.Error("a link was followed")
	}
}

func TestSetAttrRefusesLinks(t *testing.T) {
	r, dir := open(t)
	must(t, r.WriteFile("f", strings.NewReader(""), attr(0o600)))
	must(t, os.Symlink("f", filepath.Join(dir, "sym")))
	must(t, r.SetAttr("f", attr(0o640)))
	if err := r.SetAttr("sym", attr(0o666)); err == nil {
		t.Error("a symbolic link was accepted")
	}
	must(t, r.Link("f", "hard"))
	if err := r.SetAttr("f", attr(0o666)); err == nil || !strings.Contains(err.Error(), "hard links") {
		t.Errorf("got %v", err)
	}
}

func TestSymlinkReplacesFilesNotDirectories(t *testing.T) {
	r, _ := open(t)
	must(t, r.WriteFile("f", strings.NewReader("x"), attr(0o644)))
	must(t, r.Symlink("to", "f"))
	must(t, r.Symlink("to2", "f"))
	if got, err := r.Readlink("f"); err != nil || got != "to2" {
		t.Errorf("got %q, %v", got, err)
	}
	must(t, r.Mkdir("d", attr(0o755)))
	if err := r.Symlink("to", "d"); err == nil {
		t.Error("a directory was replaced")
	}
	must(t, r.Sync())
}

func TestDirectoriesComeAndGo(t *testing.T) {
	r, _ := open(t)
	made, err := r.MakeDirs("a/b/c", 0o755)
	must(t, err)
	if strings.Join(made, " ") != "a a/b a/b/c" {
		t.Errorf("made %v", made)
	}
	must(t, r.WriteFile("a/b/c/f", strings.NewReader("x"), attr(0o644)))
	if err := r.Remove("a/b/c"); !errors.Is(err, syscall.ENOTEMPTY) {
		t.Errorf("got %v", err)
	}
	must(t, r.RemoveAll("a/b"))
	if _, err := r.Lstat("a/b/c/f"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a removed directory is still reached: %v", err)
	}
	if again, err := r.MakeDirs("a/b", 0o755); err != nil || len(again) != 1 {
		t.Errorf("made %v, %v", again, err)
	}
}

func TestDirectoriesThatCannotBeMadeWholeAreNotThere(t *testing.T) {
	for _, op := range []string{"mkdir", "fchownat", "fchmodat"} {
		for at := range 3 {
			t.Run(fmt.Sprintf("%s %d", op, at), func(t *testing.T) {
				t.Parallel()
				seen := 0
				r, dir := open(t, rootfs.WithFault(func(o, _ string) error {
					if o != op {
						return nil
					}
					if seen++; seen == at+1 {
						return syscall.ENOSPC
					}
					return nil
				}))
				if made, err := r.MakeDirs("a/b/c", 0o755); !errors.Is(err, syscall.ENOSPC) || len(made) > 0 {
					t.Errorf("made %v: %v", made, err)
				}
				if left, _ := os.ReadDir(dir); len(left) > 0 {
					t.Errorf("left %v", left)
				}
			})
		}
	}
}

func TestLockTellsItsHolder(t *testing.T) {
	r, _ := open(t)
	lock, err := r.Lock(context.Background(), "lock", 0, "pid 1 (switch)")
	must(t, err)
	_, err = r.Lock(context.Background(), "lock", time.Millisecond, "pid 2")
	var locked *rootfs.LockedError
	if !errors.As(err, &locked) || locked.Holder != "pid 1 (switch)" {
		t.Fatalf("got %v", err)
	}
	must(t, lock.Unlock())
	lock, err = r.Lock(context.Background(), "lock", 0, "pid 2")
	must(t, err)
	must(t, lock.Unlock())
}

func TestStore(t *testing.T) {
	r, _ := open(t)
	s, err := rootfs.OpenStore(r, "state/key", "state/backup")
	must(t, err)
	hash, size, err := s.Put(strings.NewReader("hello"), false)
	must(t, err)
	if hash != "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824" || size != 5 {
		t.Errorf("got %s, %d", hash, size)
	}
	secret, _, err := s.Put(strings.NewReader("hello"), true)
	must(t, err)
	if secret != s.Keyed([]byte("hello")) || strings.Contains(secret, hash) {
		t.Errorf("got %s", secret)
	}
	if got := rootfs.Unkeyed([]byte(secret + secret + " hmac:0 " + secret + "f hmac:")); string(got) != "hmac:hmac: hmac:0 hmac:f hmac:" {
		t.Errorf("without what the key made: %q", got)
	}
	again, err := rootfs.OpenStore(r, "state/key", "state/other", "state/backup")
	must(t, err)
	if !again.Has(hash) || !again.Has(secret) || again.Has("00") {
		t.Error("the second store does not see what the first kept")
	}
	info, err := r.Lstat("state/backup/" + rootfs.BlobName(secret))
	must(t, err)
	if info.Mode != 0o600 {
		t.Errorf("mode %o", info.Mode)
	}
}
