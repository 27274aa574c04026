package daemon

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
)

// State is what a plan says of one unit file. It is a file (SHA256 and Mode)
// or a link (Target), or nothing of its own where only links are left.
type State struct {
	Path   string `json:"path"`
	SHA256 string `json:"sha256,omitempty"`
	Mode   string `json:"mode,omitempty"`
	// UID and GID of a link are 0 where it is the caller's own.
	UID    uint32 `json:"uid,omitempty"`
	GID    uint32 `json:"gid,omitempty"`
	Target string `json:"target,omitempty"`
	// Links are its enablement links, path to text.
	Links map[string]string `json:"links,omitempty"`
	// Parts are its further files by path.
	Parts map[string]PartState `json:"parts,omitempty"`
	// Xattrs stand for the extended attributes of files that were observed, by path,
	// by keyed hashes; the Store knows them by these. LinkOwners are whose the links
	// are that are not the caller's own. Both only count as what is to return.
	Xattrs     map[string]string    `json:"xattrs,omitempty"`
	LinkOwners map[string]LinkOwner `json:"link_owners,omitempty"`
}

// PartState is what a plan says of one further file of a unit.
type PartState struct {
	SHA256 string `json:"sha256"`
	Mode   string `json:"mode"`
	UID    uint32 `json:"uid,omitempty"`
	GID    uint32 `json:"gid,omitempty"`
}

// maxUnitFile bounds what is read of a unit file, which is far more than
// systemd takes as one.
const maxUnitFile = 4 << 20

// empty tells whether nothing of the state exists.
func (s State) empty() bool {
	return s.SHA256 == "" && s.Target == "" && len(s.Links) == 0 && len(s.Parts) == 0
}

// sameFile tells whether both have the same file or link, whatever links lead
// to it.
func (s State) sameFile(o State) bool {
	return s.SHA256 == o.SHA256 && s.Mode == o.Mode && s.UID == o.UID && s.GID == o.GID && s.Target == o.Target
}

// same tells whether both are the same on disk.
func (s State) same(o State) bool {
	return s.sameFile(o) && maps.Equal(s.Links, o.Links) && maps.Equal(s.Parts, o.Parts)
}

// want is the state that f asks for. All is the caller's own: root's, or an
// ordinary user's.
func (u *Units) want(f File) State {
	s, own := want(f), u.cfg.Root.Private()
	if f.Target == "" {
		s.UID, s.GID = own.UID, own.GID
	}
	for p, part := range s.Parts {
		part.UID, part.GID = own.UID, own.GID
		s.Parts[p] = part
	}
	return s
}

// want is the state that f asks for, whoever owns it.
func want(f File) State {
	s := State{Path: f.Path, Target: f.Target, Links: f.Links}
	if f.Target == "" {
		s.SHA256, s.Mode = hash(f.Content), octal(f.Mode)
	}
	for _, p := range f.Parts {
		s.setPart(p.Path, PartState{SHA256: hash(p.Content), Mode: octal(p.Mode)})
	}
	return s
}

func hash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func octal(mode uint32) string { return fmt.Sprintf("%04o", mode) }

// observe reads what stands at path, and which links and parts of the states
// are there.
func (u *Units) observe(path string, of ...State) (State, error) {
	s := State{Path: path}
	info, err := u.cfg.Root.Lstat(path)
	switch {
	case isMissing(err):
	case err != nil:
		return s, err
	case info.Type == rootfs.Symlink:
		if s.Target, err = u.cfg.Root.Readlink(path); err != nil {
			return s, err
		}
		if own := u.cfg.Root.Private(); info.UID != own.UID || info.GID != own.GID {
			s.UID, s.GID = info.UID, info.GID
		}
	case info.Type == rootfs.File:
		content, err := u.cfg.Root.ReadFile(path, maxUnitFile)
		if err != nil {
			return s, err
		}
		s.SHA256, s.Mode, s.UID, s.GID = hash(content), octal(info.Mode), info.UID, info.GID
	default:
		return s, fmt.Errorf("%s is %s; move it away", u.cfg.Root.Name(path), info.Type)
	}
	if err := u.observeParts(&s, partNames(of...)); err != nil {
		return s, err
	}
	for _, link := range linkNames(of...) {
		text, err := u.link(link)
		if err != nil {
			return s, err
		}
		if text != "" {
			if s.Links == nil {
				s.Links = map[string]string{}
			}
			s.Links[link] = text
		}
	}
	return s, nil
}

// link reads a link; nothing there gives "".
func (u *Units) link(path string) (string, error) {
	info, err := u.cfg.Root.Lstat(path)
	switch {
	case isMissing(err):
		return "", nil
	case err != nil:
		return "", err
	case info.Type != rootfs.Symlink:
		return "", fmt.Errorf("%s is %s where a link belongs; move it away", u.cfg.Root.Name(path), info.Type)
	}
	return u.cfg.Root.Readlink(path)
}

func isMissing(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// decode reads a State back; nil gives an empty one.
func decode(a plan.Address, raw plan.State) (State, error) {
	if raw == nil {
		return State{}, nil
	}
	s, err := plan.Decode[State](raw)
	if err != nil {
		return s, fmt.Errorf("cannot read the record of %s: %w", a, err)
	}
	return s, nil
}

// encode makes a plan's State, nil of an empty one.
func encode(s State) plan.State {
	if s.empty() {
		return nil
	}
	return plan.Encode(s)
}

// linkNames gives the paths of all links of the states, sorted.
func linkNames(states ...State) []string {
	var out []string
	for _, s := range states {
		out = slices.AppendSeq(out, maps.Keys(s.Links))
	}
	slices.Sort(out)
	return slices.Compact(out)
}
