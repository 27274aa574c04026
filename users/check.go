package users

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/users/accounts"
)

// userChange is a decoded change of a user.
type userChange struct {
	name          string
	before, after *UserState
}

// joins and leaves are the groups that the change puts the user into and takes
// it out of.
func (c userChange) joins() []string {
	if c.after == nil && c.before != nil && c.before.Departed != nil {
		return c.before.Departed.Taken
	}
	return minus(groupsOf(c.after), groupsOf(c.before))
}

func (c userChange) leaves() []string {
	if c.before == nil && c.after != nil && c.after.Departed != nil {
		return c.after.Departed.Taken
	}
	return minus(groupsOf(c.before), groupsOf(c.after))
}

func groupsOf(s *UserState) []string {
	if s == nil {
		return nil
	}
	return s.Groups
}

// chosen tells whether the uid of the change may be another than planned.
func (c userChange) chosen() bool {
	return slices.ContainsFunc(c.sides(), func(s *UserState) bool { return s.Chosen })
}

// sameButChosen tells that the sub-ids of now are as after the change, which
// chooses some, but for where those begin.
func (c userChange) sameButChosen(now *UserState) bool {
	before := &UserState{}
	if c.before != nil {
		before = c.before
	}
	same := func(now, want, before []SubRange) bool {
		isNew := func(r SubRange) bool { return !slices.Contains(before, r) }
		size := func(a, b SubRange) bool { return a.Count == b.Count }
		kept := func(list []SubRange) []SubRange { return slices.DeleteFunc(slices.Clone(list), isNew) }
		added := func(list []SubRange) []SubRange {
			return slices.DeleteFunc(slices.Clone(list), func(r SubRange) bool { return !isNew(r) })
		}
		return slices.Equal(kept(now), kept(want)) && slices.EqualFunc(added(now), added(want), size)
	}
	return same(now.SubUIDs, c.after.SubUIDs, before.SubUIDs) && same(now.SubGIDs, c.after.SubGIDs, before.SubGIDs)
}

// choosesSubIDs tells whether the sub-ids of the change may be others than
// planned.
func (c userChange) choosesSubIDs() bool {
	return slices.ContainsFunc(c.sides(), func(s *UserState) bool { return s.SubIDsChosen })
}

// sides are the states before and after the change, where there are such.
func (c userChange) sides() []*UserState {
	return slices.DeleteFunc([]*UserState{c.before, c.after}, func(s *UserState) bool { return s == nil })
}

// part is what of an account a facet belongs to.
type part int

const (
	primaryGroup part = iota
	passwdText
	subIDs
	password
	expiry
	number
)

// facet is one field of an account, as it is compared.
type facet struct {
	part part
	text string
}

// facets are the fields that are compared one by one.
func (s UserState) facets() []facet {
	return []facet{
		{primaryGroup, s.Group},
		{passwdText, s.Description},
		{passwdText, s.Home},
		{passwdText, s.Shell},
		{subIDs, fmt.Sprint(s.SubUIDs)},
		{subIDs, fmt.Sprint(s.SubGIDs)},
		{password, s.Password},
		{expiry, s.Expires},
		{number, s.UID.String()},
	}
}

// unset tells that nothing of the account files is left of a user.
func (o observation) unset(c userChange) bool {
	b := o.book
	if b.Passwd.Find(c.name) != nil || !o.leftAsFound(c.name, c.before) {
		return false
	}
	if c.before != nil && c.before.OwnGroup && !o.groupGone(c.name) {
		return false
	}
	if c.before != nil && o.administers(c.name, c.before.Admins, true) {
		return false
	}
	return !o.isMember(c.name, c.leaves(), true) && o.isMember(c.name, c.joins(), false)
}

// isMember tells whether user is in all groups (or, with anyOf, in any), in
// both files. A list that named it alone before us makes nobody one.
func (o observation) isMember(user string, groups []string, anyOf bool) bool {
	for _, g := range groups {
		if o.named(g, []string{user}, anyOf) == anyOf {
			return anyOf
		}
	}
	return !anyOf
}

// named tells whether a group has all users, or with anyOf any, as isMember does.
func (o observation) named(group string, users []string, anyOf bool) bool {
	for _, d := range []*accounts.Document{o.book.Group, o.book.GShadow} {
		r := d.Find(group)
		if r == nil || len(users) == 0 {
			continue
		}
		in := setOf(accounts.List(r.Field(accounts.GrMembers)))
		for _, user := range users {
			if d == o.book.GShadow && o.first.onlyInShadow(group, user) {
				continue
			}
			if in[user] == anyOf {
				return anyOf
			}
		}
	}
	return !anyOf
}

// done tells whether the account files are as after the change.
func (o observation) done(c userChange) bool {
	if c.after == nil {
		return o.unset(c)
	}
	cur := o.bare(c.name)
	if cur == nil || c.before == nil && o.book.Shadow.Find(c.name) == nil {
		return false
	}
	if !o.ownGroupDone(c) || !o.administers(c.name, c.after.Admins, false) {
		return false
	}
	want := c.after.facets()
	for i, now := range cur.facets() {
		if now != want[i] && !o.asGood(c, cur, now, want[i]) {
			return false
		}
	}
	return o.isMember(c.name, c.joins(), false) && !o.isMember(c.name, c.leaves(), true)
}

// asGood tells of a facet of cur that is not as planned whether it is as after
// the change all the same.
func (o observation) asGood(c userChange, cur *UserState, now, want facet) bool {
	switch now.part {
	case primaryGroup:
		return o.isGroup(now.text, want.text)
	case subIDs:
		return c.after.SubIDsChosen && c.sameButChosen(cur)
	case number:
		return c.chosen()
	default:
		return false
	}
}

// ownGroupDone tells whether the own group of an account is there, or gone, as
// after the change.
func (o observation) ownGroupDone(c userChange) bool {
	switch {
	case c.after.OwnGroup:
		return o.groupMade(c.name)
	case c.before != nil && c.before.OwnGroup:
		return o.groupGone(c.name)
	}
	return true
}

// check refuses an account that is neither as before nor as after the change.
// A run that was cut off between two files leaves a mixture, so each field may
// be as on either side, and of an account that comes or goes some lines may be
// missing.
func (o observation) check(c userChange) error {
	cur := o.bare(c.name)
	if cur == nil {
		if c.before == nil || c.after == nil {
			return nil
		}
		return fmt.Errorf("the account is gone: %w", rootfs.ErrChanged)
	}
	sides := c.sides()
	for i, now := range cur.facets() {
		on := func(s *UserState) bool { return s.facets()[i] == now }
		if !slices.ContainsFunc(sides, on) && !o.mayDiffer(c, now) {
			return rootfs.ErrChanged
		}
	}
	return nil
}

// mayDiffer tells of a facet that is as on neither side of the change whether a
// run that was cut off, or what it chose, accounts for it.
func (o observation) mayDiffer(c userChange, now facet) bool {
	comesOrGoes := c.before == nil || c.after == nil
	departed := comesOrGoes && c.before.departedLines()+c.after.departedLines() != ""
	switch now.part {
	case primaryGroup:
		// Digits stand for a group whose line is gone already.
		return accounts.IsID(now.text) && (comesOrGoes || o.hadGID(c, accounts.ParseID(now.text))) || o.isOneOf(c, now.text)
	case subIDs:
		return c.choosesSubIDs() || departed || comesOrGoes && now.text == "[]"
	case password:
		return c.before != nil && c.before.PasswordFile != "" || departed || comesOrGoes && o.book.Shadow.Find(c.name) == nil
	case expiry:
		return departed || comesOrGoes && o.book.Shadow.Find(c.name) == nil
	case number:
		return c.chosen()
	default:
		return false
	}
}

// isGroup tells that a change has only the number of a group that was not there when
// it was planned: it may have been made again since.
func (o observation) isGroup(name, number string) bool {
	gid, there := o.book.GID(name)
	return there && accounts.IsID(number) && gid == accounts.ParseID(number)
}

// isOneOf tells that the primary group is that of either side, as isGroup does.
func (o observation) isOneOf(c userChange, name string) bool {
	return slices.ContainsFunc(c.sides(), func(s *UserState) bool { return o.isGroup(name, s.Group) })
}

// hadGID tells a gid that the primary group of either side had: a migration that
// was cut off has changed the group's line, and not yet the account's.
func (o observation) hadGID(c userChange, gid ID) bool {
	return slices.ContainsFunc(c.sides(), func(s *UserState) bool { return slices.Contains(o.former[s.Group], gid) })
}

// checkKeys does the same for the authorized_keys files.
func (o observation) checkKeys(c userChange) error {
	known := map[string][]string{}
	for _, side := range c.sides() {
		for _, k := range []*KeysState{side.Keys, side.Replaced} {
			if k != nil {
				known[k.Path] = append(known[k.Path], k.SHA256)
			}
		}
	}
	for p, sums := range known {
		data, err := o.root.ReadFile(p, keysLimit)
		switch {
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, unix.ENOTDIR):
		case err != nil:
			return fmt.Errorf("cannot read its authorized_keys: %w", err)
		case !slices.Contains(sums, hashOf(data)):
			return fmt.Errorf("its authorized_keys %s: %w", o.root.Name(p), rootfs.ErrChanged)
		}
	}
	return nil
}

// groupChange is a decoded change of a group.
type groupChange struct {
	name          string
	before, after *GroupState
}

func (c groupChange) joins() []string  { return minus(membersOf(c.after), membersOf(c.before)) }
func (c groupChange) leaves() []string { return minus(membersOf(c.before), membersOf(c.after)) }

func membersOf(s *GroupState) []string {
	if s == nil {
		return nil
	}
	return s.Members
}

// doneGroup tells whether the files are as after the change.
func (o observation) doneGroup(c groupChange) bool {
	b := o.book
	if c.after == nil {
		return o.groupGone(c.name)
	}
	if b.Group.Find(c.name) == nil || c.before == nil && !o.groupMade(c.name) {
		return false
	}
	if !o.named(c.name, c.joins(), false) || o.named(c.name, c.leaves(), true) {
		return false
	}
	if c.migrates() {
		gid, _ := b.GID(c.name)
		return gid == c.after.GID && len(b.Primaries(c.before.GID)) == 0
	}
	return b.sameGID(c)
}

// migrates tells a change of a group's gid.
func (c groupChange) migrates() bool {
	return c.before != nil && c.after != nil && c.before.GID != c.after.GID && (c.before.Migrate != nil || c.after.Migrate != nil)
}

// sameGID compares the gid with what the change says of it.
func (b *book) sameGID(c groupChange) bool {
	gid, _ := b.GID(c.name)
	for _, side := range []*GroupState{c.before, c.after} {
		if side != nil && (side.Chosen || side.GID == gid) {
			return true
		}
	}
	return false
}

// checkGroup refuses a group that is another than the plan saw.
func (b *book) checkGroup(c groupChange) error {
	switch {
	case b.Group.Find(c.name) == nil:
		if c.before == nil || c.after == nil {
			return nil
		}
		return fmt.Errorf("the group is gone: %w", rootfs.ErrChanged)
	case !b.sameGID(c):
		return rootfs.ErrChanged
	}
	return nil
}
