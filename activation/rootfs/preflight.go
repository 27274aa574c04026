package rootfs

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// flagImmutable and flagAppend are FS_IMMUTABLE_FL and FS_APPEND_FL of
// linux/fs.h, see ioctl_iflags(2).
const (
	flagImmutable = 0x10
	flagAppend    = 0x20
)

// Immutable tells whether a flag of the file or directory p forbids even root
// to change it, or to replace it or what is in it, see chattr(1). What is not
// there, or of another type, or can't be asked, is not immutable.
func (r *Root) Immutable(p string) bool {
	info, err := r.Lstat(p)
	if err != nil || info.Type != File && info.Type != Dir {
		return false
	}
	h, base, err := r.parent("open", p)
	if err != nil {
		return false
	}
	fd, err := openat(h.fd, base, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer func() { _ = unix.Close(fd) }()
	flags, err := unix.IoctlGetInt(fd, unix.FS_IOC_GETFLAGS)
	return err == nil && flags&(flagImmutable|flagAppend) != 0
}

// Mounted tells whether something is mounted at p itself, so that p can be neither
// replaced nor removed. What is not there, or can't be asked, is not.
func (r *Root) Mounted(p string) bool {
	h, base, err := r.parent("stat", p)
	if err != nil || base == "." {
		return false
	}
	var st unix.Statx_t
	err = unix.Statx(h.fd, base, unix.AT_SYMLINK_NOFOLLOW|unix.AT_NO_AUTOMOUNT, unix.STATX_TYPE, &st)
	if err == nil && st.Attributes_mask&unix.STATX_ATTR_MOUNT_ROOT != 0 {
		return st.Attributes&unix.STATX_ATTR_MOUNT_ROOT != 0
	}
	return elsewhere(h.fd, base)
}

// elsewhere tells whether base, in the open directory dir, is on another mount than
// dir: statx(2) says so since Linux 5.8 only.
func elsewhere(dir int, base string) bool {
	fd, err := openat(dir, base, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer func() { _ = unix.Close(fd) }()
	at, above := mountOf(fd), mountOf(dir)
	return at != "" && above != "" && at != above
}

// mountOf is the number of the mount that an open file is on, the mnt_id of proc(5);
// empty where /proc does not say.
func mountOf(fd int) string {
	about, err := os.ReadFile("/proc/self/fdinfo/" + strconv.Itoa(fd))
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(about)) {
		if id, ok := strings.CutPrefix(line, "mnt_id:"); ok {
			return strings.TrimSpace(id)
		}
	}
	return ""
}

// nearest opens the directory p, or the nearest one above it that exists.
func (r *Root) nearest(p string) (*dirHandle, error) {
	for {
		h, err := r.directory(p)
		if err == nil || p == "." || !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, unix.ENOTDIR) {
			return h, err
		}
		p = path.Dir(p)
	}
}
