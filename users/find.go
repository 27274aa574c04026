package users

import (
	"fmt"

	"github.com/opencontainers/runc/libcontainer/user"

	"github.com/activate-agent/activate/activation/rootfs"
)

// FindUID gives the name and home of the first account in the root's passwd(5)
// with that uid; an empty name for none. Unlike ReadNames it needs no file that
// only root may read.
func FindUID(root *rootfs.Root, uid uint32) (name, home string, err error) {
	u, err := find(root, func(u user.User) bool { return uint32(u.Uid) == uid })
	return u.Name, u.Home, err
}

// FindName gives the uid of the first account in the root's passwd(5) with that
// name; found is false for none.
func FindName(root *rootfs.Root, name string) (uid uint32, found bool, err error) {
	u, err := find(root, func(u user.User) bool { return u.Name == name })
	return uint32(u.Uid), u.Name != "", err
}

// Lingers tells whether the named user's services run without a login, as d
// says or else as logind was told.
func Lingers(root *rootfs.Root, d Desired, name string) bool {
	for _, u := range d.Users {
		if u.Name == name && u.Linger != nil {
			return *u.Linger
		}
	}
	_, err := root.Lstat(lingerPath(name))
	return err == nil
}

// find gives the first entry of passwd(5) that is meant, an empty one for none.
func find(root *rootfs.Root, meant func(user.User) bool) (user.User, error) {
	data, err := root.ReadFile(passwdPath, fileLimit)
	if err != nil {
		return user.User{}, fmt.Errorf("cannot read %s: %w", root.Name(passwdPath), rootfs.Reason(err))
	}
	doc, err := parseDocument(data, passwdLine)
	if err != nil {
		return user.User{}, fmt.Errorf("cannot read %s: %w", root.Name(passwdPath), err)
	}
	found, err := user.ParsePasswdFilter(validLines(doc), meant)
	if err != nil {
		return user.User{}, fmt.Errorf("cannot parse %s: %w", root.Name(passwdPath), err)
	}
	if len(found) == 0 {
		return user.User{}, nil
	}
	return found[0], nil
}
