package rootfs

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"golang.org/x/sys/unix"
)

// maxLinks is how many links one path may lead through, as path_resolution(7).
const maxLinks = 40

const dirFlags = unix.O_RDONLY | unix.O_DIRECTORY | unix.O_CLOEXEC

// ErrLink is wrapped by errors about a link in a path that its owner could
// point elsewhere.
var ErrLink = errors.New("a link that is not root's")

// openDir opens the directory p for *at calls and fsync.
func (r *Root) openDir(p string) (int, error) {
	how := unix.OpenHow{
		Flags:   dirFlags,
		Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_MAGICLINKS,
	}
	fd, err := openat2(r.fd, p, &how)
	delete(r.reals, p)
	switch {
	case err == nil:
		return fd, nil
	case errors.Is(err, unix.ELOOP), errors.Is(err, unix.ENOSYS), errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES):
		// A link on the way, a kernel before 5.6, a container's filter of system
		// calls that was made for one, or a directory that may be searched but not
		// read: go step by step.
		w := walker{root: r, stack: []int{r.fd}, pending: strings.Split(p, "/")}
		fd, err = w.walk()
		if at := w.real(); (err == nil || errors.Is(err, unix.ENOENT)) && at != p {
			r.reals[p] = at
		}
		return fd, err
	}
	return -1, err
}

// walker resolves a path one component at a time. Every step is relative to an
// open descriptor and looks at the very inode it then uses, so a link can't be
// swapped between the check and the use.
type walker struct {
	root    *Root
	stack   []int // descriptors from the root down; stack[0] is not ours
	names   []string
	pending []string
	links   int
}

func (w *walker) walk() (int, error) {
	defer w.close()
	for len(w.pending) > 0 {
		name := w.pending[0]
		w.pending = w.pending[1:]
		if err := w.step(name); err != nil {
			w.pending = append([]string{name}, w.pending...)
			return -1, err
		}
	}
	top := w.stack[len(w.stack)-1]
	fd, err := openat(top, ".", dirFlags, 0)
	if errors.Is(err, unix.EACCES) {
		// May be searched but not read: enough for *at calls.
		return openat(top, ".", dirFlags|unix.O_PATH, 0)
	}
	return fd, err
}

func (w *walker) close() {
	for _, fd := range w.stack[1:] {
		_ = unix.Close(fd)
	}
}

// real is where the path leads as far as it is there, and what is left of it.
func (w *walker) real() string {
	return path.Join(append(append([]string{"."}, w.names...), w.pending...)...)
}

func (w *walker) step(name string) error {
	switch name {
	case "", ".":
		return nil
	case "..":
		// ".." of the root is the root, as chroot(2) has it.
		if n := len(w.stack); n > 1 {
			_ = unix.Close(w.stack[n-1])
			w.stack, w.names = w.stack[:n-1], w.names[:n-2]
		}
		return nil
	}
	top := w.stack[len(w.stack)-1]
	fd, err := openat(top, name, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	var st unix.Stat_t
	if err := fstat(fd, &st); err != nil {
		_ = unix.Close(fd)
		return err
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFDIR:
		w.stack, w.names = append(w.stack, fd), append(w.names, name)
		return nil
	case unix.S_IFLNK:
		defer func() { _ = unix.Close(fd) }()
		return w.follow(fd, name, st.Uid)
	}
	_ = unix.Close(fd)
	return unix.ENOTDIR
}

// follow puts a link's text in front of what is still to be resolved.
func (w *walker) follow(fd int, name string, owner uint32) error {
	at := w.root.Name(path.Join(append(append([]string{}, w.names...), name)...))
	if owner != 0 && owner != w.root.uid {
		return fmt.Errorf("%s is %w (uid %d owns it); make it root's or replace it by a directory", at, ErrLink, owner)
	}
	if w.links++; w.links > maxLinks {
		return unix.ELOOP
	}
	target, err := readlinkat(fd, "")
	if err != nil {
		return err
	}
	if strings.HasPrefix(target, "/") {
		w.close()
		w.stack, w.names = w.stack[:1], nil
	}
	w.pending = append(strings.Split(target, "/"), w.pending...)
	return nil
}

// readlinkat reads a link's text whatever its length.
func readlinkat(dirfd int, name string) (string, error) {
	for size := 256; ; size *= 4 {
		buf := make([]byte, size)
		var n int
		err := again(func() (err error) {
			n, err = unix.Readlinkat(dirfd, name, buf)
			return err
		})
		if err != nil {
			return "", err
		}
		if n < size {
			return string(buf[:n]), nil
		}
	}
}
