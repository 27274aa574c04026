package users

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/users/accounts"
)

// Others is what a plan makes of paths that are not the accounts' own.
type Others struct {
	// Taken tells that it changes or removes something that stands at one.
	Taken bool
	// At gives what it makes of a path, relative to the root; false where it
	// leaves the path as it is.
	At func(path string) (Other, bool, error)
}

// Other is what a plan makes of one path.
type Other struct {
	Address plan.Address
	Path    string
	Origin  string
	// Type is what stands there afterwards, 0 for nothing.
	Type rootfs.Type
	// User and Group are whose it is then, names or digits, empty for root;
	// Mode is its mode.
	User, Group string
	Mode        uint32
	// New tells of a directory that was none before.
	New bool
	// Content is a file's, Target a link's text. Unread tells that nobody can
	// say yet what will be in the file.
	Content []byte
	Unread  bool
	Target  string
}

// keyring finds the keys that people log in with: as they stand on the host, or
// with at as they will.
type keyring struct {
	p  *planning
	at func(path string) (Other, bool, error)
	// edits are the changes of accounts that at goes with.
	edits map[string]userEdit
	// strict leaves out the keys that sshd(8) does not take for the modes and
	// owners on the way to them.
	strict bool
	// private lets a user's primary group write there: Debian's sshd does where it
	// has no other members.
	private bool
	// met are the changes that were found on the way to keys, and refusals by
	// user why sshd(8) does not take keys that are there.
	met      []Other
	refusals map[string]string
}

// opens tells whether a user has keys to log in with: those that another part of
// the plan puts in their place, those of the user's own change where it is about
// keys, else those on disk.
func (k *keyring) opens(name string, s UserState) (bool, error) {
	if !path.IsAbs(s.Home) {
		return false, nil
	}
	way := newTrail(func(p string, fresh bool) (spot, error) { return k.look(p, fresh, s.UID) })
	home, found, err := k.find(way, name, s)
	if !found || err != nil || way.end.kind != rootfs.File {
		return false, err
	}
	open, err := k.holdsKey(way.end, name, s)
	if !open || err != nil || !k.strict {
		return open, err
	}
	why := k.login(name, s).refuses(way, home)
	if why != "" {
		k.refusals[name] = why
	}
	return why == "", nil
}

// find follows the way to the authorized_keys of s, and gives the path of its
// home, links followed.
func (k *keyring) find(way *trail, name string, s UserState) (home string, found bool, err error) {
	if found, err := way.follow(rootfs.Rel(s.Home)); !found || err != nil {
		return "", false, err
	}
	if way.end.kind == 0 && s.HomeMode != "" {
		mode, err := readMode(s.HomeMode)
		if err != nil {
			return "", false, fmt.Errorf("its home: %w", err)
		}
		way.arrive(spot{path: way.end.path, kind: rootfs.Dir, uid: s.UID, mode: mode, fresh: true})
	}
	home = way.end.path
	if found, err := way.follow(".ssh"); !found || err != nil {
		return "", false, err
	}
	if found, err := way.follow("authorized_keys"); !found || err != nil {
		return "", false, err
	}
	if e := k.edits[name]; way.end.by == nil && e.aboutKeys() {
		way.end, err = ownKeys(way.end.path, s)
	}
	return home, err == nil, err
}

// ownKeys is what stands at p once an account has the keys of its state.
func ownKeys(p string, s UserState) (spot, error) {
	if s.Keys == nil {
		return spot{path: p}, nil
	}
	mode, err := readMode(s.Keys.Mode)
	if err != nil {
		return spot{}, fmt.Errorf("its authorized_keys: %w", err)
	}
	out := spot{path: p, kind: rootfs.File, uid: s.UID, mode: mode}
	if s.Keys.UID != nil {
		out.uid = *s.Keys.UID
	}
	return out, nil
}

// aboutKeys tells a change that makes the authorized_keys what they are.
func (e userEdit) aboutKeys() bool {
	return e.after != nil && e.after.Keys != nil || e.before != nil && e.before.Keys != nil
}

// holdsKey tells whether there is a key in the authorized_keys that were found.
func (k *keyring) holdsKey(keys spot, name string, s UserState) (bool, error) {
	if e := k.edits[name]; keys.by == nil && e.aboutKeys() {
		if u := k.p.user[name]; u != nil && len(u.AuthorizedKeys) > 0 {
			return slices.ContainsFunc(u.AuthorizedKeys, isKey), nil
		}
		return s.Keys.SHA256 != hashOf(nil), nil
	}
	text := []byte(nil)
	if keys.by != nil && !keys.by.Unread {
		text = keys.by.Content
	} else {
		var err error
		if text, err = k.p.s.cfg.Root.ReadFile(keys.path, keysLimit); err != nil {
			return false, fmt.Errorf("cannot read %s: %w", k.p.s.cfg.Root.Name(keys.path), rootfs.Reason(err))
		}
	}
	return slices.ContainsFunc(strings.Split(string(text), "\n"), isKey), nil
}

// isKey tells a line of authorized_keys that is no comment.
func isKey(line string) bool {
	line = strings.TrimSpace(line)
	return line != "" && line[0] != '#'
}

// look gives what stands or will stand at p, on the way to the keys of owner.
func (k *keyring) look(p string, fresh bool, owner ID) (spot, error) {
	var o Other
	changed := false
	if k.at != nil {
		var err error
		if o, changed, err = k.at(p); err != nil {
			return spot{}, err
		}
	}
	now := spot{path: p}
	if !fresh && (!changed || o.Unread) {
		var err error
		if now, err = standing(k.p.s.cfg.Root, p, owner); err != nil {
			return spot{}, err
		}
	}
	// What a file will hold counts as what it does; one that is yet to be made
	// counts for nothing.
	if !changed || o.Unread && now.kind != rootfs.File {
		return now, nil
	}
	k.met = append(k.met, o)
	uid, gid := k.ids(o)
	return spot{path: p, kind: o.Type, uid: uid, gid: gid, mode: o.Mode, target: o.Target, fresh: o.New, by: &o}, nil
}

// ids gives whose a path is once the plan is applied.
func (k *keyring) ids(o Other) (uid, gid ID) {
	return k.uid(o.User), k.gid(o.Group)
}

// noID is nobody's: chown(2) takes it for no change.
const noID = ID(1<<32 - 1)

func (k *keyring) uid(name string) ID {
	switch e, edited := k.edits[name]; {
	case name == "" || name == "root":
		return 0
	case accounts.IsID(name):
		return accounts.ParseID(name)
	case edited && e.after != nil:
		return e.after.UID
	}
	if u, there := k.p.book.FindUser(name); there {
		return ID(u.Uid)
	}
	return noID
}

func (k *keyring) gid(name string) ID {
	if name == "" || name == "root" {
		return 0
	}
	if gid, there := k.p.gid(name); there {
		return gid
	}
	if e := k.edits[name]; e.after != nil && e.after.OwnGroup {
		return e.after.GID
	}
	return noID
}
