package rootfs

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// Modeless tells whether p is, or would be, on a file system of the FAT family.
// It keeps no modes, owners and links: options of the mount say what all files
// have, see umask, uid and gid in mount(8), and chmod(2) does nothing.
func (r *Root) Modeless(p string) bool {
	h, err := r.nearest(p)
	if err != nil {
		return false
	}
	var st unix.Statfs_t
	if err := fstatfs(h.fd, &st); err != nil {
		return false
	}
	return kind(&st) == unix.MSDOS_SUPER_MAGIC || kind(&st) == unix.EXFAT_SUPER_MAGIC
}

// kind is the magic number of a file system, statfs(2). Its field has a sign, and
// on some processors 32 bits, where the greater numbers are negative.
func kind(st *unix.Statfs_t) uint32 { return uint32(st.Type) }

// private refuses an open file that others may read although its mode is not
// for them: a file system without modes gives what its mount says.
func private(fd int, mode uint32) error {
	const readable = 0o044
	if forEverybody(mode) {
		return nil
	}
	var st unix.Stat_t
	if err := fstat(fd, &st); err != nil {
		return err
	}
	if got := st.Mode & 0o7777; got&^mode&readable != 0 {
		return fmt.Errorf("its file system makes %04o of mode %04o, so that others could read it", got, mode)
	}
	return nil
}
