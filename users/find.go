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
	u, err := find(root, func(line string) bool { return uint32(parseID(fieldOf(line, pwUID))) == uid })
	return u.Name, u.Home, err
}

// FindName gives the uid of the first account in the root's passwd(5) with that
// name; found is false for none.
func FindName(root *rootfs.Root, name string) (uid uint32, found bool, err error) {
	u, err := find(root, func(line string) bool { return fieldOf(line, pwName) == name })
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
func find(root *rootfs.Root, meant func(line string) bool) (user.User, error) {
	doc, err := readPasswd(root)
	if err != nil {
		return user.User{}, err
	}
	for i := range doc.lines {
		if r := &doc.lines[i]; r.named > 0 && meant(r.text) {
			return parseUser(r.text), nil
		}
	}
	return user.User{}, nil
}

// readPasswd reads passwd(5) alone.
func readPasswd(root *rootfs.Root) (*document, error) {
	text, err := readText(root, passwdPath, nil)
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", root.Name(passwdPath), rootfs.Reason(err))
	}
	doc, err := parseDocument(text, passwdLine)
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", root.Name(passwdPath), err)
	}
	return doc, nil
}
