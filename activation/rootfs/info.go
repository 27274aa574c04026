package rootfs

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"slices"

	"golang.org/x/sys/unix"
)

// Type is what stands at a path.
type Type uint8

// The types of inode(7) that are told apart; Device is a character or block
// device.
const (
	File Type = iota + 1
	Dir
	Symlink
	FIFO
	Socket
	Device
)

// String is the type as a person calls it, with its article.
func (t Type) String() string {
	return [...]string{"nothing", "a file", "a directory", "a symbolic link", "a FIFO", "a socket", "a device"}[t]
}

// Info is what one lstat(2) says. Mode holds the permission bits with setuid,
// setgid and sticky (07777); times are nanoseconds since the epoch.
type Info struct {
	Type         Type
	Mode         uint32
	UID, GID     uint32
	Size         int64
	Mtime, Ctime int64
	Ino, Dev     uint64
	Nlink        uint64
}

func infoOf(st *unix.Stat_t) Info {
	t := Device
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		t = File
	case unix.S_IFDIR:
		t = Dir
	case unix.S_IFLNK:
		t = Symlink
	case unix.S_IFIFO:
		t = FIFO
	case unix.S_IFSOCK:
		t = Socket
	}
	return Info{
		Type: t, Mode: st.Mode & 0o7777, UID: st.Uid, GID: st.Gid, Size: st.Size,
		Mtime: st.Mtim.Nano(), Ctime: st.Ctim.Nano(), Ino: st.Ino, Dev: uint64(st.Dev), Nlink: uint64(st.Nlink), //nolint:unconvert // 32 bits on some processors
	}
}

// Lstat says what stands at p without following a last link. The error wraps
// fs.ErrNotExist when nothing does, and unix.ENOTDIR when a parent is not a
// directory.
func (r *Root) Lstat(p string) (Info, error) {
	h, base, err := r.parent("lstat", p)
	if err != nil {
		return Info{}, err
	}
	var st unix.Stat_t
	if err := fstatat(h.fd, base, &st); err != nil {
		return Info{}, &fs.PathError{Op: "lstat", Path: r.Name(p), Err: err}
	}
	return infoOf(&st), nil
}

// Exists tells whether anything stands at p, a link to nowhere too. The error is
// that of Lstat for all that is not an answer.
func (r *Root) Exists(p string) (bool, error) {
	_, err := r.Lstat(p)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTDIR) {
		return false, nil
	}
	return err == nil, err
}

// StatDir says what the directory is that p leads to. Links on the way and at the
// end are followed as those in a parent are: inside the root, when root owns
// them. The error wraps ErrLink for others, fs.ErrNotExist where nothing stands
// and unix.ENOTDIR for what is no directory.
func (r *Root) StatDir(p string) (Info, error) {
	h, err := r.directory(p)
	if err != nil {
		return Info{}, &fs.PathError{Op: "open", Path: r.Name(p), Err: err}
	}
	return r.fstat(h.fd, p)
}

// Reason takes the path off an error whose message names it already.
func Reason(err error) error {
	if pe, ok := errors.AsType[*fs.PathError](err); ok && pe.Error() == err.Error() {
		return pe.Err
	}
	if le, ok := errors.AsType[*os.LinkError](err); ok && le.Error() == err.Error() {
		return le.Err
	}
	return err
}

// Readlink gives the text of the link at p.
func (r *Root) Readlink(p string) (string, error) {
	h, base, err := r.parent("readlink", p)
	if err != nil {
		return "", err
	}
	target, err := readlinkat(h.fd, base)
	if err != nil {
		return "", &fs.PathError{Op: "readlink", Path: r.Name(p), Err: err}
	}
	return target, nil
}

// Open opens the regular file at p for reading. A last link is not followed
// and a FIFO or device is refused without blocking.
func (r *Root) Open(p string) (*os.File, error) {
	h, base, err := r.parent("open", p)
	if err != nil {
		return nil, err
	}
	fd, err := openat(h.fd, base, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC|unix.O_NOCTTY, 0)
	switch {
	case errors.Is(err, unix.ELOOP):
		err = notRegular(Symlink)
	case errors.Is(err, unix.ENXIO):
		err = notRegular(Socket)
	}
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: r.Name(p), Err: err}
	}
	var st unix.Stat_t
	if err := fstat(fd, &st); err == nil && st.Mode&unix.S_IFMT != unix.S_IFREG {
		_ = unix.Close(fd)
		return nil, &fs.PathError{Op: "open", Path: r.Name(p), Err: notRegular(infoOf(&st).Type)}
	}
	return os.NewFile(uintptr(fd), r.Name(p)), nil
}

// notRegular is the error of opening something that is no file.
type notRegular Type

func (t notRegular) Error() string { return "it is " + Type(t).String() + ", not a regular file" }

// Is tells the error number that open(2) has for a link with O_NOFOLLOW.
func (t notRegular) Is(target error) bool { return Type(t) == Symlink && target == unix.ELOOP }

// NotRegular tells the error of opening something that is no file.
func NotRegular(err error) bool {
	_, is := errors.AsType[notRegular](err)
	return is
}

// ReadFile reads the regular file at p whole. A file of more than limit bytes
// is an error; limit 0 means no limit.
func (r *Root) ReadFile(p string, limit int64) ([]byte, error) {
	f, err := r.Open(p)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	if limit <= 0 {
		return readAll(f, math.MaxInt64-1)
	}
	b, err := readAll(f, limit+1)
	if err == nil && int64(len(b)) > limit {
		err = &fs.PathError{Op: "read", Path: r.Name(p), Err: unix.EFBIG}
	}
	return b, err
}

// readAll reads f up to limit bytes. The room is taken at once, for growing
// buffers cost more than the reading; a size is only believed up to hintLimit.
func readAll(f *os.File, limit int64) ([]byte, error) {
	const hintLimit = 64 << 20
	var room int64
	if info, err := f.Stat(); err == nil {
		room = min(info.Size(), limit, hintLimit)
	}
	b := bytes.NewBuffer(make([]byte, 0, room+bytes.MinRead))
	_, err := b.ReadFrom(io.LimitReader(f, limit))
	return b.Bytes(), err
}

// ReadDir gives the names in the directory p, sorted.
func (r *Root) ReadDir(p string) ([]string, error) {
	fd, err := r.openDir(p)
	if err != nil {
		return nil, &fs.PathError{Op: "readdir", Path: r.Name(p), Err: err}
	}
	f := os.NewFile(uintptr(fd), r.Name(p))
	defer func() { _ = f.Close() }()
	names, err := f.Readdirnames(-1)
	if errors.Is(err, unix.EBADF) {
		// It may be searched but not read: see walker.
		err = unix.EACCES
	}
	if err != nil {
		return nil, cleanPath(err, "readdir", r.Name(p))
	}
	slices.Sort(names)
	return names, nil
}
