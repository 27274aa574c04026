package rootfs

import (
	"errors"
	"io/fs"

	"golang.org/x/sys/unix"
)

// WalkTree calls f for p and, if it is a directory, for everything below it,
// each directory before what is in it. No link is followed, and what is
// mounted below p is left out. What goes away meanwhile is passed over. An
// error of f ends the walk and is given.
func (r *Root) WalkTree(p string, f func(p string, info Info) error) error {
	info, err := r.Lstat(p)
	if err != nil {
		return passGone(err)
	}
	return r.walkTree(p, info, info.Dev, f)
}

func (r *Root) walkTree(p string, info Info, dev uint64, f func(string, Info) error) error {
	if info.Dev != dev {
		return nil
	}
	if err := f(p, info); err != nil || info.Type != Dir {
		return err
	}
	names, err := r.ReadDir(p)
	if err != nil {
		return passGone(err)
	}
	for _, name := range names {
		below := p + "/" + name
		info, err := r.Lstat(below)
		if err == nil {
			err = r.walkTree(below, info, dev, f)
		}
		if err := passGone(err); err != nil {
			return err
		}
	}
	return nil
}

func passGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTDIR) {
		return nil
	}
	return err
}

// ChangeUser gives what stands at p to the uid to, if the uid from owns it
// then, and leaves its group. A link is changed itself. The check and the
// change are of one inode, whatever somebody moves to p meanwhile. A regular file
// loses setuid and setgid by it, see chown(2).
func (r *Root) ChangeUser(p string, from, to uint32) error {
	return r.inode("chown", p, func(fd int, info Info) error {
		if info.UID != from {
			return nil
		}
		if err := r.before("fchownat", p); err != nil {
			return err
		}
		return fchownat(fd, int(to), -1)
	})
}

// ChangeGroup is ChangeUser for the group.
func (r *Root) ChangeGroup(p string, from, to uint32) error {
	return r.inode("chown", p, func(fd int, info Info) error {
		if info.GID != from {
			return nil
		}
		if err := r.before("fchownat", p); err != nil {
			return err
		}
		return fchownat(fd, -1, int(to))
	})
}

// RestoreMode gives the regular file p back the setuid and setgid bits of mode,
// if owned says so of it and it lacks nothing but those. It looks at the inode
// that it changes.
func (r *Root) RestoreMode(p string, owned func(Info) bool, mode uint32) error {
	return r.inode("chmod", p, func(fd int, info Info) error {
		if info.Type != File || !owned(info) || info.Nlink > 1 || info.Mode != mode&^0o6000 {
			return nil
		}
		if err := r.before("fchmodat", p); err != nil {
			return err
		}
		return chmodPath(fd, mode)
	})
}

// inode calls f with an O_PATH descriptor of what stands at p, a last link not
// followed. Nothing there is no error.
func (r *Root) inode(op, p string, f func(fd int, info Info) error) error {
	h, base, err := r.parent(op, p)
	if err != nil {
		return passGone(err)
	}
	fd, err := openat(h.fd, base, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return passGone(&fs.PathError{Op: op, Path: r.Name(p), Err: err})
	}
	defer func() { _ = unix.Close(fd) }()
	info, err := r.fstat(fd, p)
	if err != nil {
		return err
	}
	r.touched(h)
	return cleanPath(f(fd, info), op, r.Name(p))
}
