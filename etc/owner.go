package etc

import (
	"errors"
	"fmt"
	"strconv"
)

// Owners resolves the names of file owners. Its functions may be nil, then
// only "root" and digits are known.
type Owners struct {
	// User and Group give the id of an existing name.
	User, Group func(name string) (id uint32, found bool)
	// UserBefore, if not nil, gives the id that a user has until the
	// configuration's accounts are made; User gives the one it has then.
	UserBefore func(name string) (id uint32, found bool)
	// GroupBefore is the same for groups.
	GroupBefore func(name string) (id uint32, found bool)
	// UserDeclared and GroupDeclared tell names that the configuration makes
	// before the first file needs them.
	UserDeclared, GroupDeclared func(name string) bool
}

// before is who the names are until the configuration's accounts are made.
func (o Owners) before() Owners {
	if o.UserBefore != nil {
		o.User = o.UserBefore
	}
	if o.GroupBefore != nil {
		o.Group = o.GroupBefore
	}
	return o
}

// owner resolves name, "root" when empty. declared is true for a name that
// does not exist yet but will.
func owner(name, kind string, lookup func(string) (uint32, bool), declares func(string) bool) (id uint32, declared bool, err error) {
	if name == "" || name == "root" {
		return 0, false, nil
	}
	if name[0] >= '0' && name[0] <= '9' {
		n, err := strconv.ParseUint(name, 10, 32)
		if err != nil || n == 1<<32-1 {
			return 0, false, fmt.Errorf("%s %q is not an id", kind, name)
		}
		return uint32(n), false, nil
	}
	if lookup != nil {
		if id, ok := lookup(name); ok {
			return id, false, nil
		}
	}
	if declares != nil && declares(name) {
		return 0, true, nil
	}
	return 0, false, &nobodyError{kind: kind, name: name}
}

// nobodyError is an owner whom neither the host nor the configuration has; one that
// leaves is there until the configuration is applied.
type nobodyError struct {
	kind, name string
	leaves     bool
}

func (e *nobodyError) Error() string {
	if e.leaves {
		return fmt.Sprintf("there is no %s %q once this is applied", e.kind, e.name)
	}
	return fmt.Sprintf("there is no %s %q", e.kind, e.name)
}

// orLeaves has err tell that the owner leaves, whom before finds still.
func orLeaves(err error, before func(string) (uint32, bool)) error {
	if nobody, ok := errors.AsType[*nobodyError](err); ok && before != nil {
		_, nobody.leaves = before(nobody.name)
	}
	return err
}

func (o Owners) user(name string) (uint32, bool, error) {
	id, declared, err := owner(name, "user", o.User, o.UserDeclared)
	return id, declared, orLeaves(err, o.UserBefore)
}

func (o Owners) group(name string) (uint32, bool, error) {
	id, declared, err := owner(name, "group", o.Group, o.GroupDeclared)
	return id, declared, orLeaves(err, o.GroupBefore)
}

// ids gives a state's owner. pending is true when a name does not exist yet.
func (o Owners) ids(s State) (uid, gid uint32, pending bool, err error) {
	var pu, pg bool
	if s.UID != nil {
		uid = *s.UID
	} else if uid, pu, err = o.user(s.User); err != nil {
		return 0, 0, false, err
	}
	if s.GID != nil {
		gid = *s.GID
	} else if gid, pg, err = o.group(s.Group); err != nil {
		return 0, 0, false, err
	}
	return uid, gid, pu || pg, nil
}
