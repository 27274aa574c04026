package users

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
)

// migration is where what an account owns is looked for when its uid changes;
// paths are relative to the root.
type migration struct {
	// Trees are walked whole, Paths are single files and directories.
	Trees []string `json:"trees,omitempty"`
	Paths []string `json:"paths,omitempty"`
	// Modes are those of files with setuid or setgid, which chown(2) clears.
	Modes map[string]string `json:"modes,omitempty"`
}

// migrate plans the way of an account to another uid: what it owns goes with
// it. It reports whether that can be undone exactly.
func (p *planning) migrate(u User, cur *UserState, after *UserState) bool {
	if !p.uidFree(u) {
		return false
	}
	m, err := p.belongings(u.Name, cur, after.Home, *u.UID)
	if err != nil {
		p.problem(userAddress(u.Name), u.Origin, "Give it back or move it away first.", "cannot migrate its uid: %v", err)
		return false
	}
	after.UID, after.Migrate = *u.UID, m
	return true
}

// migrateBack plans the way back, for an account that leaves the
// configuration. It keeps its uid where the old one is not to be had.
func (p *planning) migrateBack(name string, cur, after *UserState, to ID) {
	other := p.alloc.userOf(to, name)
	m, err := p.belongings(name, cur, after.Home, to)
	if other == "" && err == nil {
		after.UID, after.Migrate = to, m
		return
	}
	why := fmt.Sprintf("%s has it now", other)
	if err != nil {
		why = err.Error()
	}
	p.diff.Warnings = append(p.diff.Warnings, plan.Problemf(userAddress(name), "", "",
		"cannot give user %s its uid %s back: %s", name, to, why))
}

// belongings finds what the account cur owns: its home, if it is its own, the one
// that it is to have, and its spool files; managed paths are compared with the new uid by themselves.
// Something there that has the new uid already could not be told from it
// afterwards, and is an error.
func (p *planning) belongings(name string, cur *UserState, home string, to ID) (*migration, error) {
	root := p.s.cfg.Root
	m := &migration{Modes: map[string]string{}, Trees: p.ownHomes(cur.UID, cur.Home, home)}
	mine := func(info rootfs.Info) bool { return info.UID == uint32(cur.UID) }
	m.Trees = append(m.Trees, p.carriedTrees(userAddress(name), m, mine)...)
	for _, dir := range []string{"var/mail", "var/spool/cron/crontabs"} {
		at := path.Join(dir, name)
		if info, err := root.Lstat(at); err == nil && info.UID == uint32(cur.UID) {
			m.Paths = append(m.Paths, at)
		}
	}
	for _, tree := range m.Trees {
		if err := p.migratable(m, tree, uids(p.s.cfg.Root), cur.UID, to); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// ownHomes gives those of homes that are directories of the uid's own.
func (p *planning) ownHomes(uid ID, homes ...string) []string {
	var out []string
	for _, h := range homes {
		home := rootfs.Rel(h)
		info, err := p.s.cfg.Root.Lstat(home)
		if err == nil && home != "." && info.Type == rootfs.Dir && info.UID == uint32(uid) && !slices.Contains(out, home) {
			out = append(out, home)
		}
	}
	return out
}

// numbering is one of the two sorts of ids that an inode has.
type numbering struct {
	name   string
	of     func(rootfs.Info) uint32
	change func(path string, from, to uint32) error
}

func uids(root *rootfs.Root) numbering {
	return numbering{"uid", func(i rootfs.Info) uint32 { return i.UID }, root.ChangeUser}
}

func gids(root *rootfs.Root) numbering {
	return numbering{"gid", func(i rootfs.Info) uint32 { return i.GID }, root.ChangeGroup}
}

// migratable looks at everything in a tree before anything is changed.
func (p *planning) migratable(m *migration, tree string, ids numbering, from, to ID) error {
	root := p.s.cfg.Root
	owner := map[string]uint32{}
	err := root.WalkTree(tree, func(at string, info rootfs.Info) error {
		if info.Type == rootfs.Dir {
			owner[at] = ids.of(info)
		}
		if ids.of(info) == uint32(to) {
			return fmt.Errorf("%s has the %s %s already", root.Name(at), ids.name, to)
		}
		if info.Type != rootfs.File || ids.of(info) != uint32(from) {
			return nil
		}
		foreign, below := owner[path.Dir(at)]
		special := info.Mode&0o6000 != 0
		if info.Nlink > 1 && (special || below && foreign != uint32(from)) {
			return fmt.Errorf("%s has other names (hard links)", root.Name(at))
		}
		if special && !utf8.ValidString(at) {
			return fmt.Errorf("%q is setuid or setgid, and its name is not UTF-8, so that its mode could not be given back", root.Name(at))
		}
		if special {
			m.Modes[at] = strconv.FormatUint(uint64(info.Mode), 8)
		}
		return nil
	})
	return rootfs.Reason(err)
}

// carry gives what belongs to an account to its new uid. It may be done again
// after any interruption; the other way round it is undone.
func (s *Subsystem) carry(c userChange) error {
	if c.before == nil || c.after == nil || c.before.UID == c.after.UID {
		return nil
	}
	m := c.after.Migrate
	if m == nil {
		m = c.before.Migrate
	}
	if m == nil {
		return nil
	}
	return s.renumberFiles(m, uids(s.cfg.Root), uint32(c.before.UID), uint32(c.after.UID))
}

// renumberFiles gives what has the id from in a migration's trees and paths the
// id to.
func (s *Subsystem) renumberFiles(m *migration, ids numbering, from, to uint32) error {
	change := func(p string, info rootfs.Info) error {
		if ids.of(info) != from {
			return nil
		}
		return ids.change(p, from, to)
	}
	for _, tree := range m.Trees {
		if err := s.cfg.Root.WalkTree(tree, change); err != nil {
			return fmt.Errorf("cannot give %s to %s %d: %w", s.cfg.Root.Name(tree), ids.name, to, rootfs.Reason(err))
		}
	}
	for _, p := range m.Paths {
		if err := ids.change(p, from, to); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return s.giveModes(m, ids, to)
}

// giveModes gives back what chown(2) took of modes, also when another run was
// cut off in between.
func (s *Subsystem) giveModes(m *migration, ids numbering, owner uint32) error {
	for _, p := range slices.Sorted(maps.Keys(m.Modes)) {
		mode, err := readMode(m.Modes[p])
		if err != nil {
			return fmt.Errorf("%s: %w", s.cfg.Root.Name(p), err)
		}
		if err := s.cfg.Root.RestoreMode(p, func(i rootfs.Info) bool { return ids.of(i) == owner }, mode); err != nil {
			return err
		}
	}
	return nil
}
