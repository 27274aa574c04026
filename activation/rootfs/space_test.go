package rootfs_test

import (
	"testing"

	"golang.org/x/sys/unix"

	"github.com/activate-agent/activate/activation/rootfs"
)

// TestFreeBlocks: the numbers are those of real file systems on which the next
// write(2) of root's was ENOSPC, but for the last three.
func TestFreeBlocks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		st           unix.Statfs_t
		root, others uint64
	}{
		"a full ext4 of 6 MB":       {unix.Statfs_t{Type: unix.EXT4_SUPER_MAGIC, Blocks: 4684, Bfree: 122}, 0, 0},
		"a full ext4 of 64 MB":      {unix.Statfs_t{Type: unix.EXT4_SUPER_MAGIC, Blocks: 56037, Bfree: 1310}, 0, 0},
		"a full btrfs":              {unix.Statfs_t{Type: unix.BTRFS_SUPER_MAGIC, Blocks: 102400, Bfree: 19056}, 0, 0},
		"a full xfs":                {unix.Statfs_t{Type: unix.XFS_SUPER_MAGIC, Blocks: 86016, Bfree: 5, Bavail: 5}, 5, 5},
		"ext4 with root's part":     {unix.Statfs_t{Type: unix.EXT4_SUPER_MAGIC, Blocks: 1 << 20, Bfree: 50000}, 50000 - 4096, 0},
		"ext4 without a root's one": {unix.Statfs_t{Type: unix.EXT4_SUPER_MAGIC, Blocks: 4684, Bfree: 1122, Bavail: 1000}, 1000, 1000},
		"a large ext4":              {unix.Statfs_t{Type: unix.EXT4_SUPER_MAGIC, Blocks: 1 << 30, Bfree: 1 << 29, Bavail: 1 << 28}, 1<<29 - 4096, 1 << 28},
	} {
		if got := rootfs.FreeBlocks(&c.st, true); got != c.root {
			t.Errorf("%s: %d for root, not %d", name, got, c.root)
		}
		if got := rootfs.FreeBlocks(&c.st, false); got != c.others {
			t.Errorf("%s: %d for others, not %d", name, got, c.others)
		}
	}
}

// TestBlockSize: that of a transfer is none of a file.
func TestBlockSize(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		st   unix.Statfs_t
		want uint64
	}{
		"ext4":                 {unix.Statfs_t{Type: unix.EXT4_SUPER_MAGIC, Bsize: 1024}, 1024},
		"xfs with large pages": {unix.Statfs_t{Type: unix.XFS_SUPER_MAGIC, Bsize: 64 << 10}, 64 << 10},
		"exFAT":                {unix.Statfs_t{Type: unix.EXFAT_SUPER_MAGIC, Bsize: 128 << 10}, 128 << 10},
		"NFS":                  {unix.Statfs_t{Type: unix.NFS_SUPER_MAGIC, Bsize: 1 << 20}, 4096},
		"ZFS":                  {unix.Statfs_t{Type: 0x2fc12fc1, Bsize: 128 << 10}, 4096},
	} {
		if got := rootfs.BlockSize(&c.st); got != c.want {
			t.Errorf("%s: %d, not %d", name, got, c.want)
		}
	}
}
