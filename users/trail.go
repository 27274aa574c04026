package users

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/activate-agent/activate/activation/rootfs"
)

// spot is what stands at a path, or will stand there.
type spot struct {
	path string
	// kind is 0 where nothing stands.
	kind     rootfs.Type
	uid, gid ID
	mode     uint32
	// target is a link's text.
	target string
	// fresh tells a directory in which there is only what the plan puts there.
	fresh bool
	// by is the change of a path that makes it so, nil where none does.
	by *Other
}

// trail is a way through directories, links followed.
type trail struct {
	// dirs are those on the way, by their own paths.
	dirs map[string]spot
	// end is where the way ends.
	end spot
	// look gives what stands at a path; fresh tells that nothing does yet.
	look  func(p string, fresh bool) (spot, error)
	links int
}

// newTrail starts a way at the root.
func newTrail(look func(p string, fresh bool) (spot, error)) *trail {
	return &trail{dirs: map[string]spot{}, end: spot{kind: rootfs.Dir}, look: look}
}

// linksLimit is how many links Linux follows in one path.
const linksLimit = 40

// follow goes on along names, which are relative to the end. It reports whether
// that leads anywhere; what is missing on the way is taken for directories that
// are yet to be made.
func (t *trail) follow(names string) (bool, error) {
	if names == "." {
		return true, nil
	}
	for rest := strings.Split(names, "/"); len(rest) > 0; {
		at := t.end
		if at.kind != rootfs.Dir && at.kind != 0 {
			return false, nil
		}
		next, err := t.look(path.Join(at.path, rest[0]), at.fresh || at.kind == 0)
		if err != nil {
			return false, err
		}
		rest = rest[1:]
		if next.kind != rootfs.Symlink {
			t.arrive(next)
			continue
		}
		if t.links++; t.links > linksLimit {
			return false, nil
		}
		rest, t.end = linked(at.path, next.target, rest), spot{kind: rootfs.Dir}
	}
	return true, nil
}

// arrive makes s the end.
func (t *trail) arrive(s spot) {
	t.end = s
	if s.kind == rootfs.Dir {
		t.dirs[s.path] = s
	}
}

// linked gives the way that is left at a link in the directory at, from the
// root.
func linked(at, target string, rest []string) []string {
	if path.IsAbs(target) {
		at = ""
	}
	// No way leads above the root.
	full := strings.TrimPrefix(path.Join("/", at, target), "/")
	if full == "" {
		return rest
	}
	return append(strings.Split(full, "/"), rest...)
}

// standing gives what stands at p on the host. A link that is neither root's nor
// owner's own leads nowhere.
func standing(root *rootfs.Root, p string, owner ID) (spot, error) {
	s := spot{path: p}
	info, err := root.Lstat(p)
	switch {
	case errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTDIR):
		return s, nil
	case err != nil:
		return s, fmt.Errorf("cannot look at %s: %w", root.Name(p), rootfs.Reason(err))
	case info.Type == rootfs.Symlink && info.UID != 0 && ID(info.UID) != owner:
		return s, nil
	}
	s.kind, s.uid, s.gid, s.mode = info.Type, ID(info.UID), ID(info.GID), info.Mode
	if s.kind == rootfs.Symlink {
		if s.target, err = root.Readlink(p); err != nil {
			return s, fmt.Errorf("cannot read the link %s: %w", root.Name(p), rootfs.Reason(err))
		}
	}
	return s, nil
}

// passed gives the directories on the way, by path.
func (t *trail) passed() []spot {
	var out []spot
	for _, p := range slices.Sorted(maps.Keys(t.dirs)) {
		out = append(out, t.dirs[p])
	}
	return out
}
