package users

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
)

// newUser chooses the ids of a user that does not exist, nil when it does or
// can't be made. It is done for all users before anything else of them, so
// that they may name each other's groups.
func (p *planning) newUser(u User) *UserState {
	if p.book.passwd.find(u.Name) != nil {
		return nil
	}
	a := userAddress(u.Name)
	if p.looseUsers[u.Name] || p.looseShadow[u.Name] {
		p.problem(a, u.Origin, "Repair or remove the line.", "a malformed line of /etc/passwd or /etc/shadow has this name")
		return nil
	}
	st := &UserState{}
	if u.UID != nil {
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
		"the uid %s is %s's%s", *u.UID, other, p.past(p.book.passwd, other))
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
		before.Lines = p.linesKey(u.Name, false)
	}
	if original := p.originalUser(u.Name); original != nil {
		// What an attribute that left gives back stands where it stood.
		after.Lines = original.Lines
	}
	p.settle(a, before, after, differs == "", ours, differs, u.Origin)
}

// amend adds to what an adopted account was before us those of its files that
// the last configuration left alone; replaced are the keys in its new home.
func (p *planning) amend(u User, cur UserState, replaced *KeysState) {
	last, original := p.last(u.Name), p.originalUser(u.Name)
	linger := u.Linger != nil && last.Linger == nil
	keys := len(u.AuthorizedKeys) > 0 && len(last.AuthorizedKeys) == 0
	back := original != nil && replaced != nil && original.Keys == nil && replaced.Path == keysPath(original.Home)
	if original == nil || !linger && !keys && !back {
		return
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

func (p *planning) linesKey(name string, own bool) string {
	return p.s.cfg.Store.Keyed(p.book.userBundle(name, own).encode())
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
	st.Linger = st.lingered()
	if u.Linger != nil {
		st.Linger = *u.Linger
	}
	p.checkShell(u, st.Shell)
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

// checkShell warns of a login shell that is not there: nobody could log in.
func (p *planning) checkShell(u User, shell string) {
	if there, err := p.s.cfg.Root.Exists(rootfs.Rel(shell)); u.Shell != "" && err == nil && !there {
		p.diff.Warnings = append(p.diff.Warnings, plan.Problemf(userAddress(u.Name), u.Origin, "",
			"cannot find the shell %s of user %s on this host", shell, u.Name))
	}
}

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
	default:
		p.problem(a, u.Origin, "Declare the group.", "there is no group %q", group)
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
	if now, there := p.book.users[name]; there && p.losesPrimary(*u) {
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
	if p.going[name] {
		return 0, false
	}
	if gid, ok := p.book.gid(name); ok {
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

// supplementary gives st the groups of u, on top of those it has.
func (p *planning) supplementary(u User, st, cur *UserState) bool {
	ok := true
	for _, g := range u.Groups {
		if _, found := p.askedGID(g); !found || isID(g) {
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
		st.Groups = union(u.Groups, nil)
		for g := range p.joins {
			if g.user == u.Name {
				st.Groups = union(st.Groups, []string{g.group})
			}
		}
		return ok
	}
	st.Groups = minus(union(have, u.Groups), p.droppedGroups(u))
	if cur == nil {
		// Lists may name somebody who does not exist; those are not joined, and
		// not left when this is taken back.
		st.Groups = minus(st.Groups, p.book.memberships[u.Name])
	}
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

// password gives st the password that u asks for; it keeps what it has when u
// asks for none. An initial hash only counts for a new account.
func (p *planning) password(u User, st *UserState, fresh bool) error {
	hash, key, err := p.s.desiredPassword(u, fresh)
	if err != nil && errors.Is(err, fs.ErrNotExist) && p.s.cfg.SecretsLater {
		p.diff.Warnings = append(p.diff.Warnings, plan.Problemf(userAddress(u.Name), u.Origin, "It must be there when the user is made.",
			"cannot find the hashed_password_file of user %s", u.Name))
		st.PasswordFile = u.HashedPasswordFile
		return nil
	}
	switch {
	case err != nil:
		return err
	case key != "":
		st.Password = key
	case hash != nil:
		st.Password = p.obs.keyedPassword(*hash)
	}
	if u.HashedPasswordFile != "" && !MadeByCrypt(*hash) {
		p.diff.Warnings = append(p.diff.Warnings, plan.Problemf(userAddress(u.Name), u.Origin, "Make one with openssl passwd -6.",
			"what the hashed_password_file of user %s holds is nothing that crypt(5) makes, so no password will fit it", u.Name))
	}
	return nil
}

// desiredPassword gives the hash that u asks for, or what stands for it in a
// record; neither when it asks for none.
func (s *Subsystem) desiredPassword(u User, fresh bool) (hash *string, key string, err error) {
	switch {
	case u.HashedPasswordFile != "":
		h, err := s.passwordFile(u.HashedPasswordFile)
		return &h, "", err
	case u.HashedPassword != "":
		return &u.HashedPassword, "", nil
	case u.PasswordKey != "":
		return nil, u.PasswordKey, nil
	case fresh && u.InitialHashedPassword != "":
		return &u.InitialHashedPassword, "", nil
	case fresh:
		return nil, u.InitialPasswordKey, nil
	}
	return nil, "", nil
}

// passwordFile reads a hashed_password_file: one line, the hash.
func (s *Subsystem) passwordFile(p string) (string, error) {
	data, err := s.cfg.Root.ReadFile(rootfs.Rel(p), 1<<16)
	if err != nil {
		return "", fmt.Errorf("cannot read its hashed_password_file %s: %w", p, rootfs.Reason(err))
	}
	hash := strings.TrimRight(string(data), "\r\n")
	if strings.ContainsAny(hash, ":\n\x00") || hash == "" {
		return "", fmt.Errorf("its hashed_password_file %s does not hold one password hash", p)
	}
	return hash, nil
}
