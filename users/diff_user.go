package users

import (
	"slices"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/users/accounts"
)

// newUser chooses the ids of a user that does not exist, nil when it does or
// can't be made. It is done for all users before anything else of them, so
// that they may name each other's groups.
func (p *planning) newUser(u User) *UserState {
	if p.book.Passwd.Find(u.Name) != nil {
		return nil
	}
	a := userAddress(u.Name)
	if p.looseUsers[u.Name] || p.looseShadow[u.Name] {
		p.problem(a, u.Origin, "Repair or remove the line.", "a malformed line of /etc/passwd or /etc/shadow has this name")
		return nil
	}
	st := &UserState{}
	if u.UID != nil && (!u.AdoptID || !p.alloc.uidReturns(u.Name)) {
		st.UID = *u.UID
		if !p.uidFree(u) {
			return nil
		}
	} else {
		var err error
		if st.UID, err = p.alloc.uid(u.Name, u.System); err != nil {
			p.problem(a, u.Origin, "Set uid, or widen the range.", "%v", err)
			return nil
		}
		st.Chosen = true
		p.alloc.holdUser(u.Name, st.UID)
	}
	return st
}

// uidFree checks a declared uid.
func (p *planning) uidFree(u User) bool {
	other := p.alloc.userOf(*u.UID, u.Name)
	if other == "" {
		return true
	}
	first, n := p.block(*u.UID)
	p.problem(userAddress(u.Name), u.Origin, p.alloc.offer(first, n),
		"the uid %s is %s's%s", *u.UID, other, p.past(p.book.Passwd, other))
	return false
}

// block gives the run of consecutive declared uids that id is part of.
func (p *planning) block(id ID) (first ID, n int) {
	declared := map[ID]bool{}
	for _, u := range p.s.cfg.Desired.Users {
		if u.UID != nil {
			declared[*u.UID] = true
		}
	}
	first = id
	for declared[first-1] {
		first--
	}
	for declared[first+ID(n)] {
		n++
	}
	return first, n
}

// oneUser compares one desired user; fresh is what newUser gave.
func (p *planning) oneUser(u User, fresh *UserState) {
	a := userAddress(u.Name)
	_, ours := p.lastUser[u.Name]
	cur, err := p.current(u, p.last(u.Name))
	if err != nil {
		p.problem(a, u.Origin, "", "%v", err)
		return
	}
	if cur != nil && cur.Locked && !ours {
		ours, p.s.remade[a] = true, true
	}
	if cur == nil {
		if fresh != nil && p.complete(u, fresh) {
			p.diff.Changes = append(p.diff.Changes, plan.New(a, nil, p.s.userStates.Encode(fresh), gone(ours), u.Origin))
		}
		return
	}
	after, ok := p.target(u, cur)
	if !ok {
		return
	}
	p.amend(u, *cur, after.Replaced)
	differs := userReason(*cur, after)
	cur.SSHDir = p.leavesSSHDir(cur, &after)
	before := *cur
	if differs != "" || !ours {
		p.keepLines(&before, u.Name, false)
	}
	if original := p.originalUser(u.Name); original != nil {
		// What an attribute that left gives back stands where it stood.
		after.Lines, after.Lists = original.Lines, original.Lists
	}
	p.settle(a, before, after, differs == "", ours, differs, u.Origin)
}

// amend adds to what an adopted account was before us those of its files, and of
// its groups, that the last configuration left alone; replaced are the keys in its
// new home.
func (p *planning) amend(u User, cur UserState, replaced *KeysState) {
	last, original := p.last(u.Name), p.originalUser(u.Name)
	linger := u.Linger != nil && last.Linger == nil
	keys := len(u.AuthorizedKeys) > 0 && len(last.AuthorizedKeys) == 0
	back := original != nil && replaced != nil && original.Keys == nil && replaced.Path == keysPath(original.Home)
	groups := u.ExclusiveGroups && !last.ExclusiveGroups
	if original == nil || !linger && !keys && !back && !groups {
		return
	}
	if groups {
		original.Groups = p.othersGroups(u.Name, cur, *original)
	}
	if linger {
		original.Linger = cur.Linger
	}
	if keys {
		original.Keys = cur.Keys
	}
	if back {
		original.Keys = replaced
	}
	p.s.amended[userAddress(u.Name)] = plan.Encode(original)
}

// keepLines has st speak of the lines that the account has.
func (p *planning) keepLines(st *UserState, name string, own bool) {
	lines := p.book.userBundle(p.s.cfg.Store, name, own)
	st.Lines, st.Lists = p.s.cfg.Store.Keyed(lines.encode()), lines.shared()
}

// current observes an account, with those of its files that u or last manage.
func (p *planning) current(u, last User) (*UserState, error) {
	cur := p.obs.user(u.Name)
	if cur == nil {
		return nil, nil
	}
	cur.Locked = p.ledger.Locked[u.Name] && p.ledger.Users[u.Name] == cur.UID
	var err error
	if u.Linger != nil || last.Linger != nil {
		if cur.Linger, err = p.obs.linger(u.Name); err != nil {
			return nil, err
		}
	}
	if len(u.AuthorizedKeys) == 0 && len(last.AuthorizedKeys) > 0 {
		cur.Keys, err = p.obs.keys(cur)
	}
	return cur, err
}

// complete fills in what u asks of a new account. It reports whether it can
// be made.
func (p *planning) complete(u User, st *UserState) bool {
	a := userAddress(u.Name)
	st.Description, st.Home, st.Shell, st.Expires = u.Description, u.Home, u.Shell, u.Expires
	if st.Home == "" {
		st.Home = defaultHome(u)
	}
	if st.Shell == "" {
		st.Shell = p.defaultShell(u)
	}
	if !p.newPrimary(u, st) || !p.supplementary(u, st, nil) {
		return false
	}
	st.Password = "!"
	if err := p.password(u, st, true); err != nil {
		p.problem(a, u.Origin, "", "%v", err)
		return false
	}
	var err error
	if st.Departed, err = p.departed(u.Name); err != nil {
		p.problem(a, u.Origin, "", "%v", err)
		return false
	}
	if st.Departed != nil && u.ExclusiveGroups {
		st.Departed.Taken = minus(st.Departed.Groups, st.Groups)
	}
	// Lists may name somebody who does not exist; those are not joined, and not
	// left when this is taken back.
	st.Groups = minus(st.Groups, p.book.Memberships(u.Name))
	st.Linger = st.lingered()
	if u.Linger != nil {
		st.Linger = *u.Linger
	}
	p.noteShell(u, st.Shell)
	return p.wantSubIDs(u, st, nil) && p.wantFiles(u, nil, st)
}

// noHome is the home of accounts that have none; it is never made.
const noHome = "/nonexistent"

// defaultHome is useradd(8)'s for people; a system account has none unless it
// is to be made.
func defaultHome(u User) string {
	switch {
	case u.Name == "root":
		return "/root"
	case u.System && !u.CreateHome:
		return noHome
	}
	return "/home/" + u.Name
}

// defaultShell is /bin/sh for people. A system account gets a shell that
// refuses, by the path it has here.
func (p *planning) defaultShell(u User) string {
	if !u.System {
		return "/bin/sh"
	}
	for _, shell := range []string{"/usr/sbin/nologin", "/sbin/nologin"} {
		if p.isThere(shell) {
			return shell
		}
	}
	return "/bin/false"
}

// supplementary gives st the groups of u, on top of those it has.
func (p *planning) supplementary(u User, st, cur *UserState) bool {
	ok := true
	for _, g := range u.Groups {
		if _, found := p.askedGID(g); !found || accounts.IsID(g) {
			p.noGroup(u, g)
			ok = false
		}
	}
	var have []string
	if cur != nil {
		have = cur.Groups
	}
	if original := p.originalUser(u.Name); original != nil && p.last(u.Name).ExclusiveGroups {
		have = union(have, p.taken(*original))
	}
	if u.ExclusiveGroups {
		if group := p.book.UnsaidMembership(u.Name); group != "" {
			p.problem(userAddress(u.Name), u.Origin, "Take it out by hand (gpasswd -d), or leave exclusive_groups out.",
				"it is in the group %q, whose name is not UTF-8, and cannot be taken out of it", group)
			ok = false
		}
		st.Groups = union(u.Groups, nil)
		for g := range p.joins {
			if g.user == u.Name {
				st.Groups = union(st.Groups, []string{g.group})
			}
		}
		return ok
	}
	st.Groups = minus(union(have, u.Groups), p.droppedGroups(u))
	return ok
}

// droppedGroups are those that an earlier configuration put u into and that
// nothing asks for any more.
func (p *planning) droppedGroups(u User) []string {
	var out []string
	original := p.originalUser(u.Name)
	for _, g := range p.last(u.Name).Groups {
		if p.joins[membership{g, u.Name}] || original != nil && slices.Contains(original.Groups, g) {
			continue
		}
		out = append(out, g)
	}
	return out
}

func (p *planning) originalUser(name string) *UserState {
	st, err := p.s.userStates.Decode(p.s.cfg.Originals[userAddress(name)])
	if err != nil {
		return nil
	}
	return st
}
