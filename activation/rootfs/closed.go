package rootfs

import (
	"errors"
	"fmt"
	"path"

	"golang.org/x/sys/unix"
)

// Closed says why nothing can be made, replaced or removed in the directory p, or in
// the nearest above it that is there: its flags (chattr(1)), a file system that is
// mounted read-only (the error wraps unix.EROFS), or one that root may not write to:
// of a network, or of another user namespace. It is nil for a caller who is not root:
// another one may be to make the change.
func (r *Root) Closed(p string) error {
	for {
		there, err := r.Exists(p)
		if p == "." || err != nil || there {
			break
		}
		p = path.Dir(p)
	}
	if r.Immutable(p) {
		return fmt.Errorf("%s is immutable; take the flag off with chattr -i -a", r.Name(p))
	}
	if r.uid != 0 {
		return nil
	}
	switch err := r.writable(p); {
	case errors.Is(err, unix.EROFS):
		return readOnly(r.Name(p))
	case errors.Is(err, unix.EACCES), errors.Is(err, unix.EPERM):
		return fmt.Errorf("root may not write in %s: %w", r.Name(p), err)
	}
	// What else is in the way is told where it is looked at.
	return nil
}

// ClosedBeside is Closed, but for a host that is mounted read-only as a whole, so the
// directory state as well: of that a plan can still be made, and a run is refused
// for what it cannot record.
func (r *Root) ClosedBeside(p, state string) error {
	err := r.Closed(p)
	if !errors.Is(err, unix.EROFS) {
		return err
	}
	if there, failed := r.SpaceAt(state); failed == nil && there.ReadOnly {
		return nil
	}
	return err
}

// writable is access(2) of the directory p, which asks the server of a network's.
func (r *Root) writable(p string) error {
	h, err := r.directory(p)
	if err != nil {
		return err
	}
	return again(func() error { return unix.Faccessat(h.fd, ".", unix.W_OK|unix.X_OK, 0) })
}

// readOnly is the error of a directory whose file system is mounted so.
type readOnly string

func (dir readOnly) Error() string {
	return "the file system of " + string(dir) + " is mounted read-only"
}

// Is tells what writing there would give.
func (readOnly) Is(target error) bool { return target == unix.EROFS }
