package etc

import (
	"errors"
	"io/fs"
	"path"

	"github.com/activate-agent/activate/activation/rootfs"
)

// staticTree gives the directory, relative to the root, that /etc/static leads
// to; "" when there is no such link.
func (s *Subsystem) staticTree() string {
	text, err := s.cfg.Root.Readlink(StaticLink)
	if err != nil {
		return ""
	}
	if !path.IsAbs(text) {
		text = "/etc/" + text
	}
	return rootfs.Rel(text)
}

// differences is how f is not as e wants. A link of ours says nothing of the
// content behind it, so that is looked at too.
func (c *comparison) differences(e Entry, f found, want *State) (string, error) {
	differs, err := c.s.differences(f, want, c.own)
	if err != nil || differs != "" || e.Type != Linked {
		return differs, err
	}
	return c.behindLink(e, want)
}

// behindLink compares the content that the link of e leads to.
func (c *comparison) behindLink(e Entry, want *State) (string, error) {
	if c.static == "" {
		return "/etc/static does not lead to a generation", nil
	}
	p := path.Join(c.static, StaticPath(e.Path))
	info, err := c.s.cfg.Root.Lstat(p)
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.Type != rootfs.File {
		return "its content is not in the current generation", nil
	}
	if err != nil {
		return "", err
	}
	behind := found{path: StaticLink + "/" + StaticPath(e.Path), info: info}
	sum, ok := c.s.stamped(behind.path, info)
	if !ok || rootfs.IsKeyed(sum) != rootfs.IsKeyed(want.hash()) {
		if sum, err = c.s.hashFile(p, rootfs.IsKeyed(want.hash())); err != nil {
			return "", err
		}
	}
	switch {
	case sum != want.hash():
		return "content differs", nil
	case formatMode(info.Mode) != want.Mode:
		return "mode is " + formatMode(info.Mode) + ", not " + want.Mode, nil
	}
	st := stampOf(info, sum)
	st.Ctime = 0
	c.s.fresh[behind.path] = st
	return "", nil
}

// edited is how f is not as an earlier run left it.
func (c *comparison) edited(e Entry, f found) (string, error) {
	last, ok := c.s.made(e)
	if !ok {
		return "", nil
	}
	was, err := c.s.applied(last)
	if err != nil {
		return "", err
	}
	before := *c
	before.own = c.own.before()
	if _, _, _, err := before.own.ids(*was); err != nil {
		was.UID, was.GID = &f.info.UID, &f.info.GID
	}
	return before.differences(last, f, was)
}

// current is the state of f for a change's Before. Of a link of ours it says
// what the record says of the content behind it.
func (s *Subsystem) current(e Entry, f found) (*State, error) {
	last, ours := s.made(e)
	if ours && last.Type == Linked && f.isOurLink() {
		return s.applied(last)
	}
	secret := e.Content != nil && e.Content.isSecret() || last.Content != nil && last.Content.isSecret()
	st, err := s.state(f, secret)
	if err != nil || secret || !ours || st == nil || st.Keyed == "" || last.Content == nil {
		return st, err
	}
	// What an earlier run wrote from a configuration is no secret, whoever may
	// read the file.
	if sum, err := s.hashFile(f.path, false); err == nil && sum == last.Content.Hash {
		size := f.info.Size
		st.Keyed, st.SHA256, st.Size = "", sum, &size
	}
	return st, nil
}

// current is the state of f for a change to want, with the owners' names as
// want has them where they mean the same.
func (c *comparison) current(e Entry, f found, want *State) (*State, error) {
	st, err := c.s.current(e, f)
	if err != nil || st == nil || st.UID == nil || want == nil || want.isLink() {
		return st, err
	}
	uid, gid, pending, err := c.own.ids(*want)
	if err != nil || pending {
		return st, nil //nolint:nilerr // an unknown owner is told elsewhere
	}
	if uid == *st.UID {
		st.User = want.User
	}
	if gid == *st.GID {
		st.Group = want.Group
	}
	return st, nil
}

// settled remembers the stamp of f, which is as wanted.
func (s *Subsystem) settled(f found, want *State) {
	switch {
	case f.info.Type == rootfs.Symlink:
		s.fresh[f.path] = stampOf(f.info, f.target)
	case want.Type == File:
		s.fresh[f.path] = stampOf(f.info, want.hash())
	}
}
