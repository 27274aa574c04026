package rootfs

import (
	"io/fs"
	"math"

	"golang.org/x/sys/unix"
)

// Space is what statfs(2) says of a file system.
type Space struct {
	// Dev tells file systems apart.
	Dev uint64
	// Free is what the caller may still write, in bytes; Block the unit in which
	// files take space.
	Free  uint64
	Block uint64
	// Inodes is how many more files, directories and links there may be.
	Inodes uint64
	// ReadOnly tells that it is mounted so.
	ReadOnly bool
}

// Need is something that is to be made: a file with content, and the directory,
// relative to the root, that it comes into. Either need not exist.
type Need struct {
	Dir  string
	Size int64
	// Bare are further files without content, and links.
	Bare int
}

// Shortage is a file system with too little room.
type Shortage struct {
	// Dir is one of the directories on it.
	Dir string
	// Need and Free are bytes, or with Inodes set inodes.
	Need, Free uint64
	Inodes     bool
}

// filling is what comes to one file system.
type filling struct {
	dir           string
	space         Space
	bytes, inodes uint64
}

func (f *filling) add(n Need) {
	size, block := uint64(max(n.Size, 0)), f.space.Block
	f.bytes += (size + block - 1) / block * block
	f.inodes += uint64(max(n.Bare, 0))
	if size > 0 {
		f.inodes++
	}
}

func (f *filling) short() []Shortage {
	var out []Shortage
	if f.bytes > f.space.Free {
		out = append(out, Shortage{Dir: f.dir, Need: f.bytes, Free: f.space.Free})
	}
	if f.inodes > f.space.Inodes {
		out = append(out, Shortage{Dir: f.dir, Need: f.inodes, Free: f.space.Inodes, Inodes: true})
	}
	return out
}

// Short gives the file systems that the needs do not fit on, in the order of
// the needs. One without a size, as of some network file systems, is not
// counted.
func (r *Root) Short(needs []Need) []Shortage {
	spaces, fillings := map[string]Space{}, map[uint64]*filling{}
	var order []*filling
	for _, n := range needs {
		space, known := spaces[n.Dir]
		if !known {
			// Where nothing can be said the writing itself tells.
			space, _ = r.SpaceAt(n.Dir)
			spaces[n.Dir] = space
		}
		if space.Block == 0 {
			continue
		}
		if fillings[space.Dev] == nil {
			fillings[space.Dev] = &filling{dir: n.Dir, space: space}
			order = append(order, fillings[space.Dev])
		}
		fillings[space.Dev].add(n)
	}
	var out []Shortage
	for _, f := range order {
		out = append(out, f.short()...)
	}
	return out
}

// SpaceAt gives the file system that p is, or would be, on.
func (r *Root) SpaceAt(p string) (Space, error) {
	h, err := r.nearest(p)
	if err != nil {
		return Space{}, err
	}
	var st unix.Statfs_t
	if err := fstatfs(h.fd, &st); err != nil {
		return Space{}, &fs.PathError{Op: "statfs", Path: r.Name(p), Err: err}
	}
	space := Space{
		Dev: h.dev, Free: FreeBlocks(&st, r.uid == 0) * uint64(st.Bsize), Block: BlockSize(&st), Inodes: st.Ffree,
		ReadOnly: st.Flags&unix.ST_RDONLY != 0,
	}
	if st.Blocks == 0 {
		// As ramfs, on which an initial RAM disk runs, and some network file systems.
		space.Free = math.MaxUint64
	}
	if st.Files == 0 {
		// As btrfs and FAT, which have no number of them.
		space.Inodes = math.MaxUint64
	}
	return space, nil
}

// BlockSize is the unit in which files take space. A large f_bsize of statfs(2) is
// what is best sent at once: 1 MiB of NFS, a whole record of ZFS, an object of Ceph; a
// small file takes far less there. Of exFAT it is the unit.
func BlockSize(st *unix.Statfs_t) uint64 {
	const usual, largest = 4 << 10, 64 << 10
	if size := uint64(st.Bsize); size <= largest || kind(st) == unix.EXFAT_SUPER_MAGIC {
		return size
	}
	return usual
}

// FreeBlocks is how many of the blocks that statfs(2) speaks of the caller may
// still write. f_bfree counts what nobody gets: of btrfs the room for its own
// trees, of ext4 what it keeps for the tree of a file that is split, two percent
// or 4096 blocks (ext4_set_resv_clusters in the kernel's fs/ext4/super.c).
// f_bavail leaves out what ext4 reserves for root, too, which is root's to use.
func FreeBlocks(st *unix.Statfs_t, isRoot bool) uint64 {
	if !isRoot || st.Type != unix.EXT4_SUPER_MAGIC {
		return st.Bavail
	}
	// f_blocks is without what the file system itself takes, so a share that is
	// larger: of a small one that may be a third.
	const share, most = 32, 4096
	kept := min(st.Blocks/share, most)
	return max(st.Bavail, st.Bfree-min(st.Bfree, kept))
}
