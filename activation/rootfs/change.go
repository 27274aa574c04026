package rootfs

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"
)

// Symlink makes p a link with the text target, atomically: what stood there (a
// file or a link) is replaced, a directory is an error. Durable after Sync.
func (r *Root) Symlink(target, p string) error {
	// The common case first: nothing stands there, and no rename is needed.
	err := r.NewSymlink(target, p)
	if !errors.Is(err, unix.EEXIST) {
		return err
	}
	h, base, err := r.parent("symlink", p)
	if err != nil {
		return err
	}
	return r.replaceByLink(target, h, base, p)
}

// NewSymlink makes p a link with the text target. Anything that stands there
// is an error that wraps fs.ErrExist. Durable after Sync.
func (r *Root) NewSymlink(target, p string) error {
	h, base, err := r.parent("symlink", p)
	if err != nil {
		return err
	}
	if err := r.before("symlink", p); err != nil {
		return err
	}
	r.touched(h)
	if err := r.labeled(p, Symlink, func() error { return symlinkat(target, h.fd, base) }); err != nil {
		return &fs.PathError{Op: "symlink", Path: r.Name(p), Err: err}
	}
	return nil
}

func (r *Root) replaceByLink(target string, h *dirHandle, base, p string) error {
	temp := TempName(base)
	create := func() error { return symlinkat(target, h.fd, temp) }
	err := r.labeled(p, Symlink, create)
	if errors.Is(err, unix.EEXIST) {
		if err = unlinkat(h.fd, temp, 0); err == nil {
			err = r.labeled(p, Symlink, create)
		}
	}
	if err != nil {
		return &fs.PathError{Op: "symlink", Path: r.Name(p), Err: err}
	}
	if err := r.install(h, temp, base, p); err != nil {
		_ = unlinkat(h.fd, temp, 0)
		return err
	}
	return nil
}

// SetLinkOwner gives the link at p that owner; anything else there is refused
// with ErrChanged.
func (r *Root) SetLinkOwner(p string, uid, gid uint32) error {
	h, base, err := r.parent("chown", p)
	if err != nil {
		return err
	}
	fd, err := openat(h.fd, base, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return &fs.PathError{Op: "chown", Path: r.Name(p), Err: err}
	}
	defer func() { _ = unix.Close(fd) }()
	var st unix.Stat_t
	if err := fstat(fd, &st); err != nil {
		return &fs.PathError{Op: "chown", Path: r.Name(p), Err: err}
	}
	if st.Mode&unix.S_IFMT != unix.S_IFLNK {
		return &fs.PathError{Op: "chown", Path: r.Name(p), Err: ErrChanged}
	}
	r.touched(h)
	if err := r.before("fchownat", p); err != nil {
		return err
	}
	if err := fchownat(fd, int(uid), int(gid)); err != nil {
		return &fs.PathError{Op: "chown", Path: r.Name(p), Err: err}
	}
	return nil
}

// Mkdir makes the directory p with the owner and mode of a. It never is
// reachable by others with a wider mode in between. An existing p is an error
// that wraps fs.ErrExist; after any error there is none that this made. Durable
// after Sync.
func (r *Root) Mkdir(p string, a Attr) error {
	if _, open := r.dirs[p]; open {
		return &fs.PathError{Op: "mkdir", Path: r.Name(p), Err: unix.EEXIST}
	}
	h, base, err := r.parent("mkdir", p)
	if err != nil {
		return err
	}
	if err := r.before("mkdir", p); err != nil {
		return err
	}
	mode := r.modeAtFirst(a)
	if err := r.labeled(cmp.Or(a.LabelOf, p), Dir, func() error { return mkdirat(h.fd, base, mode) }); err != nil {
		return &fs.PathError{Op: "mkdir", Path: r.Name(p), Err: err}
	}
	r.touched(h)
	err = cleanPath(r.settleDir(h, base, a), "setxattr", r.Name(p))
	if err == nil {
		err = r.SetAttr(p, a)
	}
	if err != nil {
		// What is half made nobody would know for ours.
		_ = r.rmdir(h.fd, base)
		return err
	}
	return nil
}

// modeAtFirst is the mode with which Mkdir makes a directory, before its owner.
func (r *Root) modeAtFirst(a Attr) uint32 {
	if a.UID != r.uid || a.GID != r.gid {
		return 0o700
	}
	// Whoever finds it after a kill finds it as it is to be, but for what a
	// umask takes. Its group may be the parent's at first, and gets no more
	// than everybody.
	others := a.Mode & 0o007
	return a.Mode & (0o1700 | others<<3 | others)
}

// HalfMade tells whether a Mkdir with a that was killed may have left i: with its first
// owner or its last, and with no more than its first mode, of which a umask takes some
// and to which a parent with setgid adds its own.
func (r *Root) HalfMade(i Info, a Attr) bool {
	const inherited = 0o2000
	return i.Type == Dir && (i.UID == r.uid || i.UID == a.UID) && i.Mode&^inherited&^(r.modeAtFirst(a)|0o700) == 0
}

// SetAttr gives the file or directory at p the owner and mode of a. A last
// link is not followed but refused, and so is a file with more than one name:
// in a directory of somebody else's it may be a name for a file of root's.
func (r *Root) SetAttr(p string, a Attr) error {
	h, base, err := r.parent("chmod", p)
	if err != nil {
		return err
	}
	fd, err := openat(h.fd, base, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return &fs.PathError{Op: "chmod", Path: r.Name(p), Err: err}
	}
	defer func() { _ = unix.Close(fd) }()
	if err := settable(fd); err != nil {
		return &fs.PathError{Op: "chmod", Path: r.Name(p), Err: err}
	}
	r.touched(h)
	if err := r.before("fchownat", p); err != nil {
		return err
	}
	had := r.attributes(h, base)
	if err := fchownat(fd, int(a.UID), int(a.GID)); err != nil {
		return &fs.PathError{Op: "chown", Path: r.Name(p), Err: err}
	}
	if err := r.before("fchmodat", p); err != nil {
		return err
	}
	if err := chmodPath(fd, a.Mode); err != nil {
		return &fs.PathError{Op: "chmod", Path: r.Name(p), Err: err}
	}
	r.tellLost(h, base, p, had)
	return nil
}

// tellLost tells of attributes that base had: overlayfs drops those that its upper
// layer does not take when it copies a file there.
func (r *Root) tellLost(h *dirHandle, base, p string, had []string) {
	if len(had) == 0 {
		return
	}
	has := r.attributes(h, base)
	for _, name := range had {
		if !slices.Contains(has, name) {
			r.lost(r.Name(p), name)
		}
	}
}

func settable(fd int) error {
	var st unix.Stat_t
	if err := fstat(fd, &st); err != nil {
		return err
	}
	switch t := infoOf(&st).Type; {
	case t == File && st.Nlink > 1:
		return errors.New("the file has other names (hard links); give it a name of its own first")
	case t != File && t != Dir:
		return notRegular(t)
	}
	return nil
}

// chmodPath changes the mode behind an O_PATH descriptor. fchmod(2) refuses
// those; fchmodat2 with AT_EMPTY_PATH needs Linux 6.6, /proc works before it, and
// a directory can be opened anew.
func chmodPath(fd int, mode uint32) error {
	err := again(func() error { return unix.Fchmodat(fd, "", mode, unix.AT_EMPTY_PATH) })
	if err == nil {
		return nil
	}
	err = again(func() error { return unix.Chmod("/proc/self/fd/"+strconv.Itoa(fd), mode) })
	if !errors.Is(err, unix.ENOENT) {
		return err
	}
	dir, err := openat(fd, ".", dirFlags, 0)
	if err != nil {
		return errors.New("it takes Linux 6.6, or a /proc that is mounted")
	}
	defer func() { _ = unix.Close(dir) }()
	return fchmod(dir, mode)
}

// Remove removes the file, link or empty directory at p. Nothing there is an
// error that wraps fs.ErrNotExist, a full directory one that wraps
// unix.ENOTEMPTY. Durable after Sync.
func (r *Root) Remove(p string) error {
	return r.remove(p, func(dir int, base string) error {
		err := unlinkat(dir, base, 0)
		if errors.Is(err, unix.EISDIR) {
			return r.rmdir(dir, base)
		}
		return err
	})
}

// RemoveDir removes the empty directory at p, and nothing else: a file or link
// there is an error that wraps unix.ENOTDIR. Otherwise it is Remove.
func (r *Root) RemoveDir(p string) error { return r.remove(p, r.rmdir) }

func (r *Root) remove(p string, unlink func(dir int, base string) error) error {
	h, base, err := r.parent("remove", p)
	if err != nil {
		return err
	}
	if err := r.before("unlink", p); err != nil {
		return err
	}
	r.touched(h)
	err = unlink(h.fd, base)
	if errors.Is(err, unix.EROFS) {
		// The kernel says so before it looks whether anything is there.
		if there, failed := r.Exists(p); failed == nil && !there {
			err = unix.ENOENT
		}
	}
	if err != nil {
		return &fs.PathError{Op: "remove", Path: r.Name(p), Err: err}
	}
	r.removedLock(p)
	return nil
}

// rmdir forgets the descriptors too: one may be of what goes.
func (r *Root) rmdir(dir int, base string) error {
	err := unlinkat(dir, base, unix.AT_REMOVEDIR)
	r.forget()
	return err
}

// RemoveAll removes p and, if it is a directory, all below it, following no
// link. Nothing there is no error. It is for the state directory's own trees.
func (r *Root) RemoveAll(p string) error {
	info, err := r.Lstat(p)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Type == Dir {
		names, err := r.ReadDir(p)
		if err != nil {
			return err
		}
		for _, name := range names {
			if err := r.RemoveAll(p + "/" + name); err != nil {
				return err
			}
		}
	}
	return r.Remove(p)
}

// Rename moves from to to, replacing a file or link there. Durable after Sync.
func (r *Root) Rename(from, to string) error {
	return r.pair("rename", from, to, func(f, t *dirHandle, fb, tb string) error {
		return renameat(f.fd, fb, t.fd, tb)
	})
}

// Link gives the file at from a second name, to, which must be free.
func (r *Root) Link(from, to string) error {
	return r.pair("link", from, to, func(f, t *dirHandle, fb, tb string) error {
		return linkat(f.fd, fb, t.fd, tb)
	})
}

func (r *Root) pair(op, from, to string, call func(f, t *dirHandle, fb, tb string) error) error {
	// The first handle could be closed by a full cache when the second is
	// opened, so the second is looked up again through the cache.
	if _, _, err := r.parent(op, from); err != nil {
		return err
	}
	t, tb, err := r.parent(op, to)
	if err != nil {
		return err
	}
	f, fb, err := r.parent(op, from)
	if err != nil {
		return err
	}
	if err := r.before(op, to); err != nil {
		return err
	}
	r.touched(t)
	if err := call(f, t, fb, tb); err != nil {
		return &os.LinkError{Op: op, Old: r.Name(from), New: r.Name(to), Err: err}
	}
	if op == "rename" {
		r.forget()
	}
	return nil
}

// MakeDirs makes p and its missing parents as directories of root's with the
// given mode and gives those it made, outermost first. After an error none of
// them is left.
func (r *Root) MakeDirs(p string, mode uint32) ([]string, error) {
	if p == "." {
		return nil, nil
	}
	// Mostly they are there, and open already.
	if _, err := r.directory(p); err == nil {
		return nil, nil
	}
	err := r.Mkdir(p, Attr{Mode: mode, UID: r.uid, GID: r.gid})
	switch {
	case err == nil:
		return []string{p}, nil
	case errors.Is(err, fs.ErrExist):
		return nil, nil
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	parent, _ := split(p)
	made, err := r.MakeDirs(parent, mode)
	if err != nil {
		return nil, err
	}
	more, err := r.MakeDirs(p, mode)
	if err != nil {
		for _, dir := range slices.Backward(made) {
			_ = r.RemoveDir(dir)
		}
		return nil, err
	}
	return append(made, more...), nil
}
