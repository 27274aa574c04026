package rootfs

import (
	"bytes"
	"errors"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// inherit gives the new file the extended attributes of the regular file base, if
// there is one: its SELinux label, its ACL, user.* and trusted.* would otherwise be
// lost when a new file takes its name. File capabilities are not kept; they belong
// to the old content.
func (r *Root) inherit(f *os.File, h *dirHandle, base string, a Attr) error {
	to := int(f.Fd())
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
			value, err := xattr(from, name)
			if err != nil {
				return err
			}
			if err := r.setXattr(f, name, value); err != nil {
				return err
			}
		}
	}
	return nil
}

// labelXattr is SELinux's, see selinux(8).
const labelXattr = "security.selinux"

// kept tells the attributes that a file keeps whatever it holds. What overlayfs notes
// in them is of the layer and not of the file.
func kept(name string) bool {
	if strings.HasPrefix(name, "user.overlay.") || strings.HasPrefix(name, "trusted.overlay.") {
		return false
	}
	return name == labelXattr || name == accessACL || strings.HasPrefix(name, "user.") || strings.HasPrefix(name, "trusted.")
}

// attributes gives the names of those that base has of them, none where they can't
// be read: it is asked to tell what goes, and stands in nobody's way.
func (r *Root) attributes(h *dirHandle, base string) []string {
	fd, err := openat(h.fd, base, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	defer func() { _ = unix.Close(fd) }()
	names, err := xattrNames(fd)
	if err != nil {
		return nil
	}
	return slices.DeleteFunc(names, func(name string) bool { return !kept(name) })
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

func xattr(fd int, name string) ([]byte, error) {
	size, err := getxattr(fd, name, nil)
	if err != nil {
		return nil, err
	}
	value := make([]byte, size)
	size, err = getxattr(fd, name, value)
	return value[:max(size, 0)], err
}

// setXattr gives the new file an attribute, and tells of one that its file system
// does not take.
func (r *Root) setXattr(f *os.File, name string, value []byte) error {
	err := again(func() error { return unix.Fsetxattr(int(f.Fd()), name, value, 0) })
	if errors.Is(err, unix.ENOTSUP) {
		r.lost(f.Name(), name)
		return nil
	}
	return err
}

func (r *Root) setXattrs(f *os.File, values map[string][]byte) error {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if err := r.setXattr(f, name, values[name]); err != nil {
			return err
		}
	}
	return nil
}

// Xattrs gives the extended attributes of the regular file p that belong to it
// wherever it stands: its ACL, user.*, trusted.*, file capabilities. nil means none. A
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
