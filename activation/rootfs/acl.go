package rootfs

import (
	"errors"

	"golang.org/x/sys/unix"
)

// The attributes of acl(5): what may be done, and what new files in a directory get.
const (
	accessACL  = "system.posix_acl_access"
	defaultACL = "system.posix_acl_default"
)

// forEverybody tells the modes that keep nothing from anybody who reads.
func forEverybody(mode uint32) bool {
	const readable = 0o044
	return mode&readable == readable
}

// trusts tells whether owner may say who else reads what a makes: root, the caller and
// the owner that a gives.
func (r *Root) trusts(owner uint32, a Attr) bool {
	return owner == 0 || owner == r.uid || owner == a.UID
}

// settleACL takes away what the new file fd has of the default ACL of its directory h
// and is not to have. A replaced file is what it was: its ACL is copied after this. Else
// the directory's owner may have meant it for any new file; but not for one that not
// everybody may read, where the owner could give it to whomever they like.
func (r *Root) settleACL(fd int, h *dirHandle, replaces bool, a Attr) error {
	if !replaces && !a.Restored && (forEverybody(a.Mode) || r.trusts(h.uid, a)) {
		return nil
	}
	return dropXattr(fd, accessACL)
}

// settleDir does the same for base, a new directory in h, in which files are to come.
func (r *Root) settleDir(h *dirHandle, base string, a Attr) error {
	if r.trusts(h.uid, a) {
		return nil
	}
	fd, err := openat(h.fd, base, dirFlags|unix.O_NOFOLLOW, 0)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(fd) }()
	return errors.Join(dropXattr(fd, accessACL), dropXattr(fd, defaultACL))
}

// dropXattr removes an attribute that need not be there.
func dropXattr(fd int, name string) error {
	err := again(func() error { return unix.Fremovexattr(fd, name) })
	if errors.Is(err, unix.ENODATA) || errors.Is(err, unix.ENOTSUP) {
		return nil
	}
	return err
}
