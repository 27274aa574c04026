package daemon

import (
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
)

// LinkOwner is whose a link is.
type LinkOwner struct {
	UID uint32 `json:"uid"`
	GID uint32 `json:"gid"`
}

// withAttributes adds to what was observed, and is to change, that which only its
// return needs: the extended attributes of files, and owners of links. The error is
// also for what could not return.
func (u *Units) withAttributes(s State) (State, error) {
	if err := u.recordable(s); err != nil {
		return s, err
	}
	for p := range contentsOf(s) {
		key, err := u.xattrs(p)
		if err != nil {
			return s, err
		}
		if key == "" {
			continue
		}
		if s.Xattrs == nil {
			s.Xattrs = map[string]string{}
		}
		s.Xattrs[p] = key
	}
	return u.withLinkOwners(s)
}

// recordable refuses links whose texts a state, which is JSON, cannot hold.
func (u *Units) recordable(s State) error {
	texts := maps.Clone(s.Links)
	if texts == nil {
		texts = map[string]string{}
	}
	texts[s.Path] = s.Target
	for _, p := range slices.Sorted(maps.Keys(texts)) {
		if text := texts[p]; !utf8.ValidString(text) {
			return fmt.Errorf("%s is a link whose text is not UTF-8 (%q), so that it could not be put back; remove it first", u.cfg.Root.Name(p), text)
		}
	}
	return nil
}

// withLinkOwners adds whose the links are.
func (u *Units) withLinkOwners(s State) (State, error) {
	for p := range s.Links {
		owner, err := u.linkOwner(p)
		if err != nil {
			return s, err
		}
		if owner == u.own() {
			continue
		}
		if s.LinkOwners == nil {
			s.LinkOwners = map[string]LinkOwner{}
		}
		s.LinkOwners[p] = owner
	}
	return s, nil
}

func (u *Units) own() LinkOwner {
	own := u.cfg.Root.Private()
	return LinkOwner{own.UID, own.GID}
}

func (u *Units) linkOwner(p string) (LinkOwner, error) {
	info, err := u.cfg.Root.Lstat(p)
	return LinkOwner{info.UID, info.GID}, err
}

// xattrs gives what stands for the extended attributes of the file p.
func (u *Units) xattrs(p string) (key string, err error) {
	if u.cfg.Store == nil {
		return "", nil
	}
	_, key, err = u.cfg.Store.Xattrs(p)
	return key, err
}

// keepXattrs keeps the extended attributes that s speaks of.
func (u *Units) keepXattrs(s State) error {
	for _, p := range slices.Sorted(maps.Keys(s.Xattrs)) {
		if err := u.cfg.Store.KeepXattrs(p, s.Xattrs[p]); err != nil {
			return err
		}
	}
	return nil
}

// lacksXattrs tells that a file, which is there, has not the attributes that are
// to return with it.
func (u *Units) lacksXattrs(p, key string) (bool, error) {
	if key == "" {
		return false, nil
	}
	now, err := u.xattrs(p)
	return now != key, err
}

// lacksAny tells that one of the files that s speaks of, all of which are there, has
// not the attributes that are to return with it, and that are kept.
func (u *Units) lacksAny(s State) (bool, error) {
	for _, p := range slices.Sorted(maps.Keys(s.Xattrs)) {
		if why := u.cfg.Store.LostXattrs(p, s.Xattrs[p]); why != "" && why != rootfs.Unreadable {
			continue
		}
		if lacks, err := u.lacksXattrs(p, s.Xattrs[p]); err != nil || lacks {
			return lacks, err
		}
	}
	return false, nil
}

// addXattrs adds the attributes that before has of files that stand as they stood in
// s, and that nobody replaced: last has them so, too.
func (s *State) addXattrs(before, last State) {
	if s.SHA256 != "" && s.sameFile(before) && s.sameFile(last) {
		s.takeXattrs(before.Path, before)
	}
	for _, p := range partNames(*s) {
		if s.Parts[p] == before.Parts[p] && before.Parts[p] == last.Parts[p] {
			s.takeXattrs(p, before)
		}
	}
}

// takeXattrs has s speak of the attributes of p that o speaks of, unless it speaks of
// others.
func (s *State) takeXattrs(p string, o State) {
	key, tagged := o.Xattrs[p]
	if _, known := s.Xattrs[p]; !tagged || known {
		return
	}
	s.Xattrs = maps.Clone(s.Xattrs)
	if s.Xattrs == nil {
		s.Xattrs = map[string]string{}
	}
	s.Xattrs[p] = key
}

// putLink makes p a link with that text and owner. A directory with setgid gives
// it its group.
func (u *Units) putLink(text, p string, owner LinkOwner) error {
	if err := u.cfg.Root.Symlink(text, p); err != nil {
		return err
	}
	return u.giveLink(p, owner)
}

func (u *Units) giveLink(p string, owner LinkOwner) error {
	now, err := u.linkOwner(p)
	if err != nil || now == owner {
		return err
	}
	return u.cfg.Root.SetLinkOwner(p, owner.UID, owner.GID)
}

// dropLostXattrs takes those extended attributes from earlier, which is to return at a,
// whose copies are lost: the rest returns. A copy that cannot be read now is not lost,
// and refused.
func (u *Units) dropLostXattrs(d *plan.Diff, a plan.Address, earlier *State) (refused bool) {
	kept := maps.Clone(earlier.Xattrs)
	for _, p := range slices.Sorted(maps.Keys(kept)) {
		name, copied := u.cfg.Root.Name(p), u.cfg.Root.Name(u.cfg.Store.Place(kept[p]))
		switch why := u.cfg.Store.LostXattrs(p, kept[p]); why {
		case "":
		case rootfs.Unreadable:
			d.Problems = append(d.Problems, plan.Problemf(a, "", "Run again; move the copy away to give it up.",
				"cannot put back the extended attributes of %s: the copy of them, %s, is %s", name, copied, why))
			refused = true
		default:
			d.Warnings = append(d.Warnings, plan.Problemf(a, "", "Set them by hand.",
				"what stood at %s returns without its extended attributes: the copy of them, %s, is %s", name, copied, why))
			delete(kept, p)
		}
	}
	earlier.Xattrs = kept
	return refused
}
