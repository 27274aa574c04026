package users

import (
	"fmt"
	"slices"

	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/users/accounts"
)

// departedGroup collects the lines of gshadow(5) of a name. Where group(5) has
// it not, they are what a group that is gone left: a password, administrators
// and members that a new group must not inherit, so they make room for it, and
// return with its end.
func (b *book) departedGroup(name string) bundle {
	var out bundle
	out.take(accounts.GShadowPath, b.GShadow, name)
	return out
}

// newGroupLine is what gshadow(5) has of a group without password,
// administrators and members.
func newGroupLine(name string) string { return name + ":!::" }

// grantsNothing tells lines that a new group may as well have for its own.
func (u bundle) grantsNothing(name string) bool {
	return len(u.Lines) == 0 || len(u.Lines) == 1 && string(u.Lines[0].Text) == newGroupLine(name)
}

// noteDeparted enters what the new groups find under their names, and keeps it.
func (s *Subsystem) noteDeparted(l *ledger, b *book, users []userChange, groups []groupChange) error {
	var names []string
	for _, c := range groups {
		if c.before == nil && c.after != nil {
			names = append(names, c.name)
		}
	}
	for _, c := range users {
		if c.after != nil && c.after.OwnGroup {
			names = append(names, c.name)
		}
	}
	for _, name := range names {
		if b.Group.Find(name) != nil || s.hadGroup(name, l) {
			continue
		}
		found, key := b.departedGroup(name), ""
		if len(found.Lines) > 0 {
			text := found.encode()
			key = s.cfg.Store.Keyed(text)
			if err := (saving{s: s}).put(key, text); err != nil {
				return fmt.Errorf("cannot keep a copy of group %s: %w", name, err)
			}
		}
		l.setDepartedGroup(name, key)
	}
	return nil
}

// hadGroup tells a group that an earlier run made and that is gone since: what
// is left of it is ours.
func (s *Subsystem) hadGroup(name string, l *ledger) bool {
	_, given := l.Groups[name]
	return given && (s.made(groupAddress(name)) || s.made(userAddress(name)))
}

// setDepartedGroup notes what stands for the lines that a new group found, ""
// for none.
func (l *ledger) setDepartedGroup(name, key string) {
	if l.DepartedGroups[name] == key {
		return
	}
	if l.DepartedGroups == nil {
		l.DepartedGroups = map[string]string{}
	}
	l.changed = true
	if key == "" {
		delete(l.DepartedGroups, name)
		return
	}
	l.DepartedGroups[name] = key
}

// inherits tells that gshadow(5) still has what a departed group left, where it
// has to make room.
func (o observation) inherits(name string) bool {
	key := o.departedGroups[name]
	if key == "" {
		return false
	}
	found := o.book.departedGroup(name)
	if found.grantsNothing(name) {
		return false
	}
	// Another's that made way in the same run stood before them.
	left, err := openBundle(o.store, key)
	return err == nil && left != nil && slices.EqualFunc(found.Lines, left.Lines, sameLine)
}

// groupGone tells that nothing is there of a group but what a departed one of
// its name left, if anything.
func (o observation) groupGone(name string) bool {
	if o.book.Group.Find(name) != nil {
		return false
	}
	now := o.book.departedGroup(name)
	saved, err := openBundle(o.store, o.departedGroups[name])
	if err != nil || saved == nil {
		return err == nil && len(now.Lines) == 0
	}
	return slices.EqualFunc(now.Lines, saved.Lines, sameLine)
}

// groupMade tells that a group's lines are there and its own.
func (o observation) groupMade(name string) bool {
	b := o.book
	return b.Group.Find(name) != nil && (!b.Has(accounts.GShadowPath) || b.GShadow.Find(name) != nil && !o.inherits(name))
}

// makeGroupRoom takes the lines of a departed group away. Others than those
// that were kept are not taken.
func (e *edit) makeGroupRoom(name string) error {
	switch {
	case e.obs.inherits(name):
		e.book.GShadow.Remove(name)
	case e.book.Group.Find(name) != nil || e.s.hadGroup(name, e.ledger):
	case !e.book.departedGroup(name).grantsNothing(name):
		return fmt.Errorf("its lines in %s: %w", e.s.cfg.Root.Name(accounts.GShadowPath), rootfs.ErrChanged)
	}
	return nil
}
