package users

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/users/accounts"
)

// identity settles the uid of a new account and makes the own group of one that
// gets it. The ids of the plan are taken unless somebody else got them since.
func (e *edit) identity(c *userChange) error {
	if c.before != nil && c.after != nil && c.after.OwnGroup {
		return e.addGroup(c.name, c.after.GID)
	}
	if c.before != nil || c.after == nil || c.after.Lines != "" {
		return nil
	}
	after := *c.after
	c.after = &after
	if r := e.book.Passwd.Find(c.name); r != nil {
		after.UID = accounts.ParseID(r.Field(accounts.PwUID))
	} else if other := e.alloc.userOf(after.UID, c.name); other != "" || after.Chosen && !e.alloc.free(after.UID, c.name) {
		if !after.Chosen {
			return errors.New("the uid " + after.UID.String() + " is now " + other + "'s")
		}
		var err error
		if after.UID, err = e.alloc.uid(c.name, after.UID < e.alloc.defs.user.min); err != nil {
			return err
		}
	}
	e.alloc.holdUser(c.name, after.UID)
	e.ledger.giveUser(c.name, after.UID)
	if !after.OwnGroup {
		return nil
	}
	gid, err := e.alloc.gid(c.name, after.UID < e.alloc.defs.user.min, after.GID)
	if err != nil {
		return err
	}
	return e.addGroup(c.name, gid)
}

// user makes one change of a user in memory.
func (e *edit) user(c userChange) error {
	e.ledger.setLocked(c.name, c.after != nil && c.after.Locked)
	if c.after == nil {
		return e.removeUser(c)
	}
	var saved *bundle
	if c.after.Lines != "" {
		var err error
		if saved, err = e.bundle(c.after.Lines); err != nil {
			return err
		}
	}
	cur := e.obs.bare(c.name)
	switch {
	case c.before == nil && c.after.Lines != "":
		if err := e.makeRoom(c.after); err != nil {
			return err
		}
		if c.after.OwnGroup {
			e.makeWay(c.name)
		}
		if err := e.comeBack(c.after.Lines); err != nil {
			return err
		}
		e.returnAdmin(c.name, c.after.Admins, saved)
	case cur == nil || c.before == nil:
		if err := e.newUser(c); err != nil {
			return err
		}
	default:
		if err := e.update(c, *cur, saved); err != nil {
			return err
		}
	}
	for _, g := range c.joins() {
		if e.book.Group.Find(g) == nil {
			if e.returning(g) {
				// Its line comes back whole, with its members.
				continue
			}
			return fmt.Errorf("there is no group %q", g)
		}
		e.join(g, saved, c.name)
	}
	for _, g := range c.leaves() {
		e.part(g, c.name)
	}
	e.ledger.moveDeparted(c.name, c.joins(), c.leaves())
	return nil
}

func (e *edit) removeUser(c userChange) error {
	for _, d := range []*accounts.Document{e.book.Passwd, e.book.Shadow, e.book.SubUID, e.book.SubGID} {
		d.Remove(c.name)
	}
	if c.before != nil && c.before.OwnGroup {
		if err := e.removeGroup(c.name); err != nil {
			return err
		}
	}
	for _, g := range c.leaves() {
		e.part(g, c.name)
	}
	for _, g := range c.joins() {
		if e.book.Group.Find(g) != nil {
			e.join(g, nil, c.name)
		}
	}
	if c.before != nil {
		e.dropAdmin(c.name, c.before.Admins)
	}
	if lines := c.before.departedLines(); lines != "" {
		return e.comeBack(lines)
	}
	return nil
}

// newUser writes the lines of a new account; those that a cut-off run wrote
// already stay. It wrote shadow last: a line there alone is another's, and its
// password is not to be had.
func (e *edit) newUser(c userChange) error {
	a := c.after
	gid, ok := e.book.GID(a.Group)
	if !ok {
		return fmt.Errorf("there is no group %q", a.Group)
	}
	field, err := e.passwordField(a.Password)
	if err != nil {
		return err
	}
	if err := e.makeRoom(a); err != nil {
		return err
	}
	if !e.s.made(userAddress(c.name)) {
		// What is left of one that an earlier run made is ours.
		e.ledger.setDeparted(c.name, a.Departed)
	}
	if e.book.Passwd.Find(c.name) == nil {
		if e.book.Shadow.Find(c.name) != nil {
			return fmt.Errorf("its line in %s: %w", e.s.cfg.Root.Name(accounts.ShadowPath), rootfs.ErrChanged)
		}
		e.book.Passwd.Add(c.name + ":x:" + a.UID.String() + ":" + gid.String() + ":" + a.Description + ":" + a.Home + ":" + a.Shell)
	}
	if e.book.Shadow.Find(c.name) == nil {
		e.book.Shadow.Add(c.name + ":" + field + ":" + e.today() + e.aging(a.UID) + expiryField(a.Expires) + ":")
	}
	return e.setRanges(c.name, *a, nil)
}

// aging is the fields of shadow(5) from the minimum age to the inactivity, as
// useradd(8) writes them: people's passwords have limits, those of system
// accounts none.
func (e *edit) aging(uid ID) string {
	if uid < e.alloc.defs.user.min {
		return ":::::"
	}
	return ":0:99999:7::"
}

// today is the date of a password's change. It is never 0, which would make
// the user change it at the next login: a clock may start in 1970.
func (e *edit) today() string {
	return strconv.FormatInt(max(1, e.s.cfg.Now().Unix()/86400), 10)
}

// passwordField finds the field that a state stands for.
func (e *edit) passwordField(state string) (string, error) {
	key := passwordKey(state)
	if key == "" {
		return state, nil
	}
	if field, ok := e.hashes[key]; ok {
		return field, nil
	}
	field, err := openSecret(e.s.cfg.Store, key)
	if err != nil {
		return "", fmt.Errorf("its password hash is not in the state directory: %w", err)
	}
	return string(field), nil
}

// update changes the fields that differ.
func (e *edit) update(c userChange, cur UserState, saved *bundle) error {
	a, r := c.after, e.book.Passwd.Find(c.name)
	if cur.UID != a.UID && c.before.UID != a.UID {
		if other := e.alloc.userOf(a.UID, c.name); other != "" {
			return errors.New("the uid " + a.UID.String() + " is now " + other + "'s")
		}
		e.book.Passwd.Set(r, accounts.PwUID, a.UID.String())
		e.ledger.giveUser(c.name, cur.UID)
		e.ledger.giveUser(c.name, a.UID)
	}
	for _, f := range []struct {
		i         int
		now, want string
	}{{accounts.PwDescription, cur.Description, a.Description}, {accounts.PwHome, cur.Home, a.Home}, {accounts.PwShell, cur.Shell, a.Shell}} {
		if f.now != f.want {
			e.book.Passwd.Set(r, f.i, field(f.want))
		}
	}
	if cur.Group != a.Group {
		gid, ok := e.book.GID(a.Group)
		if !ok {
			return fmt.Errorf("there is no group %q", a.Group)
		}
		e.book.Passwd.Set(r, accounts.PwGID, gid.String())
	}
	if cur.Password != a.Password || cur.Expires != a.Expires {
		if err := e.secrets(c, cur, saved); err != nil {
			return err
		}
	}
	if c.before.OwnGroup && !a.OwnGroup {
		if err := e.removeGroup(c.name); err != nil {
			return err
		}
	}
	return e.setRanges(c.name, *a, saved)
}

// secrets changes the password and the expiry.
func (e *edit) secrets(c userChange, cur UserState, saved *bundle) error {
	if saved != nil && saved.line(accounts.ShadowPath) == nil && e.restoresPassword(c, saved) {
		e.book.Shadow.Remove(c.name)
		e.book.Passwd.Set(e.book.Passwd.Find(c.name), accounts.PwPassword, saved.line(accounts.PasswdPath).Field(accounts.PwPassword))
		e.ledger.forgetPassword(c.name)
		return nil
	}
	r := e.book.Shadow.Find(c.name)
	if r == nil && e.returnsToShadow(c, saved) {
		return nil
	}
	if r == nil {
		e.book.Shadow.Add(c.name + ":" + e.book.passwordField(c.name) + ":" + e.today() + ":::::" + ":")
		r = e.book.Shadow.Find(c.name)
	}
	if cur.Expires != c.after.Expires {
		e.book.Shadow.Set(r, accounts.SpExpires, saved.expiry(c.after.Expires))
	}
	if cur.Password == c.after.Password {
		return nil
	}
	field, err := e.passwordField(c.after.Password)
	if err != nil {
		return err
	}
	pw, changed := "x", e.today()
	before, there := saved.password()
	returns := there && before == field
	if returns {
		// Where passwd(5) had the password, the line of shadow(5) had another.
		old := saved.line(accounts.ShadowPath)
		field, changed = old.Field(accounts.SpPassword), old.Field(accounts.SpChanged)
		pw = saved.line(accounts.PasswdPath).Field(accounts.PwPassword)
	}
	e.notePassword(c, returns)
	e.book.Shadow.Set(r, accounts.SpPassword, field)
	e.book.Shadow.Set(r, accounts.SpChanged, changed)
	e.book.Passwd.Set(e.book.Passwd.Find(c.name), accounts.PwPassword, pw)
	return nil
}

// returnsToShadow has the saved line of shadow(5), where it is of the state wanted,
// go back to where it stood.
func (e *edit) returnsToShadow(c userChange, saved *bundle) bool {
	l, there := saved.saved(accounts.ShadowPath)
	if !there {
		return false
	}
	old := l.row()
	if e.obs.keyedPassword(old.Field(accounts.SpPassword)) != c.after.Password || expiryDate(old.Field(accounts.SpExpires)) != c.after.Expires {
		return false
	}
	e.lines = append(e.lines, l)
	e.book.Passwd.Set(e.book.Passwd.Find(c.name), accounts.PwPassword, saved.line(accounts.PasswdPath).Field(accounts.PwPassword))
	e.notePassword(c, true)
	return true
}

// notePassword remembers a password that a run sets, until that of before us
// returns.
func (e *edit) notePassword(c userChange, returns bool) {
	original, err := e.s.userStates.Decode(e.s.cfg.Originals[userAddress(c.name)])
	if returns && (err != nil || original == nil || original.Password == c.after.Password) {
		e.ledger.forgetPassword(c.name)
		return
	}
	e.ledger.setPassword(c.name, c.after.Password)
}

// restoresPassword tells whether the saved lines are of the state wanted.
func (e *edit) restoresPassword(c userChange, saved *bundle) bool {
	old := saved.line(accounts.PasswdPath)
	if old == nil || c.after.Expires != "" {
		return false
	}
	field := old.Field(accounts.PwPassword)
	if field == "x" {
		field = "!"
	}
	return e.obs.keyedPassword(field) == c.after.Password
}
