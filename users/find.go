package users

import (
	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/users/accounts"
)

// FindUID gives the name and home of the first account in the root's passwd(5)
// with that uid; an empty name for none. Unlike ReadNames it needs no file that
// only root may read.
func FindUID(root *rootfs.Root, uid uint32) (name, home string, err error) {
	r, err := find(root, func(r *accounts.Row) bool { return uint32(accounts.ParseID(r.Field(accounts.PwUID))) == uid })
	if r == nil {
		return "", "", err
	}
	return r.Name(), r.Field(accounts.PwHome), nil
}

// FindName gives the uid of the first account in the root's passwd(5) with that
// name; found is false for none.
func FindName(root *rootfs.Root, name string) (uid uint32, found bool, err error) {
	r, err := find(root, func(r *accounts.Row) bool { return r.Name() == name })
	if r == nil {
		return 0, false, err
	}
	return uint32(accounts.ParseID(r.Field(accounts.PwUID))), true, nil
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

// find gives the first entry of passwd(5) that is meant, nil for none.
func find(root *rootfs.Root, meant func(r *accounts.Row) bool) (*accounts.Row, error) {
	doc, err := accounts.ReadPasswd(root)
	if err != nil {
		return nil, err
	}
	for _, r := range doc.Rows() {
		if r.Name() != "" && meant(r) {
			return r, nil
		}
	}
	return nil, nil
}
