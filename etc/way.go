package etc

import (
	"path"
	"slices"

	"github.com/activate-agent/activate/activation/rootfs"
)

// isWay tells whether the removal of t was made already and its place is a directory
// for other entries.
func (t step) isWay(f found) bool {
	return f.info.Type == rootfs.Dir && t.before != nil && t.before.Type != Directory && (t.s.needed[t.path] || t.s.neededBefore(t.path))
}

// gaveWay tells whether the removal of t was made already, as a directory above it
// gave way to a file or link: of ours, or what stood there before. What is behind
// such a link is not ours.
func (t step) gaveWay(f found) bool {
	for dir := path.Dir(t.path); dir != "."; dir = path.Dir(dir) {
		if t.s.hasAt(dir) && t.s.stands(dir) || t.s.returned(dir) || !f.exists() && t.isLinkNow(dir) {
			return true
		}
	}
	return false
}

// returned tells whether the link that stood at p before ours is there again.
func (s *Subsystem) returned(p string) bool {
	last, made := s.lastAt()[p]
	if !made || s.cfg.Originals[last.Address] == nil {
		return false
	}
	was, err := s.decode(s.cfg.Originals[last.Address])
	if err != nil || was.Type != Symlink {
		return false
	}
	f, err := s.observe(p)
	return err == nil && f.info.Type == rootfs.Symlink && f.target == was.Target
}

// isLinkNow tells whether a link is where there was a directory of ours.
func (t step) isLinkNow(dir string) bool {
	wanted, is := t.s.desiredAt()[dir]
	if !t.s.madeDirectory(dir) && !slices.Contains(t.parents, dir) && (!is || wanted.Type != Directory) {
		return false
	}
	f, err := t.s.observe(dir)
	return err == nil && f.info.Type == rootfs.Symlink
}

// isCovered tells whether a file or link of the configuration stands above p
// already.
func (s *Subsystem) isCovered(p string) bool {
	for dir := path.Dir(p); dir != "."; dir = path.Dir(dir) {
		if e, wanted := s.desiredAt()[dir]; wanted && e.Type != Directory && s.stands(dir) {
			return true
		}
	}
	return false
}

// stands tells whether p is the file or link that we are to put, or put there.
// A link of others is not: behind it is what we put there.
func (s *Subsystem) stands(p string) bool {
	f, err := s.observe(p)
	if err != nil {
		return false
	}
	for _, at := range []map[string]*Entry{s.desiredAt(), s.lastAt()} {
		e, ok := at[p]
		switch {
		case !ok:
		case e.Type == File && f.info.Type == rootfs.File:
			return true
		case e.Type == Symlink && f.info.Type == rootfs.Symlink && f.target == e.Target, e.Type == Linked && f.isOurLink():
			return true
		}
	}
	return false
}

// neededBefore tells whether the last run had an entry below p.
func (s *Subsystem) neededBefore(p string) bool {
	return slices.ContainsFunc(s.cfg.Last.Entries, func(e Entry) bool { return e.Path != p && below(e.Path, p) })
}

// hasAt tells whether a file or link is to be, or was, at p.
func (s *Subsystem) hasAt(p string) bool {
	for _, at := range []map[string]*Entry{s.desiredAt(), s.lastAt()} {
		if e, ok := at[p]; ok && e.Type != Directory {
			return true
		}
	}
	return false
}
