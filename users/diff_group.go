package users

import (
	"fmt"
	"slices"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/users/accounts"
)

// oneGroup compares one desired group.
func (p *planning) oneGroup(g Group) {
	a := groupAddress(g.Name)
	cur := p.obs.group(g.Name)
	ours := p.s.made(a)
	if !ours && cur != nil && p.ledger.madeGroup(g.Name, cur.GID) {
		ours, p.s.remade[a] = true, true
	}
	if cur == nil {
		if after, ok := p.newGroup(g); ok {
			p.diff.Changes = append(p.diff.Changes, plan.New(a, nil, p.encode(after), gone(ours), g.Origin))
		}
		return
	}
	after := *cur
	if g.GID != nil && *g.GID != cur.GID && !g.AdoptID {
		// Back to an id that it had is a rollback, and needs no word of its own.
		back := (p.lastGroup[g.Name].MigrateID || p.s.cfg.Reverts) && slices.Contains(p.ledger.FormerGroups[g.Name], *g.GID)
		if !g.MigrateID && !back {
			p.problem(a, g.Origin, fmt.Sprintf("Set gid = %s, leave it out, or set migrate_id = true.", cur.GID), "it exists with the gid %s, not %s", cur.GID, *g.GID)
			return
		}
		if !p.migrateGroup(g, cur, &after) {
			return
		}
	}
	after.Members = minus(union(cur.Members, g.Members), p.droppedMembers(g))
	same := after.GID == cur.GID && slices.Equal(after.Members, cur.Members)
	before := *cur
	if !same || !ours {
		before.Lines = p.s.cfg.Store.Keyed(p.book.groupBundle(g.Name).encode())
	}
	p.settle(a, before, after, same, ours, groupReason(*cur, after), g.Origin)
}

func gone(ours bool) string {
	if ours {
		return "it is gone from the host"
	}
	return ""
}

func groupReason(cur, after GroupState) string {
	if cur.GID != after.GID {
		return fmt.Sprintf("the gid is %s, not %s", cur.GID, after.GID)
	}
	return "the members differ"
}

// newGroup chooses the id of a group that does not exist.
func (p *planning) newGroup(g Group) (GroupState, bool) {
	a := groupAddress(g.Name)
	if p.looseGroups[g.Name] {
		p.problem(a, g.Origin, "Repair or remove the line.", "a malformed line of /etc/group has this name")
		return GroupState{}, false
	}
	st := GroupState{Members: union(g.Members, nil)}
	if !p.gidChosen(g) {
		st.GID = *g.GID
		return st, p.gidFree(g)
	}
	var err error
	if st.GID, err = p.chosenGID(g); err != nil {
		p.problem(a, g.Origin, "Set gid, or widen the range.", "%v", err)
		return st, false
	}
	st.Chosen = true
	return st, true
}

// gidChosen tells a new group whose gid the configuration does not say, or which
// comes back to the one it had.
func (p *planning) gidChosen(g Group) bool {
	return g.GID == nil || g.AdoptID && p.alloc.gidReturns(g.Name)
}

// chosenGID chooses the gid of a new group, once.
func (p *planning) chosenGID(g Group) (ID, error) {
	if gid, chosen := p.newGIDs[g.Name]; chosen {
		return gid, nil
	}
	gid, err := p.alloc.gid(g.Name, g.System, 0)
	if err != nil {
		return 0, err
	}
	p.alloc.holdGroup(g.Name, gid)
	p.newGIDs[g.Name] = gid
	return gid, nil
}

// gidFree checks a declared gid.
func (p *planning) gidFree(g Group) bool {
	other := p.alloc.groupOf(*g.GID, g.Name)
	if other == "" {
		return true
	}
	advice := p.alloc.offer(*g.GID, 1)
	p.problem(groupAddress(g.Name), g.Origin, advice, "the gid %s is %s's%s", *g.GID, other, p.past(p.book.Group, other))
	return false
}

// past explains an id that only the ledger remembers.
func (p *planning) past(d *accounts.Document, name string) string {
	if d.Find(name) != nil {
		return ""
	}
	return ", which had it before (ids are never given to another name)"
}

// droppedMembers are those that an earlier configuration put into g and that
// nothing asks for any more.
func (p *planning) droppedMembers(g Group) []string {
	var out []string
	original := p.originalGroup(g.Name)
	for _, m := range p.lastGroup[g.Name].Members {
		if p.joins[membership{g.Name, m}] || original != nil && slices.Contains(original.Members, m) {
			continue
		}
		out = append(out, m)
	}
	return out
}

func (p *planning) originalGroup(name string) *GroupState {
	st, err := p.s.groupStates.Decode(p.s.cfg.Originals[groupAddress(name)])
	if err != nil {
		return nil
	}
	return st
}

// goingGroups are those that an earlier run made, and that neither a block nor
// a user's own group asks for any more.
func (p *planning) goingGroups() map[string]bool {
	out := map[string]bool{}
	for name := range p.lastGroup {
		if _, wanted := p.group[name]; !wanted && !p.ownGroupWanted(name) && p.originalGroup(name) == nil {
			out[name] = true
		}
	}
	for name, u := range p.lastUser {
		if p.user[name] == nil && u.OnRemoval != "lock" && p.originalUser(name) == nil && p.ownsGroup(name) {
			out[name] = true
		}
	}
	return out
}

// lingeringGroups are the groups that were made for their users, and that stay until
// these go although each of them has another one by now. Nothing else may want one: a
// host where the user never had its own has none.
func (p *planning) lingeringGroups() map[string]bool {
	out := map[string]bool{}
	for name := range p.user {
		if !p.ownGroupWanted(name) && p.ownsGroup(name) {
			out[name] = true
		}
	}
	return out
}

// leaveGroup plans the way of a group that is no longer desired; after are the
// users that this plan changes, as they will be.
func (p *planning) leaveGroup(g Group, after map[string]*UserState) {
	a := groupAddress(g.Name)
	cur := p.obs.group(g.Name)
	if cur == nil {
		return
	}
	before := *cur
	before.Lines = p.s.cfg.Store.Keyed(p.book.groupBundle(g.Name).encode())
	if original := p.originalGroup(g.Name); original != nil {
		p.returnGroup(g, before, *original)
		return
	}
	if _, ours := p.ledger.Groups[g.Name]; !ours {
		p.diff.Warnings = append(p.diff.Warnings, plan.Problemf(a, "", "", "cannot remove group %s: nothing says that it was made here, so it stays", g.Name))
		return
	}
	if p.ownGroupWanted(g.Name) {
		// It goes on as the own group of a user, without the members.
		p.returnGroup(g, before, GroupState{GID: cur.GID})
		return
	}
	if p.stays(g.Name, cur.GID, after) {
		p.returnGroup(g, before, GroupState{GID: cur.GID})
		return
	}
	p.diff.Changes = append(p.diff.Changes, plan.New(a, p.encode(before), nil, "no longer in the configuration", ""))
}

// returnGroup takes from a group that was there before us what we gave it.
func (p *planning) returnGroup(g Group, before, original GroupState) {
	after := before
	after.Lines = original.Lines
	given := minus(g.Members, original.Members)
	kept := slices.DeleteFunc(given, func(m string) bool { return p.joins[membership{g.Name, m}] })
	after.Members = minus(before.Members, kept)
	if original.GID != before.GID && p.ledger.Groups[g.Name] == before.GID && slices.Contains(p.ledger.FormerGroups[g.Name], original.GID) {
		p.migrateGroupBack(g.Name, &before, &after, original.GID)
	}
	if after.GID == before.GID && slices.Equal(after.Members, before.Members) {
		return
	}
	p.diff.Changes = append(p.diff.Changes, plan.New(groupAddress(g.Name), p.encode(before), p.encode(after),
		"no longer in the configuration, what it was before returns", ""))
}

// ownGroupWanted tells whether a desired user has name's group for its own.
func (p *planning) ownGroupWanted(name string) bool {
	u, ok := p.user[name]
	return ok && (u.Group == "" || u.Group == name)
}

// stays tells, and says, that a group of ours that leaves the configuration has
// to stay for the sake of those whose primary group it is; after are the users
// that this plan changes, as they will be.
func (p *planning) stays(group string, gid ID, after map[string]*UserState) bool {
	user := p.primaryOf(group, gid, after)
	if user == "" {
		return false
	}
	if p.gone[group] {
		// Only of one who is refused for wanting to be in it as well.
		return true
	}
	p.diff.Warnings = append(p.diff.Warnings, plan.Problemf(groupAddress(group), "", "",
		"cannot remove group %s: it is the primary group of %s, so it stays", group, user))
	if p.going[group] {
		p.staying[group] = true
	}
	return true
}

// primaryOf gives a user who has a group as primary group once the plan is
// applied. One for whom the configuration asks for it does not count: it could
// not have it on a host where the group never was.
func (p *planning) primaryOf(group string, gid ID, after map[string]*UserState) string {
	for _, name := range p.book.Primaries(gid) {
		if u := p.user[name]; u != nil && u.Group == group {
			continue
		}
		st, changed := after[name]
		if !changed {
			return name
		}
		if st == nil {
			continue
		}
		if stays, _ := p.book.GID(st.Group); stays == gid {
			return name
		}
	}
	return ""
}
