package users

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/activate-agent/activate/activation/plan"
)

// leaving plans the way of the accounts in Last that are no longer desired:
// users first, so that no group goes before its users.
func (p *planning) leaving() {
	gone := map[string]*UserState{}
	for _, u := range p.leavers() {
		if st := p.leaveUser(u); st != nil {
			gone[u.Name] = st
		}
	}
	if len(gone)+len(p.s.cfg.Last.Groups) == 0 && !p.s.cfg.Undo {
		return
	}
	after := p.changedUsers()
	for name := range gone {
		after[name] = nil
	}
	for _, name := range slices.Sorted(maps.Keys(gone)) {
		p.removeUser(name, *gone[name], after)
	}
	for _, g := range append(slices.Clone(p.s.cfg.Last.Groups), p.keptGroups(gone)...) {
		if _, wanted := p.group[g.Name]; !wanted {
			p.leaveGroup(g, after)
		}
	}
}

// leavers are the users that are no longer desired.
func (p *planning) leavers() []User {
	var out []User
	for _, u := range p.s.cfg.Last.Users {
		if _, wanted := p.user[u.Name]; !wanted {
			out = append(out, u)
		}
	}
	if p.s.cfg.Undo {
		for _, name := range slices.Sorted(maps.Keys(p.ledger.Locked)) {
			out = append(out, User{Name: name})
		}
	}
	return out
}

// changedUsers are the users that the plan changes so far, as they will be.
func (p *planning) changedUsers() map[string]*UserState {
	out := map[string]*UserState{}
	for _, ch := range p.diff.Changes {
		if ch.Kind != plan.KindUser {
			continue
		}
		if st, err := p.s.userStates.Decode(ch.After); err == nil {
			out[ch.Address.Name()] = st
		}
	}
	return out
}

// leaveUser plans the way of a user that returns to what it was or that is
// locked, and gives what one is that is to be removed.
func (p *planning) leaveUser(u User) *UserState {
	a := userAddress(u.Name)
	cur, err := p.current(User{Name: u.Name}, u)
	if err != nil {
		p.diff.Problems = append(p.diff.Problems, plan.Problemf(a, "", "", "cannot remove user %s: %v", u.Name, err))
		return nil
	}
	if cur == nil {
		return nil
	}
	if original := p.originalUser(u.Name); original != nil {
		p.returnUser(u, *cur, *original)
		return nil
	}
	given, ours := p.ledger.Users[u.Name]
	if !ours {
		p.diff.Warnings = append(p.diff.Warnings, plan.Problemf(a, "", "", "cannot remove user %s: nothing says that it was made here, so it stays", u.Name))
		return nil
	}
	if given != cur.UID {
		p.diff.Warnings = append(p.diff.Warnings, plan.Problemf(a, "", "", "cannot remove user %s: it has the uid %s, not the %s it was given, so it is another account and stays", u.Name, cur.UID, given))
		return nil
	}
	if u.OnRemoval == "lock" && !p.s.cfg.Undo {
		p.lockUser(a, *cur)
		return nil
	}
	return cur
}

// removeUser plans the removal of a user, and of its own group unless somebody
// has that for the primary group; after are the users that the plan changes.
func (p *planning) removeUser(name string, before UserState, after map[string]*UserState) {
	// The content of a home is never removed.
	before.Keys = nil
	before.Groups = slices.DeleteFunc(slices.Clone(before.Groups), func(g string) bool { return p.joins[membership{g, name}] })
	if p.ownsGroup(name) {
		gid, _ := p.book.GID(name)
		if before.OwnGroup = !p.stays(name, gid, after); before.OwnGroup {
			before.GID = gid
		}
	}
	p.keepLines(&before, name, before.OwnGroup)
	before.Admins = p.book.admins(name)
	if found, ok := p.ledger.Departed[name]; ok {
		before.Departed = &found
		before.Groups, before.Admins = minus(before.Groups, found.Groups), minus(before.Admins, found.Admins)
		if p.last(name).Linger == nil {
			// That of the departed one was left, unless the account was locked since.
			there, err := p.obs.linger(name)
			if err != nil {
				p.problem(userAddress(name), "", "", "%v", err)
			}
			before.Linger = there
		}
	}
	p.diff.Changes = append(p.diff.Changes, plan.New(userAddress(name), p.encode(before), nil, "no longer in the configuration", ""))
}

// ownsGroup tells whether the group of a user's name was made with the user.
func (p *planning) ownsGroup(name string) bool {
	g, there := p.book.FindGroup(name)
	given, ours := p.ledger.Groups[name]
	_, declared := p.group[name]
	_, wasDeclared := p.lastGroup[name]
	return there && ours && given == ID(g.Gid) && !declared && !wasDeclared
}

// lockedMark is put before a hash: no password gives it. lockedSince is the
// expiry of an account that is locked, the first that shadow(5) can tell.
const (
	lockedMark  = "!"
	lockedSince = "1970-01-02"
)

// lockUser keeps the account and closes it: no password, expired since 1970,
// which also stops keys, and no services without a login.
func (p *planning) lockUser(a plan.Address, before UserState) {
	// What is in the home is never touched.
	before.Keys = nil
	after := before
	after.Lines, after.Lists, after.OwnGroup, after.GID, after.Locked = "", nil, false, 0, true
	after.Linger = false
	before.OwnGroup, before.GID = false, 0
	p.keepLines(&before, a.Name(), false)
	field := p.book.passwordField(a.Name())
	if !strings.HasPrefix(field, lockedMark) {
		after.Password = p.obs.keyedPassword(lockedMark + field)
	}
	after.Expires = lockedSince
	if userReason(before, after) == "" {
		return
	}
	if p.looseShadow[a.Name()] {
		p.diff.Problems = append(p.diff.Problems, plan.Problemf(a, "", "Repair or remove the line.",
			"cannot lock user %s: a malformed line of /etc/shadow has this name", a.Name()))
		return
	}
	p.diff.Changes = append(p.diff.Changes, plan.New(a, p.encode(before), p.encode(after), "no longer in the configuration, locked", ""))
}

// returnUser puts an account that was there before us back as it was, in all
// that we changed and nobody else changed since.
func (p *planning) returnUser(u User, cur, original UserState) {
	before, after := cur, cur
	p.keepLines(&before, u.Name, false)
	after.Lines, after.Lists = original.Lines, original.Lists
	back(&after.Description, u.Description, original.Description)
	back(&after.Home, u.Home, original.Home)
	back(&after.Shell, u.Shell, original.Shell)
	if original.UID != cur.UID && p.ledger.Users[u.Name] == cur.UID && slices.Contains(p.ledger.Former[u.Name], original.UID) {
		p.migrateBack(u.Name, &cur, &after, original.UID)
	}
	back(&after.Expires, u.Expires, original.Expires)
	if u.Group != "" && cur.Group == u.Group && original.Group != u.Group {
		p.oldPrimary(User{Name: u.Name}, &after, original.Group)
	}
	back(&after.Password, u.PasswordSet, original.Password)
	back(&after.Password, p.ledger.Passwords[u.Name], original.Password)
	given := minus(u.Groups, original.Groups)
	given = slices.DeleteFunc(given, func(g string) bool { return p.joins[membership{g, u.Name}] })
	after.Groups = minus(cur.Groups, given)
	if u.ExclusiveGroups {
		after.Groups = union(after.Groups, p.taken(original))
	}
	if u.SubIDs != nil {
		uids, gids := p.givenSubIDs(u.Name, &cur)
		after.SubUIDs = mergeRanges(cur.SubUIDs, uids, nil)
		after.SubGIDs = mergeRanges(cur.SubGIDs, gids, nil)
	}
	p.oldKeys(User{Name: u.Name}, &cur, &after)
	before.SSHDir = p.leavesSSHDir(&cur, &after)
	if u.Linger != nil && cur.Linger == *u.Linger {
		after.Linger = original.Linger
	}
	if why := userReason(cur, after); why != "" {
		p.diff.Changes = append(p.diff.Changes, plan.New(userAddress(u.Name), p.encode(before), p.encode(after),
			fmt.Sprintf("no longer in the configuration, what it was before returns: %s", why), ""))
	}
}

// taken are the groups that an account had before us, for one that lost them to
// exclusive_groups.
func (p *planning) taken(original UserState) []string {
	return slices.DeleteFunc(slices.Clone(original.Groups), func(g string) bool { return p.book.Group.Find(g) == nil })
}

// othersGroups are the groups that an account is in whatever we did: neither its
// block nor a group's put it there, and we made none of them.
func (p *planning) othersGroups(name string, cur, original UserState) []string {
	given := p.last(name).Groups
	return slices.DeleteFunc(slices.Clone(cur.Groups), func(g string) bool {
		if slices.Contains(original.Groups, g) {
			return false
		}
		st := p.obs.group(g)
		return slices.Contains(given, g) || slices.Contains(p.lastGroup[g].Members, name) || st == nil || p.ledger.madeGroup(g, st.GID)
	})
}

// back restores a field that still is as we set it.
func back(field *string, ours, original string) {
	if ours != "" && *field == ours {
		*field = original
	}
}
