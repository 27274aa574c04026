package users

import (
	"fmt"
	"slices"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/users/accounts"
)

// migrateGroup plans the way of a group to another gid. The accounts whose
// primary group it is go with it, and so do their homes; further files of the
// group are their owners' to find.
func (p *planning) migrateGroup(g Group, cur *GroupState, after *GroupState) bool {
	if !p.gidFree(g) {
		return false
	}
	m, err := p.groupBelongings(g.Name, cur.GID, *g.GID)
	if err != nil {
		p.problem(groupAddress(g.Name), g.Origin, "Give it back or move it away first.", "cannot migrate its gid: %v", err)
		return false
	}
	after.GID, after.Migrate = *g.GID, m
	return true
}

// migrateGroupBack plans the way back, for a group that leaves the
// configuration. It keeps its gid where the old one is not to be had.
func (p *planning) migrateGroupBack(name string, before, after *GroupState, to ID) {
	other := p.alloc.groupOf(to, name)
	m, err := p.groupBelongings(name, before.GID, to)
	if other == "" && err == nil {
		after.GID, after.Migrate = to, m
		return
	}
	why := fmt.Sprintf("%s has it now", other)
	if err != nil {
		why = err.Error()
	}
	p.diff.Warnings = append(p.diff.Warnings, plan.Problemf(groupAddress(name), "", "",
		"cannot give group %s its gid %s back: %s", name, to, why))
}

// groupBelongings finds the homes of those whose primary group is the named one,
// with the gid from. An account or a file that has the gid to already could not
// be told from those afterwards, and is an error; so is a second group with the
// gid from, to which they may belong as well.
func (p *planning) groupBelongings(group string, from, to ID) (*migration, error) {
	if other := p.book.OtherGroup(from, group); other != "" {
		return nil, fmt.Errorf("group %s has the gid %s too", other, from)
	}
	if others := p.book.Primaries(to); len(others) > 0 {
		return nil, fmt.Errorf("the primary group of %s has the gid %s already", others[0], to)
	}
	m := &migration{Modes: map[string]string{}}
	root := p.s.cfg.Root
	for _, name := range p.usersOf(group, from) {
		u, _ := p.book.FindUser(name)
		homes := []string{u.Home}
		if wanted := p.user[name]; wanted != nil && wanted.Home != "" {
			homes = append(homes, wanted.Home)
		}
		if was := p.originalUser(name); was != nil {
			homes = append(homes, was.Home)
		}
		if u.Uid != 0 {
			m.Trees = union(m.Trees, p.ownHomes(ID(u.Uid), homes...))
		}
	}
	mine := func(info rootfs.Info) bool { return info.UID != 0 }
	m.Trees = append(m.Trees, p.carriedTrees(groupAddress(group), m, mine)...)
	for _, tree := range m.Trees {
		if err := p.migratable(m, tree, gids(root), from, to); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// usersOf gives the users whose primary group is the named one, with its gid, or was
// it before the configuration gave them another: their homes have its files still,
// and they come back to it when that one goes.
func (p *planning) usersOf(group string, gid ID) []string {
	names := slices.Clone(p.book.Primaries(gid))
	for a := range p.s.cfg.Originals {
		if a.Kind() != plan.KindUser {
			continue
		}
		was := p.originalUser(a.Name())
		if _, there := p.book.FindUser(a.Name()); there && was != nil && was.Group == group && !slices.Contains(names, a.Name()) {
			names = append(names, a.Name())
		}
	}
	slices.Sort(names)
	return names
}

// renumber gives a group its new gid, in its own line and in those of the
// accounts whose primary group it is.
func (e *edit) renumber(c groupChange) error {
	from, to := c.before.GID, c.after.GID
	if other := e.alloc.groupOf(to, c.name); other != "" {
		return fmt.Errorf("the gid %s is now %s's", to, other)
	}
	e.book.Group.Set(e.book.Group.Find(c.name), accounts.GrGID, to.String())
	for _, name := range e.book.Primaries(from) {
		e.book.Passwd.Set(e.book.Passwd.Find(name), accounts.PwGID, to.String())
	}
	e.book.MoveGroup(c.name, from, to)
	e.alloc.holdGroup(c.name, to)
	e.ledger.giveGroup(c.name, from)
	e.ledger.giveGroup(c.name, to)
	if e.ledger.madeGroup(c.name, from) {
		e.ledger.noteGroup(c.name, to)
	}
	return nil
}

// carryGroup gives what belongs to a group to its new gid, as carry does.
func (s *Subsystem) carryGroup(c groupChange) error {
	if !c.migrates() {
		return nil
	}
	m := c.after.Migrate
	if m == nil {
		m = c.before.Migrate
	}
	return s.renumberFiles(m, gids(s.cfg.Root), uint32(c.before.GID), uint32(c.after.GID))
}
