package etc

import (
	"cmp"
	"path"
	"time"

	"github.com/activate-agent/activate/activation/rootfs"
)

// Stamp is what lstat(2) said of a path when its content was last known to
// have the hash Sum. While it says the same, the content is not read again.
type Stamp struct {
	Size  int64  `json:"size"`
	Mode  uint32 `json:"mode"`
	UID   uint32 `json:"uid"`
	GID   uint32 `json:"gid"`
	Mtime int64  `json:"mtime"`
	// Ctime is 0, and not compared, for content in a static tree: hard links
	// from other generations move it.
	Ctime int64  `json:"ctime"`
	Ino   uint64 `json:"ino"`
	// Sum is the content's hash as a Store has it, or a link's text.
	Sum string `json:"sum"`
}

func stampOf(i rootfs.Info, sum string) Stamp {
	return Stamp{
		Size: i.Size, Mode: i.Mode, UID: i.UID, GID: i.GID,
		Mtime: i.Mtime, Ctime: i.Ctime, Ino: i.Ino, Sum: sum,
	}
}

// sumOf gives the recorded hash if nothing moved since.
func (s Stamp) sumOf(i rootfs.Info) (string, bool) {
	now := stampOf(i, s.Sum)
	if s.Ctime == 0 {
		now.Ctime = 0
	}
	return s.Sum, s == now && s.Sum != ""
}

// settledBy tells whether every later change of the path shows in its times: a
// file system that keeps nanoseconds moves them with the kernel's tick, up to
// 10 ms (before Linux 6.13), others with the second, and FAT with every second
// one. What is changed twice within one keeps its stamp.
func (s Stamp) settledBy(now time.Time) bool {
	const tick, coarse = 10 * time.Millisecond, 2 * time.Second
	last, wait := time.Unix(0, cmp.Or(s.Ctime, s.Mtime)), tick
	if last.Nanosecond() == 0 {
		wait = coarse
	}
	age := now.Sub(last)
	return age >= wait || age <= -wait
}

// Stamps gives the stamps of every desired path that the last Diff or Apply
// found as desired, by path; a Linked entry's content is under its path below
// etc/static. The engine records them and hands them back in Config.Stamps:
// with them, a path that needs nothing costs one lstat(2).
//
// staged is what files of the generation were when this run wrote them, by
// their path in its tree ("etc/motd"): those are not read again. What changed
// so shortly before now that an edit may not show gets none: the next run reads it.
func (s *Subsystem) Stamps(staged map[string]rootfs.Info, now time.Time) map[string]Stamp {
	s.stampStatics(staged)
	s.stampStill()
	settled := make(map[string]Stamp, len(s.fresh))
	for p, st := range s.fresh {
		if st.settledBy(now) {
			settled[p] = st
		}
	}
	return settled
}

// stampStatics takes the stamps that are missing of contents in the static tree.
func (s *Subsystem) stampStatics(staged map[string]rootfs.Info) {
	static := s.staticTree()
	for _, e := range s.cfg.Desired.Entries {
		if e.Type != Linked || static == "" {
			continue
		}
		key := StaticLink + "/" + StaticPath(e.Path)
		if _, known := s.fresh[key]; known {
			continue
		}
		if info, ok := staged["etc/"+StaticPath(e.Path)]; ok && !e.Content.isSecret() {
			st := stampOf(info, e.Content.Hash)
			st.Ctime = 0
			s.fresh[key] = st
			continue
		}
		s.stampStatic(e, key, path.Join(static, StaticPath(e.Path)))
	}
}

// stampStatic takes the stamp of the content at p, which this run staged. It is
// read unless an earlier stamp of the same inode stands: what was edited
// through its link must not pass for what was staged.
func (s *Subsystem) stampStatic(e Entry, key, p string) {
	want, err := s.want(e)
	if err != nil {
		return
	}
	info, err := s.cfg.Root.Lstat(p)
	if err != nil || info.Type != rootfs.File || want.Size != nil && info.Size != *want.Size {
		return
	}
	sum, known := s.stamped(key, info)
	if !known {
		if sum, err = s.hashFile(p, rootfs.IsKeyed(want.hash())); err != nil {
			return
		}
	}
	if sum == want.hash() {
		st := stampOf(info, sum)
		st.Ctime = 0
		s.fresh[key] = st
	}
}

// stamped is the hash of p by its stamp, unless every file is to be read.
func (s *Subsystem) stamped(p string, i rootfs.Info) (string, bool) {
	if s.cfg.Verify {
		return "", false
	}
	st, ok := s.cfg.Stamps[p]
	if !ok {
		return "", false
	}
	return st.sumOf(i)
}
