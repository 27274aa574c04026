package users

import (
	"fmt"
	"slices"
	"strings"

	"github.com/activate-agent/activate/users/accounts"
)

// target is what an existing account should become: what u says, and what it
// is where u says nothing.
// It completes cur with what of its files is concerned.
func (p *planning) target(u User, cur *UserState) (UserState, bool) {
	a := userAddress(u.Name)
	after := *cur
	after.Locked = false
	p.fields(u, &after, *cur)
	if u.UID != nil && *u.UID != cur.UID && !u.AdoptID {
		// Back to an id that it had is a rollback, and needs no word of its own.
		back := (p.last(u.Name).MigrateID || p.s.cfg.Reverts) && slices.Contains(p.ledger.Former[u.Name], *u.UID)
		if !u.MigrateID && !back {
			advice := fmt.Sprintf("Set uid = %s, leave it out, or set migrate_id = true.", cur.UID)
			p.problem(a, u.Origin, advice, "it exists with the uid %s, not %s", cur.UID, *u.UID)
			return after, false
		}
		if !p.migrate(u, cur, &after) {
			return after, false
		}
	}
	p.unlock(u, &after)
	if !p.supplementary(u, &after, cur) {
		return after, false
	}
	if !p.primary(u, &after, cur) {
		return after, false
	}
	if err := p.password(u, &after, false); err != nil {
		p.problem(a, u.Origin, "", "%v", err)
		return after, false
	}
	if p.secretsUnreadable(u.Name, *cur, after) {
		p.problem(a, u.Origin, "Repair or remove the line.", "a malformed line of /etc/shadow has this name")
		return after, false
	}
	return after, p.wantSubIDs(u, &after, cur) && p.wantFiles(u, cur, &after)
}

// secretsUnreadable tells a change of the password or the expiry beside a line
// that other programs may read, and would still find the old ones in.
func (p *planning) secretsUnreadable(name string, cur, after UserState) bool {
	return p.looseShadow[name] && (cur.Password != after.Password || after.PasswordFile != "" || cur.Expires != after.Expires)
}

// fields applies the plain fields. One that the last configuration set and
// this one does not goes back to what it was before us, or to the default.
func (p *planning) fields(u User, after *UserState, cur UserState) {
	last, original := p.last(u.Name), p.originalUser(u.Name)
	fallback := UserState{Home: defaultHome(u), Shell: p.defaultShell(u)}
	if original != nil {
		fallback = *original
	}
	after.Description = settled(u.Description, last.Description, cur.Description, fallback.Description)
	after.Home = settled(u.Home, last.Home, cur.Home, fallback.Home)
	if u.CreateHome && u.Home == "" && after.Home == noHome && p.lastUser[u.Name] != nil && original == nil {
		after.Home = defaultHome(u)
	}
	after.Shell = settled(u.Shell, last.Shell, cur.Shell, fallback.Shell)
	after.Expires = settled(u.Expires, last.Expires, cur.Expires, fallback.Expires)
	if after.Shell != cur.Shell {
		p.noteShell(u, after.Shell)
	}
	switch {
	case u.Linger != nil:
		after.Linger = *u.Linger
	case last.Linger != nil:
		after.Linger = original != nil && original.Linger
	}
}

// unlock opens an account that on_removal = "lock" closed and that is declared
// again: the mark goes from the hash, and the expiry of then.
func (p *planning) unlock(u User, after *UserState) {
	_, ours := p.lastUser[u.Name]
	given, made := p.ledger.Users[u.Name]
	field := p.book.passwordField(u.Name)
	if ours || !made || given != after.UID || after.Expires != lockedSince || !strings.HasPrefix(field, lockedMark) {
		return
	}
	after.Expires = ""
	after.Password = p.obs.keyedPassword(unlocked(field))
}

// unlocked takes the mark off a locked hash; without one it stays.
func unlocked(field string) string {
	if rest := strings.TrimPrefix(field, lockedMark); rest != "" {
		return rest
	}
	return field
}

// settled decides a field: what is asked for; else, if it was asked for until
// now, the fallback; else what it is.
func settled(want, last, cur, fallback string) string {
	switch {
	case want != "":
		return want
	case last != "":
		return fallback
	}
	return cur
}

// groupLabel is a group's name where digits stand for an existing one.
func (p *planning) groupLabel(name string) string {
	if _, there := p.book.FindGroup(name); !there && accounts.IsID(name) {
		return p.book.GroupName(accounts.ParseID(name))
	}
	return name
}

func fourDigits(mode string) string { return strings.Repeat("0", max(0, 4-len(mode))) + mode }

// userReason names what of an account differs, "" when nothing does.
func userReason(cur, after UserState) string {
	var out []string
	add := func(differs bool, what string) {
		if differs {
			out = append(out, what)
		}
	}
	add(cur.UID != after.UID, "uid")
	add(cur.Group != after.Group, "primary group")
	add(!slices.Equal(cur.Groups, after.Groups), "groups")
	add(cur.Description != after.Description, "description")
	add(cur.Home != after.Home, "home")
	add(cur.Shell != after.Shell, "shell")
	add(cur.Password != after.Password || after.PasswordFile != "", "password")
	add(cur.Expires != after.Expires, "expiry")
	add(!slices.Equal(cur.SubUIDs, after.SubUIDs) || !slices.Equal(cur.SubGIDs, after.SubGIDs), "sub-ids")
	add(!cur.Keys.equal(after.Keys), "authorized keys")
	add(cur.Linger != after.Linger, "lingering")
	add(after.HomeMode != "", "home directory")
	if len(out) == 0 {
		return ""
	}
	return strings.Join(out, ", ") + " to change"
}

func (k *KeysState) equal(o *KeysState) bool {
	if k == nil || o == nil {
		return k == o
	}
	return k.Path == o.Path && k.SHA256 == o.SHA256 && k.Mode == o.Mode && equalID(k.UID, o.UID) && equalID(k.GID, o.GID)
}

func equalID(a, b *ID) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}
