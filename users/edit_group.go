package users

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/activate-agent/activate/users/accounts"
)

// group makes one change of a group in memory.
func (e *edit) group(c groupChange) error {
	if err := e.book.checkGroup(c); err != nil {
		return err
	}
	if c.after == nil {
		return e.removeGroup(c.name)
	}
	if c.before == nil {
		if err := e.newGroup(c); err != nil {
			return err
		}
	}
	saved, err := e.bundle(c.after.Lines)
	if err != nil {
		return err
	}
	if e.book.Group.Find(c.name) == nil {
		// It comes back with its lines, whole.
		return nil
	}
	if c.migrates() {
		if err := e.renumber(c); err != nil {
			return err
		}
	}
	e.join(c.name, saved.lists(c.name), c.joins()...)
	e.part(c.name, c.leaves()...)
	return nil
}

// newGroup makes a group: from its saved lines when it comes back, else anew.
func (e *edit) newGroup(c groupChange) error {
	if c.after.Lines != "" {
		e.makeWay(c.name)
		return e.comeBack(c.after.Lines)
	}
	gid := c.after.GID
	if c.after.Chosen && !e.alloc.free(gid, c.name) {
		var err error
		if gid, err = e.alloc.gid(c.name, gid < e.alloc.defs.group.min, 0); err != nil {
			return err
		}
	}
	return e.addGroup(c.name, gid)
}

// addGroup writes the lines of a new group. One that a cut-off run wrote is
// left as it is.
func (e *edit) addGroup(name string, gid ID) error {
	if err := e.makeGroupRoom(name); err != nil {
		return err
	}
	if e.book.Group.Find(name) == nil {
		if other := e.alloc.groupOf(gid, name); other != "" {
			return errors.New("the gid " + gid.String() + " is now " + other + "'s")
		}
		e.book.Group.Add(name + ":x:" + gid.String() + ":")
	}
	if e.book.Has(accounts.GShadowPath) && e.book.GShadow.Find(name) == nil {
		e.book.GShadow.Add(newGroupLine(name))
	}
	row := e.book.Group.Find(name)
	gid = accounts.ParseID(row.Field(accounts.GrGID))
	e.book.AddGroup(name, gid)
	e.alloc.holdGroup(name, gid)
	e.ledger.giveGroup(name, gid)
	if _, before := e.s.cfg.Originals[groupAddress(name)]; !before {
		// One that was there before us, and that somebody deleted since, is not ours
		// once it is back as it was.
		e.ledger.noteGroup(name, gid)
	}
	return nil
}

// removeGroup takes a group away; what a departed one of its name left returns.
func (e *edit) removeGroup(name string) error {
	e.book.Group.Remove(name)
	e.book.GShadow.Remove(name)
	e.ledger.forgetGroup(name)
	if lines := e.ledger.DepartedGroups[name]; lines != "" {
		return e.comeBack(lines)
	}
	return nil
}

// makeWay takes what a departed group left away for one that comes back with
// its own lines.
func (e *edit) makeWay(name string) {
	if e.obs.groupGone(name) {
		e.book.GShadow.Remove(name)
	}
}

// join puts users into a group's lists: each where it stood before if it comes
// back, else at the end.
func (e *edit) join(group string, saved *bundle, users ...string) {
	for _, f := range e.book.GroupFiles() {
		d := f.Document()
		r := d.Find(group)
		if r == nil || len(users) == 0 {
			continue
		}
		if len(users) == 1 {
			e.joinOne(f, r, group, users[0], saved)
			continue
		}
		members := accounts.List(r.Field(accounts.GrMembers))
		in := setOf(members)
		for _, user := range users {
			if in[user] || e.leavesOut(f, group, user, saved) {
				continue
			}
			in[user] = true
			members = e.joined(members, f, group, user, saved)
		}
		d.Set(r, accounts.GrMembers, strings.Join(members, ","))
	}
}

// joinOne is join of one user in one file. A list that thousands join one by one is
// not taken apart each time.
func (e *edit) joinOne(f accounts.File, r *accounts.Row, group, user string, saved *bundle) {
	d, field := f.Document(), r.Field(accounts.GrMembers)
	switch {
	case accounts.HasMember(field, user), e.leavesOut(f, group, user, saved):
	case saved.members(f.Path, group) != nil || e.obs.first.names(f.Path, group, user):
		d.Set(r, accounts.GrMembers, strings.Join(e.joined(accounts.List(field), f, group, user, saved), ","))
	default:
		d.Set(r, accounts.GrMembers, accounts.WithMember(field, user))
	}
}

// leavesOut tells that a file is not to name a user who joins: whom group(5) alone
// named is not named in gshadow(5) either when it comes back.
func (e *edit) leavesOut(f accounts.File, group, user string, saved *bundle) bool {
	return f.Path == accounts.GShadowPath && (saved.without(f.Path, group, user) || e.obs.first.onlyInGroup(group, user))
}

// joined puts a user into the list of a group in one file, as often as the list of
// before had it.
func (e *edit) joined(members []string, f accounts.File, group, user string, saved *bundle) []string {
	old := e.oldList(f, group, user, saved)
	members = rejoin(members, user, old, saved.members(f.Path, group))
	for range old.repeats(user) {
		members = rejoin(members, user, old)
	}
	return members
}

// oldList is a group's list at a time when it had the user, nil when there is
// none to go by.
func (e *edit) oldList(f accounts.File, group, user string, saved *bundle) *order {
	if first := e.obs.first.members(f.Path, group); first.has(user) {
		return first
	}
	return saved.members(f.Path, group)
}

// part takes users out of a group's lists, but nobody out of one that named them
// alone before us.
func (e *edit) part(group string, users ...string) {
	for _, d := range []*accounts.Document{e.book.Group, e.book.GShadow} {
		r := d.Find(group)
		if r == nil || len(users) == 0 {
			continue
		}
		if len(users) == 1 {
			if d != e.book.GShadow || !e.obs.first.onlyInShadow(group, users[0]) {
				d.Set(r, accounts.GrMembers, accounts.WithoutMember(r.Field(accounts.GrMembers), users[0]))
			}
			continue
		}
		out := setOf(users)
		if d == e.book.GShadow {
			maps.DeleteFunc(out, func(user string, _ bool) bool { return e.obs.first.onlyInShadow(group, user) })
		}
		members := accounts.List(r.Field(accounts.GrMembers))
		// An editor may have named somebody twice.
		if left := slices.DeleteFunc(slices.Clone(members), func(m string) bool { return out[m] }); len(left) < len(members) {
			d.Set(r, accounts.GrMembers, strings.Join(left, ","))
		}
	}
}

// errNoLines is the error where lines that were kept are lost.
var errNoLines = errors.New("its saved lines are not in the state directory")

// comeBack remembers saved lines to be put back where they stood.
func (e *edit) comeBack(hash string) error {
	saved, err := e.bundle(hash)
	if err != nil {
		return err
	}
	if saved == nil {
		return errNoLines
	}
	for _, l := range saved.Lines {
		d := e.book.Document(l.File)
		// A file that has the name still was not reached by the removal that is
		// taken back, and its line may have another gid by now.
		if d.Find(d.NameIn(string(l.Text))) == nil {
			e.lines = append(e.lines, l)
		}
	}
	if r := saved.line(accounts.GroupPath); r != nil {
		e.ledger.noteGroup(r.Field(accounts.GrName), accounts.ParseID(r.Field(accounts.GrGID)))
	}
	return nil
}

// returning tells whether the line of a group is among those to be put back.
func (e *edit) returning(group string) bool {
	return slices.ContainsFunc(e.lines, func(l savedLine) bool {
		return l.File == accounts.GroupPath && l.row().Field(accounts.GrName) == group
	})
}
