package users

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/activate-agent/activate/activation/rootfs"
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
	return c.before != nil && c.before.Chosen || c.after != nil && c.after.Chosen
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
	return c.before != nil && c.before.SubIDsChosen || c.after != nil && c.after.SubIDsChosen
}

// plain are the fields of an account that are compared one by one.
func (s UserState) plain() []string {
	return []string{
		s.Group, s.Description, s.Home, s.Shell,
		fmt.Sprint(s.SubUIDs), fmt.Sprint(s.SubGIDs),
		s.Password, s.Expires, s.UID.String(),
	}
}

// groupField, subIDsIndex, secretFields, passwordIndex and uidField index plain.
const (
	groupField    = 0
	subIDsIndex   = 4
	secretFields  = 6
	passwordIndex = 6
	uidField      = 8
)

// unset tells that nothing of the account files is left of a user.
func (o observation) unset(c userChange) bool {
	b := o.book
	if b.passwd.find(c.name) != nil || !o.leftAsFound(c.name, c.before) {
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
	for _, d := range []*document{o.book.group, o.book.gshadow} {
		r := d.find(group)
		if r == nil || len(users) == 0 {
			continue
		}
		in := setOf(list(r.field(grMembers)))
		for _, user := range users {
			if d == o.book.gshadow && o.first.onlyInShadow(group, user) {
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
	if cur == nil || c.before == nil && o.book.shadow.find(c.name) == nil {
		return false
	}
	if !o.ownGroupDone(c) || !o.administers(c.name, c.after.Admins, false) {
		return false
	}
	now, want := cur.plain(), c.after.plain()
	if c.chosen() {
		now[uidField] = want[uidField]
	}
	if o.isGroup(now[groupField], want[groupField]) {
		now[groupField] = want[groupField]
	}
	if c.after.SubIDsChosen && c.sameButChosen(cur) {
		copy(now[subIDsIndex:secretFields], want[subIDsIndex:secretFields])
	}
	return slices.Equal(now, want) && o.isMember(c.name, c.joins(), false) && !o.isMember(c.name, c.leaves(), true)
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
	now := cur.plain()
	for i := range now {
		if i == passwordIndex && c.before != nil && c.before.PasswordFile != "" {
			continue
		}
		partial := c.before == nil || c.after == nil
		if i >= subIDsIndex && i < secretFields && c.choosesSubIDs() {
			continue
		}
		if partial && i >= subIDsIndex && i < uidField && c.before.departedLines()+c.after.departedLines() != "" {
			continue
		}
		if i == uidField && c.chosen() || partial && i >= secretFields && i < uidField && o.book.shadow.find(c.name) == nil {
			continue
		}
		// Digits stand for a group whose line is gone already.
		if partial && i < secretFields && (now[i] == "[]" || i == groupField && isID(now[i])) {
			continue
		}
		if i == groupField && (isID(now[i]) && o.hadGID(c, parseID(now[i])) || o.isOneOf(c, now[i])) {
			continue
		}
		if (c.before == nil || c.before.plain()[i] != now[i]) && (c.after == nil || c.after.plain()[i] != now[i]) {
			return rootfs.ErrChanged
		}
	}
	return nil
}

// isGroup tells that a change has only the number of a group that was not there when
// it was planned: it may have been made again since.
func (o observation) isGroup(name, number string) bool {
	gid, there := o.book.gid(name)
	return there && isID(number) && gid == parseID(number)
}

// isOneOf tells that the primary group is that of either side, as isGroup does.
func (o observation) isOneOf(c userChange, name string) bool {
	for _, side := range []*UserState{c.before, c.after} {
		if side != nil && o.isGroup(name, side.Group) {
			return true
		}
	}
	return false
}

// hadGID tells a gid that the primary group of either side had: a migration that
// was cut off has changed the group's line, and not yet the account's.
func (o observation) hadGID(c userChange, gid ID) bool {
	for _, side := range []*UserState{c.before, c.after} {
		if side != nil && slices.Contains(o.former[side.Group], gid) {
			return true
		}
	}
	return false
}

// checkKeys does the same for the authorized_keys files.
func (o observation) checkKeys(c userChange) error {
	known := map[string][]string{}
	for _, side := range []*UserState{c.before, c.after} {
		if side == nil {
			continue
		}
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
	if b.group.find(c.name) == nil || c.before == nil && !o.groupMade(c.name) {
		return false
	}
	if !o.named(c.name, c.joins(), false) || o.named(c.name, c.leaves(), true) {
		return false
	}
	if c.migrates() {
		gid, _ := b.gid(c.name)
		return gid == c.after.GID && len(b.primaries(c.before.GID)) == 0
	}
	return b.sameGID(c)
}

// migrates tells a change of a group's gid.
func (c groupChange) migrates() bool {
	return c.before != nil && c.after != nil && c.before.GID != c.after.GID && (c.before.Migrate != nil || c.after.Migrate != nil)
}

// sameGID compares the gid with what the change says of it.
func (b *book) sameGID(c groupChange) bool {
	gid, _ := b.gid(c.name)
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
	case b.group.find(c.name) == nil:
		if c.before == nil || c.after == nil {
			return nil
		}
		return fmt.Errorf("the group is gone: %w", rootfs.ErrChanged)
	case !b.sameGID(c):
		return rootfs.ErrChanged
	}
	return nil
}
