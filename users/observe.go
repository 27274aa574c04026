package users

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/users/accounts"
)

// observation reads accounts of one book and what belongs to them on disk.
type observation struct {
	root  *rootfs.Root
	store *rootfs.Store
	book  *book
	// departedGroups are the ledger's, and nil where nothing is edited.
	departedGroups map[string]string
	// first is nil where nothing is edited, and so is former, the gids that
	// groups had before they were migrated.
	first  *firstLists
	former map[string][]ID
}

// user gives the state of an existing account by the account files alone, nil
// when there is none.
func (o observation) user(name string) *UserState {
	s := o.account(name)
	if s != nil {
		s.Password = o.password(name)
	}
	return s
}

// account is user without the password.
func (o observation) account(name string) *UserState {
	s := o.line(name)
	if s != nil {
		s.Groups = o.book.Memberships(name)
		slices.Sort(s.Groups)
		s.Groups = slices.Compact(s.Groups)
	}
	return s
}

// bare is user without the groups: to find those takes long on a large host.
func (o observation) bare(name string) *UserState {
	s := o.line(name)
	if s != nil {
		s.Password = o.password(name)
	}
	return s
}

// line is what the account's own lines say, but for the password.
func (o observation) line(name string) *UserState {
	u, ok := o.book.FindUser(name)
	if !ok {
		return nil
	}
	s := &UserState{
		UID:         ID(u.Uid),
		Group:       o.book.GroupName(ID(u.Gid)),
		Description: printable(u.Gecos), Home: printable(u.Home), Shell: printable(u.Shell),
		SubUIDs: ranges(o.book.SubUID, name), SubGIDs: ranges(o.book.SubGID, name),
	}
	if r := o.book.Shadow.Find(name); r != nil {
		s.Expires = expiryDate(r.Field(accounts.SpExpires))
	}
	return s
}

// password is what a state says of an account's password.
func (o observation) password(name string) string { return o.keyedPassword(o.book.passwordField(name)) }

func ranges(d *accounts.Document, name string) []SubRange {
	var out []SubRange
	for _, r := range d.All(name) {
		out = append(out, rangeOf(r))
	}
	slices.SortFunc(out, func(a, b SubRange) int { return cmp.Compare(a.Start, b.Start) })
	return out
}

// keysPath is the authorized_keys file of a home.
func keysPath(home string) string { return path.Join(rootfs.Rel(home), ".ssh/authorized_keys") }

// linger tells whether logind keeps a user's services.
func (o observation) linger(name string) (bool, error) {
	there, err := o.root.Exists(lingerPath(name))
	if err != nil {
		return false, fmt.Errorf("cannot look at %s: %w", o.root.Name(lingerPath(name)), rootfs.Reason(err))
	}
	return there, nil
}

// keysLimit is more than any authorized_keys file.
const keysLimit = 16 << 20

// keys observes the authorized_keys of s in its home, nil when there are none.
func (o observation) keys(s *UserState) (*KeysState, error) {
	if !path.IsAbs(s.Home) {
		return nil, nil
	}
	p := keysPath(s.Home)
	info, err := o.root.Lstat(p)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTDIR) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot look at %s: %w", o.root.Name(p), rootfs.Reason(err))
	}
	if info.Type != rootfs.File {
		return nil, fmt.Errorf("cannot use %s: it is %s, not a regular file", o.root.Name(p), info.Type)
	}
	data, err := o.root.ReadFile(p, keysLimit)
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", o.root.Name(p), rootfs.Reason(err))
	}
	k := &KeysState{Path: p, SHA256: hashOf(data), Mode: fmt.Sprintf("%04o", info.Mode)}
	gid, _ := o.book.GID(s.Group)
	if ID(info.UID) != s.UID {
		k.UID = new(ID(info.UID))
	}
	if ID(info.GID) != gid {
		k.GID = new(ID(info.GID))
	}
	return k, nil
}

func hashOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// keysText is the authorized_keys file for a list of keys.
func keysText(keys []string) []byte {
	return []byte(strings.Join(keys, "\n") + "\n")
}

// group gives the state of an existing group, nil when there is none.
func (o observation) group(name string) *GroupState {
	g, ok := o.book.FindGroup(name)
	if !ok {
		return nil
	}
	members := slices.Clone(g.List)
	slices.Sort(members)
	return &GroupState{GID: ID(g.Gid), Members: slices.Compact(members)}
}
