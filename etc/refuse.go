package etc

import (
	"cmp"
	"io/fs"
	"path"
	"strings"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
)

// refused gives a problem for each desired path that is not this package's
// business or that contradicts another.
func (s *Subsystem) refused() []plan.Problem {
	var out []plan.Problem
	entries := s.cfg.Desired.Entries
	owner := make(map[string]*Entry, len(entries))
	for i, e := range entries {
		if why := s.forbidden(e.Path); why != "" {
			out = append(out, s.problem(e, "", "%s", why))
			continue
		}
		if rootfs.TooLong("/" + e.Path) {
			out = append(out, s.problem(e, "", "it is too long for a path, or a name in it is: they have at most 4095 and 255 bytes"))
			continue
		}
		if other, taken := owner[e.Path]; taken {
			out = append(out, s.problem(e, "Keep one of the two.",
				"%s asks for the same path (%s)", other.Address, other.Origin))
			continue
		}
		owner[e.Path] = &entries[i]
	}
	for i, e := range entries {
		if i > 0 && out == nil && path.Dir(e.Path) == path.Dir(entries[i-1].Path) {
			// What is above it is what is above the one before.
			continue
		}
		for dir := path.Dir(e.Path); dir != "." && dir != "/"; dir = path.Dir(dir) {
			if above, ok := owner[dir]; ok && above.Type != Directory {
				out = append(out, s.problem(e, "Only a directory can hold further paths.",
					"%s makes %s something else than a directory (%s)", above.Address, s.cfg.Root.Name(dir), above.Origin))
			}
		}
	}
	return out
}

// problem is about making e.
func (s *Subsystem) problem(e Entry, advice, format string, args ...any) plan.Problem {
	p := plan.Problemf(e.Address, e.Origin, advice, format, args...)
	p.Summary = "cannot make /" + e.Path + ": " + p.Summary
	return p
}

// forbidden gives the reason why p can't be managed, or "".
func (s *Subsystem) forbidden(p string) string {
	switch {
	case !fs.ValidPath(p) || p == "." || strings.ContainsRune(p, 0):
		return "it is not a path below the root"
	case below(p, StaticLink):
		return "it belongs to the agent, which makes it anew for each generation"
	case s.cfg.StateDir != "" && below(p, s.cfg.StateDir):
		return "it is in the state directory"
	case below(p, cmp.Or(s.cfg.RunDir, "run/activate")):
		return "it is in the agent's run directory"
	case isAccountFile(p):
		return "it is an account file; use user and group blocks"
	}
	return ""
}

// isAccountFile tells the files that package users writes, their backups of
// shadow-utils and the lock.
func isAccountFile(p string) bool {
	name, ok := strings.CutPrefix(p, "etc/")
	if !ok {
		return false
	}
	switch strings.TrimSuffix(name, "-") {
	case "passwd", "group", "shadow", "gshadow", "subuid", "subgid", ".pwd.lock":
		return true
	}
	return false
}

// inTheWay gives the problem of a thing that is never replaced, or nil: a
// directory in the way of a file, a link of others to a directory in the way of
// a directory (half of the host may be reached through it), and what is neither
// file, link nor directory.
func (s *Subsystem) inTheWay(e Entry, f found) *plan.Problem {
	var p plan.Problem
	switch f.info.Type {
	case rootfs.FIFO, rootfs.Socket, rootfs.Device:
		p = s.problem(e, "Remove it, or manage another path.", "%s is in the way", f.info.Type)
	case rootfs.Dir:
		if e.Type == Directory {
			return nil
		}
		p = s.problem(e, "Move the directory away, or manage another path.", "a directory is in the way")
	case rootfs.Symlink:
		if e.Type != Directory || s.givesWay(e, f) || !s.leadsToDirectory(f) {
			return nil
		}
		p = s.problem(e, "Declare the directory that it leads to.", "a link to the directory %s is in the way", f.target)
	default:
		return nil
	}
	return &p
}

// givesWay tells whether f is a link that a directory may take the place of,
// wherever it leads: one of ours, or one that ours gave way to until just now.
func (s *Subsystem) givesWay(e Entry, f found) bool {
	return s.madeLink(e, f) || s.cfg.Reverts && f.info.Type == rootfs.Symlink
}

// madeLink tells whether f is a link as an earlier run made it at e's path.
func (s *Subsystem) madeLink(e Entry, f found) bool {
	last, ours := s.made(e)
	return ours && last.Type == Symlink && f.info.Type == rootfs.Symlink && f.target == last.Target
}

// leadsToDirectory tells whether the link f ends at a directory of the root.
func (s *Subsystem) leadsToDirectory(f found) bool {
	_, err := s.cfg.Root.ReadDir(f.path)
	return err == nil
}
