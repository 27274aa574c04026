// Package rootfs is the only package that opens, writes, links, chowns and
// removes what activate manages.
//
// It owns safe access below one root directory: every path is relative to it,
// parents are reached descriptor by descriptor, files are replaced atomically.
// It refuses to follow a symbolic link that somebody other than root made, to
// leave the root, and to open anything but regular files and directories.
//
// A Root is for one goroutine at a time.
package rootfs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// ErrChanged is wrapped by errors that say an object is no longer what the
// plan saw.
var ErrChanged = errors.New("it changed since it was planned")

// Root is a handle on a root directory. Its methods take paths relative to it,
// clean and without a leading slash ("etc/passwd"; "." is the root itself);
// other forms panic, since they can only come from a bug.
type Root struct {
	dir   string
	fd    int
	uid   uint32
	gid   uint32
	fault func(op, name string) error
	// lost is told of attributes that are gone; see WithLost.
	lost func(name, attribute string)
	dirs map[string]*dirHandle
	// room is how many dirs may be kept.
	room int
	// absent are directories that were not there when last looked for; it is
	// forgotten with the first change.
	absent map[string]bool
	// reals are the directories that were reached through links when last looked
	// for, and where they are.
	reals map[string]string
	dirty map[uint64]int
	// unflushed is why a file system with changes is not among dirty.
	unflushed error
	policy    *policy
	ids       *idMaps
	// locks are the files of the locks that are held, by their paths.
	locks map[string]*os.File
}

// dirHandle is an open parent directory.
type dirHandle struct {
	fd  int
	dev uint64
	// uid is its owner.
	uid uint32
}

// maxDirs bounds the open parents kept; sorted callers rarely need more than
// a path's depth.
const maxDirs = 64

// leastDirs is how many a handle keeps whatever it may have: a rename or link is
// between two, and one that is opened must not close the other.
const leastDirs = 2

// mostDirs is how many open parents all handles together may keep: a part of what the
// process may have open, see RLIMIT_NOFILE in getrlimit(2).
func mostDirs() int {
	const part = 4
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return maxDirs
	}
	return max(int(min(limit.Cur, 1<<20)/part), leastDirs)
}

// Option configures Open.
type Option func(*Root)

// WithFault calls f before every operation that changes the disk, with the
// system call's name and the path as the user knows it. An error from f is
// returned as that call's. It is for fault injection in tests.
func WithFault(f func(op, name string) error) Option {
	return func(r *Root) { r.fault = f }
}

// WithLost calls f with the path as the user knows it and the name of each extended
// attribute that a file had, or was to have again, and that its file system does not
// take. Goroutines of Parallel may call it at once.
func WithLost(f func(name, attribute string)) Option {
	return func(r *Root) { r.lost = f }
}

// Open opens the directory dir, "/" for the host itself. The caller closes the
// Root.
func Open(dir string, opts ...Option) (*Root, error) {
	fd, err := openat(unix.AT_FDCWD, dir, dirFlags, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: dir, Err: err}
	}
	r := &Root{
		dir:   path.Clean(dir),
		fd:    fd,
		uid:   uint32(os.Geteuid()),
		gid:   uint32(os.Getegid()),
		dirs:  map[string]*dirHandle{},
		room:  mostDirs(),
		dirty: map[uint64]int{},

		absent: map[string]bool{},
		reals:  map[string]string{},
		policy: &policy{},
		ids:    &idMaps{},
		locks:  map[string]*os.File{},
	}
	r.lost = func(string, string) {}
	for _, o := range opts {
		o(r)
	}
	return r, nil
}

// Close releases the descriptors. It does not flush; see Sync.
func (r *Root) Close() error {
	r.forget()
	for _, fd := range r.dirty {
		_ = unix.Close(fd)
	}
	r.dirty = nil
	return os.NewSyscallError("close", unix.Close(r.fd))
}

// Dir is the root directory as it was given to Open, cleaned.
func (r *Root) Dir() string { return r.dir }

// Name is p as the user knows it, for messages: an absolute path.
func (r *Root) Name(p string) string {
	if p == "." {
		return r.dir
	}
	if r.dir == "/" {
		return "/" + p
	}
	return r.dir + "/" + p
}

// Rel makes the form that the methods take of an absolute path inside the
// root ("/etc/x" becomes "etc/x", "/" becomes ".").
func Rel(abs string) string {
	p := strings.TrimPrefix(path.Clean("/"+abs), "/")
	if p == "" {
		return "."
	}
	return p
}

// TooLong tells the paths that Linux refuses wherever they are: with a name of
// more than 255 bytes (NAME_MAX), or with more than 4095 in all (PATH_MAX, which
// counts a NUL); pathconf(3).
func TooLong(p string) bool {
	const name, whole = 255, 4095
	return len(p) > whole || len(p) > name && slices.ContainsFunc(strings.Split(p, "/"), func(n string) bool { return len(n) > name })
}

// split gives the parent and the last element of p.
func split(p string) (parent, base string) {
	if p == "" || p[0] == '/' || p != path.Clean(p) || p == ".." || strings.HasPrefix(p, "../") {
		panic(fmt.Sprintf("internal error: %q is not a clean relative path", p))
	}
	if p == "." {
		return ".", "."
	}
	if i := strings.LastIndexByte(p, '/'); i >= 0 {
		return p[:i], p[i+1:]
	}
	return ".", p
}

// parent opens the directory that holds p and gives p's last element. The
// handle stays valid until the next call that opens or changes a directory.
func (r *Root) parent(op, p string) (*dirHandle, string, error) {
	dir, base := split(p)
	h, err := r.directory(dir)
	if err != nil {
		return nil, "", &fs.PathError{Op: op, Path: r.Name(p), Err: err}
	}
	return h, base, nil
}

// directory opens the directory p, from the cache if it was opened before.
func (r *Root) directory(p string) (*dirHandle, error) {
	if h, ok := r.dirs[p]; ok {
		return h, nil
	}
	if r.absent[p] {
		return nil, unix.ENOENT
	}
	fd, err := r.openDir(p)
	if err != nil {
		if errors.Is(err, unix.ENOENT) {
			r.absent[p] = true
		}
		return nil, err
	}
	var st unix.Stat_t
	if err := fstat(fd, &st); err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	if len(r.dirs) >= min(r.room, maxDirs) {
		r.forget()
	}
	h := &dirHandle{fd: fd, dev: uint64(st.Dev), uid: st.Uid} //nolint:unconvert // 32 bits on MIPS
	r.dirs[p] = h
	return h, nil
}

// Forget drops what r remembers of directories, for when another process may
// have made or moved some.
func (r *Root) Forget() {
	r.forget()
	clear(r.absent)
}

// forget closes the cached parents. It is called when a directory is renamed
// or removed, so that a path never resolves to what used to be there.
func (r *Root) forget() {
	for p, h := range r.dirs {
		_ = unix.Close(h.fd)
		delete(r.dirs, p)
	}
}

// before is called ahead of every change: what was absent may not be any more,
// and tests inject faults.
func (r *Root) before(op, p string) error {
	clear(r.absent)
	if r.fault == nil {
		return nil
	}
	if err := r.fault(op, r.Name(p)); err != nil {
		return &fs.PathError{Op: op, Path: r.Name(p), Err: err}
	}
	return nil
}

// touched remembers that h's file system has changes which Sync must flush.
func (r *Root) touched(h *dirHandle) {
	if _, ok := r.dirty[h.dev]; ok {
		return
	}
	fd, err := unix.FcntlInt(uintptr(h.fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		r.unflushed = err
		return
	}
	r.dirty[h.dev] = fd
}

// Sync flushes every file system that was changed through r, one syncfs(2)
// each: as durable as an fsync of every file and directory, and much cheaper
// than thousands of them.
func (r *Root) Sync() error {
	if r.unflushed != nil {
		return fmt.Errorf("cannot flush a file system of %s to disk: %w", r.dir, r.unflushed)
	}
	for dev, fd := range r.dirty {
		if err := r.before("syncfs", "."); err != nil {
			return err
		}
		if err := syncfs(fd); err != nil {
			return fmt.Errorf("cannot flush the file system of %s to disk: %w", r.dir, err)
		}
		_ = unix.Close(fd)
		delete(r.dirty, dev)
	}
	return nil
}
