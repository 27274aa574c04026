package rootfs

import (
	"bytes"
	"errors"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// copyXattrs gives to the extended attributes of the regular file base, if
// there is one: its SELinux label, its ACL and user.* would otherwise be lost
// when a new file takes its name. File capabilities are not kept; they belong
// to the old content.
func copyXattrs(dirfd int, base string, to *os.File) error {
	from, err := unix.Openat(dirfd, base, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		// Nothing there, a link, or nothing that can be read: nothing to keep.
		return nil
	}
	defer func() { _ = unix.Close(from) }()
	names, err := xattrNames(from)
	if err != nil {
		return err
	}
	for _, name := range names {
		if !kept(name) {
			continue
		}
		if err := copyXattr(from, int(to.Fd()), name); err != nil {
			return err
		}
	}
	return nil
}

func kept(name string) bool {
	return name == "security.selinux" || name == "system.posix_acl_access" || strings.HasPrefix(name, "user.")
}

func xattrNames(fd int) ([]string, error) {
	size, err := unix.Flistxattr(fd, nil)
	if errors.Is(err, unix.ENOTSUP) || size == 0 && err == nil {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	buf := make([]byte, size)
	if size, err = unix.Flistxattr(fd, buf); err != nil {
		return nil, err
	}
	var names []string
	for n := range bytes.SplitSeq(bytes.TrimSuffix(buf[:size], []byte{0}), []byte{0}) {
		names = append(names, string(n))
	}
	return names, nil
}

func copyXattr(from, to int, name string) error {
	size, err := unix.Fgetxattr(from, name, nil)
	if err != nil {
		return err
	}
	value := make([]byte, size)
	if size, err = unix.Fgetxattr(from, name, value); err != nil {
		return err
	}
	err = unix.Fsetxattr(to, name, value[:size], 0)
	if errors.Is(err, unix.ENOTSUP) {
		return nil
	}
	return err
}
