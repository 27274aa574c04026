package rootfs

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// Attr is what a new file or directory gets.
type Attr struct {
	// Mode is the permission bits with setuid, setgid and sticky (07777); the
	// umask has no influence.
	Mode     uint32
	UID, GID uint32
	// Lazy leaves flushing to Sync: the caller does not rely on the bytes
	// before it. Files that must never be seen half after a power cut, as
	// passwd, are not lazy.
	Lazy bool
	// Xattrs are further extended attributes of a new file, see Root.Xattrs.
	Xattrs map[string][]byte
	// Restored says that a file returns as it was: with Xattrs, and of what it
	// replaces or its directory would give it with the SELinux label alone.
	Restored bool
	// LabelOf is the path, relative to the root, whose SELinux label Mkdir and
	// Create give; empty is the path that they make.
	LabelOf string
}

// TempName is the name, beside base, under which a new version of it is
// prepared. It is always the same for one base, so what a killed run left is
// found again without a search.
func TempName(base string) string {
	sum := sha256.Sum256([]byte(base))
	return ".activate-" + hex.EncodeToString(sum[:8])
}

// IsTemp tells the names that TempName gives.
func IsTemp(name string) bool {
	hash, ok := strings.CutPrefix(name, ".activate-")
	return ok && len(hash) == 16 && strings.Trim(hash, "0123456789abcdef") == ""
}

// WriteFile makes p a regular file with the bytes of content and the owner and
// mode of a, in one atomic step: readers see the old file or the new one. The
// new file has its owner and mode before its first byte. Extended attributes
// (ACLs, SELinux label, user.*) of a file that is replaced are kept, but for an ACL by
// which somebody who is not trusted would let others read what is not for everybody.
//
// Unless a.Lazy the bytes and the directory entry are on disk when it returns:
// without the fsync before the rename, ext4 and xfs may show an empty file
// after a power cut.
func (r *Root) WriteFile(p string, content io.Reader, a Attr) error {
	return r.WriteFileIf(p, content, a, func() error { return nil })
}

// WriteFileIf is WriteFile that calls still when the new file is ready, as the
// last thing before it takes the place of the old one. An error of still is
// returned as it is, and the old file stays: so what others did to it while the
// new one was written and flushed is not lost.
func (r *Root) WriteFileIf(p string, content io.Reader, a Attr, still func() error) error {
	h, base, err := r.parent("write", p)
	if err != nil {
		return err
	}
	temp := TempName(base)
	f, err := r.createTemp(h, temp, p)
	if err != nil {
		return err
	}
	if err := r.fill(f, content, h, base, p, a); err != nil {
		_ = f.Close()
		_ = unlinkat(h.fd, temp, 0)
		return err
	}
	if err = still(); err == nil {
		err = r.install(h, temp, base, p)
	}
	if err != nil {
		_ = unlinkat(h.fd, temp, 0)
		return err
	}
	if a.Lazy {
		return nil
	}
	return r.syncDir(h, p)
}

// createTemp makes the new version's file, empty and root's alone. What an
// interrupted run (or somebody else) left under that name goes first.
func (r *Root) createTemp(h *dirHandle, temp, p string) (*os.File, error) {
	if err := r.before("open", p); err != nil {
		return nil, err
	}
	const flags = unix.O_WRONLY | unix.O_CREAT | unix.O_EXCL | unix.O_NOFOLLOW | unix.O_CLOEXEC
	var fd int
	create := func() error {
		return r.labeled(p, File, func() (err error) {
			fd, err = openat(h.fd, temp, flags, 0o600)
			return err
		})
	}
	err := create()
	if errors.Is(err, unix.EEXIST) {
		if err = unlinkat(h.fd, temp, 0); err == nil {
			err = create()
		}
	}
	if err != nil {
		return nil, &fs.PathError{Op: "write", Path: r.Name(p), Err: err}
	}
	r.touched(h)
	return os.NewFile(uintptr(fd), r.Name(p)), nil
}

// fill gives the new version owner, mode, attributes and content, in that
// order, and closes it.
func (r *Root) fill(f *os.File, content io.Reader, h *dirHandle, base, p string, a Attr) error {
	if err := r.chown(int(f.Fd()), p, a); err != nil {
		return err
	}
	if err := r.inherit(f, h, base, a); err != nil {
		return &fs.PathError{Op: "setxattr", Path: r.Name(p), Err: err}
	}
	// After the attributes: an ACL moves the group bits.
	if err := r.chmod(int(f.Fd()), p, a); err != nil {
		return err
	}
	if err := private(int(f.Fd()), a.Mode); err != nil {
		return &fs.PathError{Op: "chmod", Path: r.Name(p), Err: err}
	}
	if err := r.before("write", p); err != nil {
		return err
	}
	if _, err := io.Copy(f, content); err != nil {
		return cleanPath(err, "write", r.Name(p))
	}
	if err := r.setXattrs(f, a.Xattrs); err != nil {
		return &fs.PathError{Op: "setxattr", Path: r.Name(p), Err: err}
	}
	if a.Mode&0o6000 != 0 && r.uid != 0 {
		// Writing without CAP_FSETID clears setuid and setgid.
		if err := r.chmod(int(f.Fd()), p, a); err != nil {
			return err
		}
	}
	if !a.Lazy {
		if err := r.before("fsync", p); err != nil {
			return err
		}
		if err := f.Sync(); err != nil {
			return cleanPath(err, "fsync", r.Name(p))
		}
	}
	return cleanPath(f.Close(), "close", r.Name(p))
}

func (r *Root) chown(fd int, p string, a Attr) error {
	if err := r.before("fchown", p); err != nil {
		return err
	}
	if err := fchown(fd, int(a.UID), int(a.GID)); err != nil {
		return &fs.PathError{Op: "chown", Path: r.Name(p), Err: err}
	}
	return nil
}

func (r *Root) chmod(fd int, p string, a Attr) error {
	if err := r.before("fchmod", p); err != nil {
		return err
	}
	if err := fchmod(fd, a.Mode); err != nil {
		return &fs.PathError{Op: "chmod", Path: r.Name(p), Err: err}
	}
	return nil
}

// install renames the prepared temp to base.
func (r *Root) install(h *dirHandle, temp, base, p string) error {
	if err := r.before("rename", p); err != nil {
		return err
	}
	if err := renameat(h.fd, temp, h.fd, base); err != nil {
		return &fs.PathError{Op: "rename", Path: r.Name(p), Err: err}
	}
	return nil
}

func (r *Root) syncDir(h *dirHandle, p string) error {
	if err := r.before("fsync", p); err != nil {
		return err
	}
	if err := fsync(h.fd); err != nil {
		return &fs.PathError{Op: "fsync", Path: r.Name(p), Err: err}
	}
	return nil
}

// RemoveTemp removes what an interrupted write of p left beside it. It only looks
// where there is nothing to remove. Behind a link that no write would follow there
// is nothing of ours.
func (r *Root) RemoveTemp(p string) error {
	h, base, err := r.parent("unlink", p)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTDIR) || errors.Is(err, unix.ELOOP) || errors.Is(err, ErrLink) {
		return nil
	}
	if err != nil {
		return err
	}
	var st unix.Stat_t
	err = fstatat(h.fd, TempName(base), &st)
	if err == nil {
		err = unlinkat(h.fd, TempName(base), 0)
	}
	if err != nil && !errors.Is(err, unix.ENOENT) {
		return &fs.PathError{Op: "unlink", Path: r.Name(p), Err: err}
	}
	return nil
}

// cleanPath gives an *fs.PathError of os the name that the user knows.
func cleanPath(err error, op, name string) error {
	if err == nil {
		return nil
	}
	var pe *fs.PathError
	if errors.As(err, &pe) && pe.Path == name {
		return &fs.PathError{Op: op, Path: name, Err: pe.Err}
	}
	return &fs.PathError{Op: op, Path: name, Err: err}
}

// Private is the attributes of a file for the calling user alone, 0600.
func (r *Root) Private() Attr { return Attr{Mode: 0o600, UID: r.uid, GID: r.gid} }

// Create makes the new file p with the bytes of content and the attributes a,
// and gives what it is then. It is for trees that are not yet in use: there is
// no temporary name, and an existing p is an error that wraps fs.ErrExist.
// Durable after Sync.
func (r *Root) Create(p string, content io.Reader, a Attr) (Info, error) {
	h, base, err := r.parent("create", p)
	if err != nil {
		return Info{}, err
	}
	if err := r.before("open", p); err != nil {
		return Info{}, err
	}
	const flags = unix.O_WRONLY | unix.O_CREAT | unix.O_EXCL | unix.O_NOFOLLOW | unix.O_CLOEXEC
	mode := uint32(0o600)
	if a.UID == r.uid && a.GID == r.gid {
		// A umask can only take bits away, and most take none of these.
		mode = a.Mode & 0o777
	}
	var fd int
	err = r.labeled(cmp.Or(a.LabelOf, p), File, func() (err error) {
		fd, err = openat(h.fd, base, flags, mode)
		return err
	})
	if err != nil {
		return Info{}, &fs.PathError{Op: "create", Path: r.Name(p), Err: err}
	}
	defer func() { _ = unix.Close(fd) }()
	r.touched(h)
	return r.fillNew(fd, content, p, a, mode)
}

// fillNew works on the bare descriptor: thousands of small files are staged,
// and an os.File registers each with the poller.
func (r *Root) fillNew(fd int, content io.Reader, p string, a Attr, mode uint32) (Info, error) {
	if a.UID != r.uid || a.GID != r.gid {
		if err := r.chown(fd, p, a); err != nil {
			return Info{}, err
		}
	}
	if a.Mode != mode {
		if err := r.chmod(fd, p, a); err != nil {
			return Info{}, err
		}
	}
	if err := r.before("write", p); err != nil {
		return Info{}, err
	}
	if _, err := io.Copy(fdWriter(fd), content); err != nil {
		return Info{}, cleanPath(err, "write", r.Name(p))
	}
	info, err := r.fstat(fd, p)
	if err != nil || info.Mode == a.Mode {
		return info, err
	}
	if err := r.chmod(fd, p, a); err != nil {
		return Info{}, err
	}
	return r.fstat(fd, p)
}

func (r *Root) fstat(fd int, p string) (Info, error) {
	var st unix.Stat_t
	if err := fstat(fd, &st); err != nil {
		return Info{}, &fs.PathError{Op: "stat", Path: r.Name(p), Err: err}
	}
	return infoOf(&st), nil
}

// fdWriter writes to a descriptor.
type fdWriter int

func (w fdWriter) Write(p []byte) (int, error) {
	written := 0
	for written < len(p) {
		n, err := unix.Write(int(w), p[written:])
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return written, err
		}
		written += n
	}
	return written, nil
}
