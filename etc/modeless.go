package etc

import (
	"errors"
	"fmt"
	"path"

	"github.com/activate-agent/activate/activation/rootfs"
)

// serves tells whether the mode that f has is as good as the wanted one, where
// its file system keeps none: no other may read or write more, and the owner
// may do all he should. Directories have x for searching, and files may have it
// too much.
func (s *Subsystem) serves(f found, mode uint32) bool {
	return modeServes(f.info.Mode, mode) && s.cfg.Root.Modeless(f.path)
}

func modeServes(have, want uint32) bool {
	return have&^want&0o066 == 0 && want&^have&0o700 == 0 && want&0o7000 == 0
}

// unkept is why a file system without modes, owners and links can't hold st at
// p; nil when it can. Of a new path the directory says what it will be.
func (s *Subsystem) unkept(p string, st State, own Owners) error {
	if st.isLink() {
		return errors.New("its file system, FAT, has no links")
	}
	info, err := s.standing(p)
	if err != nil {
		return err
	}
	uid, gid, pending, err := own.ids(st)
	if err != nil {
		return err
	}
	if pending || uid != info.UID || gid != info.GID {
		return fmt.Errorf("its file system, FAT, keeps no owners and all of it belongs to %d:%d; mount it with the options uid and gid, or leave user and group out", info.UID, info.GID)
	}
	if !modeServes(info.Mode, st.mode()) {
		return fmt.Errorf("its file system, FAT, keeps no modes and gives %04o; mount it with another umask, or give the block that mode", info.Mode)
	}
	return nil
}

// standing gives what is at p, or else at the nearest path above it.
func (s *Subsystem) standing(p string) (rootfs.Info, error) {
	for {
		f, err := s.observe(p)
		if err != nil || f.exists() || p == "." {
			return f.info, err
		}
		p = path.Dir(p)
	}
}
