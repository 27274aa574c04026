package users

import (
	"github.com/activate-agent/activate/activation/plan"
)

// comingGroup is a group that does not exist yet, for the other sources of
// accounts: a block's own, or one that is made with a user.
type comingGroup struct {
	name, origin string
	address      plan.Address
	// what is to be set where the name or the id is somebody else's.
	what string
	// declared is the gid that the configuration says, nil when one is chosen.
	declared *ID
	choose   func() (ID, error)
	chosen   map[string]ID
}

// foreignGroups asks the host's other sources of accounts for the names and ids
// of coming groups: who has the gid of one of theirs may use their files. A
// chosen id that one of them has is chosen anew; a name or a declared id is a
// problem.
func (p *planning) foreignGroups(todo []comingGroup) {
	for range nssRounds {
		if len(todo) == 0 {
			return
		}
		var asked []comingGroup
		var keys []string
		for _, g := range todo {
			if gid, ok := p.comingGID(g); ok {
				asked, keys = append(asked, g), append(keys, g.name, gid.String())
			}
		}
		if len(asked) == 0 {
			return
		}
		found, ok := p.lookup("group", keys, p.book.Group)
		if !ok {
			return
		}
		todo = nil
		for _, g := range asked {
			if p.avoidGroup(g, found) {
				todo = append(todo, g)
			}
		}
	}
}

// comingGID gives the id that g has so far. Why one cannot have any is told
// where the group is made.
func (p *planning) comingGID(g comingGroup) (ID, bool) {
	if g.declared != nil {
		return *g.declared, true
	}
	gid, err := g.choose()
	return gid, err == nil
}

// avoidGroup compares one coming group with what others have. It reports
// whether another id has to be chosen.
func (p *planning) avoidGroup(g comingGroup, found map[string]string) bool {
	gid, _ := p.comingGID(g)
	owner, taken := found[gid.String()]
	if _, named := found[g.name]; named {
		owner, taken = g.name, true
	}
	switch {
	case !taken:
		return false
	case g.declared == nil && owner != g.name:
		p.alloc.holdGroup(owner, gid)
		delete(g.chosen, g.name)
		return true
	}
	p.problem(g.address, g.origin, "See /etc/nsswitch.conf; set another "+g.what+" or name.",
		"another source of accounts has the group %s with that name or the gid %s", owner, gid)
	return false
}

// comingGroups are the groups of blocks that do not exist.
func (p *planning) comingGroups(list []Group) []comingGroup {
	if p.s.cfg.Lookup == nil {
		return nil
	}
	var out []comingGroup
	for _, g := range list {
		if p.book.Group.Find(g.Name) != nil || p.looseGroups[g.Name] {
			continue
		}
		c := comingGroup{
			name: g.Name, origin: g.Origin, address: groupAddress(g.Name), what: "gid", chosen: p.newGIDs,
			choose: func() (ID, error) { return p.chosenGID(g) },
		}
		if !p.gidChosen(g) {
			c.declared = g.GID
		}
		out = append(out, c)
	}
	return out
}

// comingOwnGroups are those that are made with new users.
func (p *planning) comingOwnGroups(list []User, plans []*UserState) []comingGroup {
	if p.s.cfg.Lookup == nil {
		return nil
	}
	var out []comingGroup
	for i, u := range list {
		if _, there := p.gid(u.Name); there || plans[i] == nil || !p.ownGroupWanted(u.Name) || p.looseGroups[u.Name] {
			continue
		}
		out = append(out, comingGroup{
			name: u.Name, origin: u.Origin, address: userAddress(u.Name), what: "group", chosen: p.ownGIDs,
			choose: func() (ID, error) { return p.ownGID(u, plans[i]) },
		})
	}
	return out
}
