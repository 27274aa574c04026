package etc

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"unicode/utf8"

	"golang.org/x/sys/unix"

	"github.com/activate-agent/activate/activation/rootfs"
)

// found is what stands at a path now. The zero info.Type means nothing.
type found struct {
	path   string
	info   rootfs.Info
	target string // of a link
}

func (f found) exists() bool { return f.info.Type != 0 }

// isOurLink tells a link that leads through /etc/static to this very path.
// Nobody else makes such links, so it is ours even when no record says so.
func (f found) isOurLink() bool {
	return f.info.Type == rootfs.Symlink && f.target == linkText(f.path)
}

// observe looks at p: one lstat(2), and a readlink(2) for a link that moved
// since its stamp.
func (s *Subsystem) observe(p string) (found, error) {
	info, err := s.cfg.Root.Lstat(p)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTDIR) {
		return found{path: p}, nil
	}
	if err != nil {
		return found{}, fmt.Errorf("cannot look at %s: %w", s.cfg.Root.Name(p), rootfs.Reason(err))
	}
	f := found{path: p, info: info}
	if info.Type != rootfs.Symlink {
		return f, nil
	}
	if text, ok := s.stamped(p, info); ok {
		f.target = text
		return f, nil
	}
	if f.target, err = s.cfg.Root.Readlink(p); err != nil {
		return found{}, fmt.Errorf("cannot look at %s: %w", s.cfg.Root.Name(p), rootfs.Reason(err))
	}
	return f, nil
}

// secretBelow is the size up to which a file that not everybody may read is
// taken for a secret. A guess at larger content can't be tried out by its hash.
const secretBelow = 16 << 20

// guarded tells whether the content of a file that others own must stay out
// of plans: not everybody may read it.
func (f found) guarded() bool {
	return f.info.Type == rootfs.File && f.info.Mode&0o004 == 0 && f.info.Size <= secretBelow
}

// state describes what f found for a plan, reading the content of a file for
// its hash. secret keeps a hash that can be guessed at out of it.
func (s *Subsystem) state(f found, secret bool) (*State, error) {
	if !f.exists() {
		return nil, nil
	}
	st := &State{Type: typeOf(f.info.Type)}
	if f.info.Type == rootfs.Symlink {
		if !utf8.ValidString(f.target) {
			// Plans, journals and records are JSON.
			return nil, fmt.Errorf("the text of the link there is not UTF-8 (%q), so that it could not be put back; remove it first", f.target)
		}
		st.Target = f.target
		if own := s.cfg.Root.Private(); f.info.UID != own.UID || f.info.GID != own.GID {
			st.UID, st.GID = &f.info.UID, &f.info.GID
		}
		return st, nil
	}
	st.Mode = formatMode(f.info.Mode)
	uid, gid := f.info.UID, f.info.GID
	st.UID, st.GID = &uid, &gid
	st.User, st.Group = displayID(uid), displayID(gid)
	if f.info.Type != rootfs.File {
		return st, nil
	}
	size := f.info.Size
	st.Size = &size
	sum, err := s.hashFile(f.path, secret || f.guarded())
	if err != nil {
		return nil, err
	}
	if rootfs.IsKeyed(sum) {
		st.Keyed, st.Size = sum, nil
	} else {
		st.SHA256 = sum
	}
	_, st.Xattrs, err = s.cfg.Store.Xattrs(f.path)
	return st, err
}

func displayID(id uint32) string {
	if id == 0 {
		return "root"
	}
	return strconv.FormatUint(uint64(id), 10)
}

// typeOf gives the type of a State; it is for types that an entry can have.
func typeOf(t rootfs.Type) Type {
	switch t {
	case rootfs.File:
		return File
	case rootfs.Dir:
		return Directory
	case rootfs.Symlink:
		return Symlink
	case rootfs.FIFO:
		return "fifo"
	case rootfs.Socket:
		return "socket"
	case rootfs.Device:
		return "device"
	}
	return Type(t.String())
}

// hashFile gives the hash of the regular file p, keyed if asked for.
func (s *Subsystem) hashFile(p string, keyed bool) (string, error) {
	f, err := s.cfg.Root.Open(p)
	if err != nil {
		return "", fmt.Errorf("cannot read %s: %w", s.cfg.Root.Name(p), rootfs.Reason(err))
	}
	defer func() { _ = f.Close() }()
	sum := rootfs.Sum
	if keyed {
		sum = s.cfg.Store.KeyedOf
	}
	hash, err := sum(f)
	if err != nil {
		return "", fmt.Errorf("cannot read %s: %w", s.cfg.Root.Name(p), rootfs.Reason(err))
	}
	return hash, nil
}

// holdsContent tells whether the regular file f has the content of want,
// by its stamp if that still stands, else by reading it.
func (s *Subsystem) holdsContent(f found, want State) (bool, error) {
	hash := want.hash()
	if hash == "" {
		return false, nil
	}
	if sum, ok := s.stamped(f.path, f.info); ok && rootfs.IsKeyed(sum) == rootfs.IsKeyed(hash) {
		return sum == hash, nil
	}
	if want.Size != nil && *want.Size != f.info.Size {
		return false, nil
	}
	sum, err := s.hashFile(f.path, rootfs.IsKeyed(hash))
	return sum == hash, err
}
