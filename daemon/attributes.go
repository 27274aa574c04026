package daemon

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
)

// LinkOwner is whose a link is.
type LinkOwner struct {
	UID uint32 `json:"uid"`
	GID uint32 `json:"gid"`
}

// withAttributes adds to what was observed that which only its return needs: the
// extended attributes of files, and owners of links.
func (u *Units) withAttributes(s State) (State, error) {
	for p := range contentsOf(s) {
		_, key, err := u.xattrs(p)
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

// xattrs gives the extended attributes of the file p as the Store keeps them, and
// what stands for them; nothing where it has none.
func (u *Units) xattrs(p string) (blob []byte, key string, err error) {
	if u.cfg.Store == nil {
		return nil, "", nil
	}
	values, err := u.cfg.Root.Xattrs(p)
	if err != nil {
		return nil, "", fmt.Errorf("cannot read the attributes of %s: %w", u.cfg.Root.Name(p), rootfs.Reason(err))
	}
	if len(values) == 0 {
		return nil, "", nil
	}
	blob = plan.Encode(values)
	return blob, u.cfg.Store.Keyed(blob), nil
}

// keepXattrs keeps the extended attributes that s speaks of.
func (u *Units) keepXattrs(s State) error {
	for _, p := range slices.Sorted(maps.Keys(s.Xattrs)) {
		if u.cfg.Store.Holds(s.Xattrs[p]) {
			continue
		}
		blob, key, err := u.xattrs(p)
		if err != nil {
			return err
		}
		if key != s.Xattrs[p] {
			return fmt.Errorf("%s: %w", u.cfg.Root.Name(p), rootfs.ErrChanged)
		}
		if _, _, err := u.cfg.Store.Put(bytes.NewReader(blob), true); err != nil {
			return err
		}
	}
	return nil
}

// keptXattrs gives what keepXattrs kept.
func (u *Units) keptXattrs(key string) (map[string][]byte, error) {
	f, err := u.cfg.Store.Open(key)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	blob, err := io.ReadAll(f)
	var values map[string][]byte
	if err == nil {
		err = plan.Unmarshal(blob, &values)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read the attributes that are to return: %w", rootfs.Reason(err))
	}
	return values, nil
}

// lacksXattrs tells that a file, which is there, has not the attributes that are
// to return with it.
func (u *Units) lacksXattrs(p, key string) (bool, error) {
	if key == "" {
		return false, nil
	}
	_, now, err := u.xattrs(p)
	return now != key, err
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
