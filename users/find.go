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
	data, err := root.ReadFile(passwdPath, fileLimit)
	if err != nil {
		return "", "", fmt.Errorf("cannot read %s: %w", root.Name(passwdPath), bare(err))
	}
	doc, err := parseDocument(data, passwdLine)
	if err != nil {
		return "", "", fmt.Errorf("cannot read %s: %w", root.Name(passwdPath), err)
	}
	found, err := user.ParsePasswdFilter(validLines(doc), func(u user.User) bool { return uint32(u.Uid) == uid })
	if err != nil {
		return "", "", fmt.Errorf("cannot parse %s: %w", root.Name(passwdPath), err)
	}
	if len(found) == 0 {
		return "", "", nil
	}
	return found[0].Name, found[0].Home, nil
}
