package rootfs

import (
	"errors"
	"fmt"
	"io/fs"
	"path"

	"golang.org/x/sys/unix"
)

// ReadThrough is ReadFile that follows links at the end of p too, inside the
// root, as every program that reads the file does. Those that somebody other
// than root or the caller could point elsewhere are refused with an error that
// wraps ErrLink.
func (r *Root) ReadThrough(p string, limit int64) ([]byte, error) {
	b, err := r.ReadFile(p, limit)
	for at, links := p, 0; errors.Is(err, unix.ELOOP) && !errors.Is(err, ErrLink); links++ {
		if links == maxLinks {
			return nil, &fs.PathError{Op: "read", Path: r.Name(p), Err: unix.ELOOP}
		}
		if at, err = r.linked(at); err != nil {
			return nil, err
		}
		b, err = r.ReadFile(at, limit)
	}
	return b, err
}

// linked gives where the link at p leads, relative to the root.
func (r *Root) linked(p string) (string, error) {
	info, err := r.Lstat(p)
	if err != nil {
		return "", err
	}
	if info.UID != 0 && info.UID != r.uid {
		return "", fmt.Errorf("%s is %w (uid %d owns it); make it root's or replace it by a file", r.Name(p), ErrLink, info.UID)
	}
	target, err := r.Readlink(p)
	if err != nil {
		return "", err
	}
	if !path.IsAbs(target) {
		// ".." leads up from where the link is, not from where its name says.
		target = path.Join("/", path.Dir(r.Real(p)), target)
	}
	return Rel(target), nil
}

// Real gives the path of what p names once the links on the way to it, but not
// one at its end, are followed; p itself where there are none. It goes by what
// the last call on a path in the same directory found.
func (r *Root) Real(p string) string {
	dir, base := split(p)
	if at, moved := r.reals[dir]; moved {
		return path.Join(at, base)
	}
	return p
}

// Moved tells whether Real may give anything but what it was asked for.
func (r *Root) Moved() bool { return len(r.reals) > 0 }
