package rootfs

import (
	"errors"

	"golang.org/x/sys/unix"
)

// again calls f until no signal interrupts it. File systems on disks let none in, but
// those of a network and of FUSE do, whatever SA_RESTART says (signal(7)), and Go's
// scheduler sends signals all the time.
func again(f func() error) error {
	for {
		if err := f(); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

func openat(dir int, name string, flags int, mode uint32) (fd int, err error) {
	err = again(func() error {
		fd, err = unix.Openat(dir, name, flags, mode)
		return err
	})
	return fd, err
}

func openat2(dir int, name string, how *unix.OpenHow) (fd int, err error) {
	err = again(func() error {
		fd, err = unix.Openat2(dir, name, how)
		return err
	})
	return fd, err
}

func fstat(fd int, st *unix.Stat_t) error {
	return again(func() error { return unix.Fstat(fd, st) })
}

func fstatat(dir int, name string, st *unix.Stat_t) error {
	return again(func() error { return unix.Fstatat(dir, name, st, unix.AT_SYMLINK_NOFOLLOW) })
}

func fstatfs(fd int, st *unix.Statfs_t) error {
	return again(func() error { return unix.Fstatfs(fd, st) })
}

func mkdirat(dir int, name string, mode uint32) error {
	return again(func() error { return unix.Mkdirat(dir, name, mode) })
}

func symlinkat(target string, dir int, name string) error {
	return again(func() error { return unix.Symlinkat(target, dir, name) })
}

func linkat(from int, name string, to int, as string) error {
	return again(func() error { return unix.Linkat(from, name, to, as, 0) })
}

func renameat(from int, name string, to int, as string) error {
	return again(func() error { return unix.Renameat(from, name, to, as) })
}

func unlinkat(dir int, name string, flags int) error {
	return again(func() error { return unix.Unlinkat(dir, name, flags) })
}

func fchown(fd int, uid, gid int) error {
	return again(func() error { return unix.Fchown(fd, uid, gid) })
}

// fchownat changes the owner of what an O_PATH descriptor is of.
func fchownat(fd int, uid, gid int) error {
	return again(func() error { return unix.Fchownat(fd, "", uid, gid, unix.AT_EMPTY_PATH) })
}

func fchmod(fd int, mode uint32) error {
	return again(func() error { return unix.Fchmod(fd, mode) })
}

func fsync(fd int) error { return again(func() error { return unix.Fsync(fd) }) }

func syncfs(fd int) error { return again(func() error { return unix.Syncfs(fd) }) }

func listxattr(fd int, names []byte) (size int, err error) {
	err = again(func() error {
		size, err = unix.Flistxattr(fd, names)
		return err
	})
	return size, err
}

func getxattr(fd int, name string, value []byte) (size int, err error) {
	err = again(func() error {
		size, err = unix.Fgetxattr(fd, name, value)
		return err
	})
	return size, err
}
