package etc

import (
	"path"

	"github.com/activate-agent/activate/activation/rootfs"
)

// A link can't be changed in place, only replaced, and that moves the times of
// its directory. So where the directory's stamp stands, those of our links in it
// do, and one lstat(2) serves for all of them.

// stillKey is what the stamp of a directory of links is kept under: no path of an
// entry ends so.
func stillKey(dir string) string { return dir + "/" }

// stillSum stands for a content in the stamp of a directory.
const stillSum = "directory"

// look observes e, by the stamp of its directory where e is a link that was
// ours when nothing in there moved since.
func (c *comparison) look(e Entry) (found, error) {
	if st, ok := c.s.cfg.Stamps[e.Path]; ok && e.Type == Linked && st.Sum == linkText(e.Path) && c.isStill(path.Dir(e.Path)) {
		return found{path: e.Path, info: st.link(), target: st.Sum}, nil
	}
	return c.s.observe(e.Path)
}

// isStill tells whether dir has the entries that it had when it was stamped.
func (c *comparison) isStill(dir string) bool {
	still, known := c.still[dir]
	if !known {
		st, ok := c.s.stampDirectory(dir)
		still = ok && !c.s.cfg.Verify && c.s.cfg.Stamps[stillKey(dir)] == st
		c.still[dir] = still
	}
	return still
}

// stampDirectory takes the stamp of dir as it is now; there is none for a link to
// a directory.
func (s *Subsystem) stampDirectory(dir string) (Stamp, bool) {
	info, err := s.cfg.Root.Lstat(dir)
	return stampOf(info, stillSum), err == nil && info.Type == rootfs.Dir
}

// link is what s, which is of a link, was taken of.
func (s Stamp) link() rootfs.Info {
	return rootfs.Info{
		Type: rootfs.Symlink, Size: s.Size, Mode: s.Mode, UID: s.UID, GID: s.GID,
		Mtime: s.Mtime, Ctime: s.Ctime, Ino: s.Ino,
	}
}

// stampStill stamps the directories of our links that have their stamps. The
// directory comes first: what is replaced after it was stamped moves it.
func (s *Subsystem) stampStill() {
	links := map[string][]string{}
	for _, e := range s.cfg.Desired.Entries {
		if e.Type == Linked {
			links[path.Dir(e.Path)] = append(links[path.Dir(e.Path)], e.Path)
		}
	}
	for dir, paths := range links {
		st, ok := s.stampDirectory(dir)
		if ok && (s.cfg.Stamps[stillKey(dir)] == st || s.allAsStamped(paths)) {
			s.fresh[stillKey(dir)] = st
		}
	}
}

// allAsStamped tells whether the links at paths are those that were stamped. One
// without a stamp is looked at by every run anyway.
func (s *Subsystem) allAsStamped(paths []string) bool {
	for _, p := range paths {
		st, known := s.fresh[p]
		if !known {
			continue
		}
		if info, err := s.cfg.Root.Lstat(p); err != nil || stampOf(info, st.Sum) != st {
			return false
		}
	}
	return true
}
