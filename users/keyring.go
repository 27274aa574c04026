package users

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
)

// Others is what a plan makes of paths that are not the accounts' own.
type Others struct {
	// Taken tells that it changes or removes something that stands at one.
	Taken bool
	// At gives what it makes of a path, relative to the root; false where it
	// leaves the path as it is, or where nobody can say what will be in it.
	At func(path string) (Other, bool, error)
}

// Other is what a plan makes of one path.
type Other struct {
	Address plan.Address
	Path    string
	Origin  string
	// Type is what stands there afterwards, 0 for nothing.
	Type rootfs.Type
	// New tells of a directory that was none before.
	New bool
	// Content is a file's, Target a link's text.
	Content []byte
	Target  string
}

// keyring finds the keys that people log in with: as they stand on the host, or
// with at as they will.
type keyring struct {
	p  *planning
	at func(path string) (Other, bool, error)
	// met are the changes that were found on the way to keys.
	met []Other
}

// opens tells whether a user has keys to log in with: those that another part of
// the plan puts in their place, those of the user's own change where it is about
// keys, else those on disk.
func (k *keyring) opens(name string, s UserState, e userEdit) (bool, error) {
	text, changed, err := k.read(s)
	if changed || err != nil {
		return holdsKey(text), err
	}
	if u := k.p.user[name]; s.Keys != nil && u != nil && len(u.AuthorizedKeys) > 0 {
		return slices.ContainsFunc(u.AuthorizedKeys, isKey), nil
	}
	if s.Keys != nil || e.before != nil && e.before.Keys != nil {
		return s.Keys != nil && s.Keys.SHA256 != hashOf(nil), nil
	}
	return holdsKey(text), nil
}

// linksLimit is how many links Linux follows in one path.
const linksLimit = 40

// read gives the text of the authorized_keys of s, empty where there is none, and
// tells whether the plan changes anything on the way there.
func (k *keyring) read(s UserState) (text []byte, changed bool, err error) {
	if !path.IsAbs(s.Home) || s.Home == "/" {
		return nil, false, nil
	}
	met, at := len(k.met), ""
	rest := strings.Split(keysPath(s.Home), "/")
	// In a directory that is new there is only what the plan puts there.
	fresh := false
	for links := 0; len(rest) > 0 && links <= linksLimit; {
		name := path.Join(at, rest[0])
		rest = rest[1:]
		o, err := k.look(name, s.UID, fresh)
		switch {
		case err != nil:
			return nil, false, err
		case (o.Type == 0 || o.Type == rootfs.Dir) && len(rest) > 0:
			at, fresh = name, fresh || o.Type == 0 || o.New
		case o.Type == rootfs.Symlink:
			rest, at, fresh = followed(at, o.Target, rest), "", false
			links++
		case o.Type == rootfs.File && len(rest) == 0:
			text, err := k.content(o)
			return text, len(k.met) > met, err
		default:
			return nil, len(k.met) > met, nil
		}
	}
	return nil, len(k.met) > met, nil
}

// followed gives the way that is left at a link in the directory at, from the
// root.
func followed(at, target string, rest []string) []string {
	if path.IsAbs(target) {
		at = ""
	}
	// No way leads above the root.
	full := strings.TrimPrefix(path.Join("/", at, target), "/")
	if full == "" {
		return rest
	}
	return append(strings.Split(full, "/"), rest...)
}

// look gives what stands or will stand at p. A link that is neither root's nor
// the user's own leads nowhere. With fresh nothing stands there yet.
func (k *keyring) look(p string, uid ID, fresh bool) (Other, error) {
	if k.at != nil {
		o, changed, err := k.at(p)
		if err != nil {
			return o, err
		}
		if changed {
			k.met = append(k.met, o)
			return o, nil
		}
	}
	root := k.p.s.cfg.Root
	o := Other{Path: p}
	if fresh {
		return o, nil
	}
	info, err := root.Lstat(p)
	switch {
	case errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTDIR):
		return o, nil
	case err != nil:
		return o, fmt.Errorf("cannot look at %s: %w", root.Name(p), rootfs.Reason(err))
	case info.Type == rootfs.Symlink && info.UID != 0 && ID(info.UID) != uid:
		return o, nil
	}
	o.Type = info.Type
	if o.Type == rootfs.Symlink {
		if o.Target, err = root.Readlink(p); err != nil {
			return o, fmt.Errorf("cannot read the link %s: %w", root.Name(p), rootfs.Reason(err))
		}
	}
	return o, nil
}

// content gives the bytes of a file that was found.
func (k *keyring) content(o Other) ([]byte, error) {
	if o.Address != "" {
		return o.Content, nil
	}
	root := k.p.s.cfg.Root
	b, err := root.ReadFile(o.Path, keysLimit)
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", root.Name(o.Path), rootfs.Reason(err))
	}
	return b, nil
}

func holdsKey(text []byte) bool {
	return slices.ContainsFunc(strings.Split(string(text), "\n"), isKey)
}

// isKey tells a line of authorized_keys that is no comment.
func isKey(line string) bool {
	line = strings.TrimSpace(line)
	return line != "" && line[0] != '#'
}
