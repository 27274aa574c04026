package users

import (
	"slices"

	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/users/accounts"
)

// Names resolves the names of a root's own passwd and group files, read at one
// moment. NSS is not asked: a root that is not running has none.
type Names struct{ book *book }

// ReadNames reads the account files of root. The errors are those of Diff.
func ReadNames(root *rootfs.Root) (*Names, error) {
	b, err := readBook(root, nil)
	if err != nil {
		return nil, err
	}
	return &Names{b}, nil
}

// User gives the uid of a user's name.
func (n *Names) User(name string) (uint32, bool) {
	line := n.book.Passwd.Read(name)
	if line == "" {
		return 0, false
	}
	return uint32(accounts.ParseID(accounts.Field(line, accounts.PwUID))), true
}

// Group gives the gid of a group's name.
func (n *Names) Group(name string) (uint32, bool) {
	line := n.book.Group.Read(name)
	if line == "" {
		return 0, false
	}
	return uint32(accounts.ParseID(accounts.Field(line, accounts.GrGID))), true
}

// Migrated gives the uid that an existing user of that name gets because the
// configuration says so, or because it takes back what the last one did; found is
// false when it keeps what it has.
func (s *Subsystem) Migrated(name string) (uid uint32, found bool) {
	named := func(u User) bool { return u.Name == name }
	d := s.cfg.Desired.Users
	i := slices.IndexFunc(d, named)
	if i < 0 || d[i].UID == nil || d[i].AdoptID {
		return 0, false
	}
	undoes := slices.ContainsFunc(s.cfg.Last.Users, func(u User) bool { return named(u) && u.MigrateID })
	return uint32(*d[i].UID), d[i].MigrateID || undoes || s.cfg.Reverts
}

// MigratedGroup is Migrated for groups.
func (s *Subsystem) MigratedGroup(name string) (gid uint32, found bool) {
	named := func(g Group) bool { return g.Name == name }
	d := s.cfg.Desired.Groups
	i := slices.IndexFunc(d, named)
	if i < 0 || d[i].GID == nil || d[i].AdoptID {
		return 0, false
	}
	undoes := slices.ContainsFunc(s.cfg.Last.Groups, func(g Group) bool { return named(g) && g.MigrateID })
	return uint32(*d[i].GID), d[i].MigrateID || undoes || s.cfg.Reverts
}

// DeclaresUser tells whether d has a user of that name.
func (d Desired) DeclaresUser(name string) bool {
	for _, u := range d.Users {
		if u.Name == name {
			return true
		}
	}
	return false
}

// DeclaresGroup tells whether d has a group of that name, or a user whose own
// group has it.
func (d Desired) DeclaresGroup(name string) bool {
	for _, g := range d.Groups {
		if g.Name == name {
			return true
		}
	}
	for _, u := range d.Users {
		if u.Name == name && u.Group == "" {
			return true
		}
	}
	return false
}
