package rootfs

import (
	"bytes"
	"errors"
	"io/fs"
	"strings"

	"golang.org/x/sys/unix"
)

// inherit gives the new file to the extended attributes of the regular file base, if
// there is one: its SELinux label, its ACL and user.* would otherwise be lost
// when a new file takes its name. File capabilities are not kept; they belong
// to the old content.
func (r *Root) inherit(to int, h *dirHandle, base string, a Attr) error {
	from, err := openat(h.fd, base, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		// Nothing there, a link, or nothing that can be read: nothing to keep.
		return r.settleACL(to, h, false, a)
	}
	defer func() { _ = unix.Close(from) }()
	var was unix.Stat_t
	if err := fstat(from, &was); err != nil {
		return err
	}
	if err := r.settleACL(to, h, was.Mode&unix.S_IFMT == unix.S_IFREG, a); err != nil {
		return err
	}
	names, err := xattrNames(from)
	if err != nil {
		return err
	}
	for _, name := range names {
		switch {
		case !kept(name), a.Restored && name != labelXattr:
		case name == accessACL && !forEverybody(a.Mode) && !r.trusts(was.Uid, a):
		default:
			if err := copyXattr(from, to, name); err != nil {
				return err
			}
		}
	}
	return nil
}

// labelXattr is SELinux's, see selinux(8).
const labelXattr = "security.selinux"

func kept(name string) bool {
	return name == labelXattr || name == accessACL || strings.HasPrefix(name, "user.")
}

func xattrNames(fd int) ([]string, error) {
	size, err := listxattr(fd, nil)
	if errors.Is(err, unix.ENOTSUP) || size == 0 && err == nil {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	buf := make([]byte, size)
	if size, err = listxattr(fd, buf); err != nil {
		return nil, err
	}
	var names []string
	for n := range bytes.SplitSeq(bytes.TrimSuffix(buf[:size], []byte{0}), []byte{0}) {
		names = append(names, string(n))
	}
	return names, nil
}

func copyXattr(from, to int, name string) error {
	value, err := xattr(from, name)
	if err != nil {
		return err
	}
	return setXattr(to, name, value)
}

func xattr(fd int, name string) ([]byte, error) {
	size, err := getxattr(fd, name, nil)
	if err != nil {
		return nil, err
	}
	value := make([]byte, size)
	size, err = getxattr(fd, name, value)
	return value[:max(size, 0)], err
}

func setXattr(fd int, name string, value []byte) error {
	err := again(func() error { return unix.Fsetxattr(fd, name, value, 0) })
	if errors.Is(err, unix.ENOTSUP) {
		return nil
	}
	return err
}

func setXattrs(fd int, values map[string][]byte) error {
	for name, value := range values {
		if err := setXattr(fd, name, value); err != nil {
			return err
		}
	}
	return nil
}

// Xattrs gives the extended attributes of the regular file p that belong to it
// wherever it stands: its ACL, user.*, file capabilities. nil means none. A
// SELinux label is the policy's to give.
func (r *Root) Xattrs(p string) (map[string][]byte, error) {
	f, err := r.Open(p)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	var out map[string][]byte
	names, err := xattrNames(int(f.Fd()))
	for _, name := range names {
		if name == labelXattr || !kept(name) && name != "security.capability" {
			continue
		}
		value, failed := xattr(int(f.Fd()), name)
		if failed != nil {
			return nil, &fs.PathError{Op: "getxattr", Path: r.Name(p), Err: failed}
		}
		if out == nil {
			out = map[string][]byte{}
		}
		out[name] = value
	}
	if err != nil {
		return nil, &fs.PathError{Op: "listxattr", Path: r.Name(p), Err: err}
	}
	return out, nil
}
