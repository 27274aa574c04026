package users

import (
	"github.com/activate-agent/activate/activation/plan"
)

// newPrimary gives a new user its primary group: the named one, the existing
// or declared one of its own name, or one that is made with it.
func (p *planning) newPrimary(u User, st *UserState) bool {
	name := u.Group
	if name == "" {
		name = u.Name
	}
	st.Group = p.groupLabel(name)
	if u.Group != "" && u.Group != u.Name {
		gid, ok := p.askedGID(name)
		if !ok {
			p.noGroup(u, u.Group)
		}
		st.GID = gid
		return ok
	}
	if gid, ok := p.gid(name); ok {
		st.GID = gid
		return true
	}
	if p.looseGroups[name] {
		p.problem(userAddress(u.Name), u.Origin, "Repair or remove the line.", "a malformed line of /etc/group has this name")
		return false
	}
	gid, err := p.ownGID(u, st)
	if err != nil {
		p.problem(userAddress(u.Name), u.Origin, "Set group, or widen the range.", "%v", err)
		return false
	}
	st.OwnGroup, st.GID = true, gid
	return true
}

// ownGID chooses the gid of the group that is made with a user, once.
func (p *planning) ownGID(u User, st *UserState) (ID, error) {
	if gid, made := p.ownGIDs[u.Name]; made {
		return gid, nil
	}
	gid, err := p.alloc.gid(u.Name, u.System, st.UID)
	if err != nil {
		return 0, err
	}
	p.alloc.holdGroup(u.Name, gid)
	p.ownGIDs[u.Name] = gid
	return gid, nil
}

// noGroup refuses a group that u names and that is not there.
func (p *planning) noGroup(u User, group string) {
	a := userAddress(u.Name)
	switch {
	case p.looseGroups[group]:
		p.problem(a, u.Origin, "Repair or remove the line.", "the group %q has a line in /etc/group that is malformed or too long", group)
	case p.going[group]:
		p.problem(a, u.Origin, "Declare the group.", "there is no group %q once this is applied: it leaves the configuration", group)
	case p.lingering[group]:
		p.problem(a, u.Origin, "Declare the group.", "the group %q is only there until user %s goes, who has another one", group, group)
	default:
		p.problem(a, u.Origin, "Declare the group, or correct the name.", "there is no group %q", group)
	}
}

// askedGID resolves a group that one user asks for: also another's own group,
// which this plan makes with that user.
func (p *planning) askedGID(name string) (ID, bool) {
	if gid, ok := p.gid(name); ok {
		return gid, true
	}
	if p.going[name] || p.looseGroups[name] || !p.ownGroupWanted(name) {
		return 0, false
	}
	u, st := p.user[name], p.fresh[name]
	if now, there := p.book.FindUser(name); there && p.losesPrimary(*u) {
		st = &UserState{UID: ID(now.Uid)}
	}
	if st == nil {
		return 0, false
	}
	gid, err := p.ownGID(*u, st)
	return gid, err == nil
}

// gid resolves a group that exists and stays, or that this plan makes for itself.
func (p *planning) gid(name string) (ID, bool) {
	if p.going[name] || p.lingering[name] {
		return 0, false
	}
	if gid, ok := p.book.GID(name); ok {
		return gid, true
	}
	if g, ok := p.group[name]; ok {
		if g.GID != nil {
			return *g.GID, true
		}
		gid, made := p.newGIDs[name]
		return gid, made
	}
	return 0, false
}

// primary gives an existing account the primary group of u. One that is no
// longer said goes back to what it was before us, or to the own group.
func (p *planning) primary(u User, after, cur *UserState) bool {
	switch original := p.originalUser(u.Name); {
	case u.Group == "" && p.last(u.Name).Group == "":
		return true
	case u.Group == "" && original != nil:
		p.oldPrimary(u, after, original.Group)
		return true
	case p.losesPrimary(u):
		if !p.newPrimary(u, after) {
			return false
		}
		if !after.OwnGroup {
			after.GID = 0
		}
		return true
	}
	gid, ok := p.askedGID(u.Group)
	if !ok {
		p.noGroup(u, u.Group)
		return false
	}
	if now, _ := p.book.GID(cur.Group); now != gid {
		after.Group = p.groupLabel(u.Group)
	}
	return true
}

// losesPrimary tells an account of ours that goes from the group that it was
// given to its own.
func (p *planning) losesPrimary(u User) bool {
	return u.Group == "" && p.last(u.Name).Group != "" && p.originalUser(u.Name) == nil
}

// oldPrimary gives an account the primary group of before, if it is there still.
func (p *planning) oldPrimary(u User, after *UserState, group string) {
	if _, there := p.book.GID(group); there {
		after.Group = group
		return
	}
	p.diff.Warnings = append(p.diff.Warnings, plan.Problemf(userAddress(u.Name), u.Origin, "",
		"cannot give user %s its primary group back: its group %s of before is gone", u.Name, group))
}
