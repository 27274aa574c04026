package users

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/users/accounts"
)

// bundle is an account's own lines, byte for byte, and where they stood, so
// that taking back its removal gives the very files of before. It is kept in
// the Store as a secret: it holds password hashes.
type bundle struct {
	Lines   []savedLine   `json:"lines"`
	Members []savedMember `json:"members,omitempty"`
	// Admins are lists of administrators that had the user.
	Admins []savedMember `json:"admins,omitempty"`
}

// savedLine is one line of an account file.
type savedLine struct {
	File string `json:"file"`
	At   int    `json:"at"`
	Text []byte `json:"text"`
}

// row is the line apart from any file.
func (l savedLine) row() *accounts.Row { return accounts.NewRow(string(l.Text)) }

// savedMember is the member list of a group's line that had the user.
type savedMember struct {
	File  string   `json:"file"`
	Group string   `json:"group"`
	List  []string `json:"list,omitempty"`
	// Shared stands for a List that is kept once for all its members.
	Shared string `json:"shared,omitempty"`

	order *order
}

// userBundle collects what belongs to a user; with own also the group of its
// name. What stands for long lists is made by store.
func (b *book) userBundle(store *rootfs.Store, name string, own bool) bundle {
	var out bundle
	for _, f := range b.Files() {
		doc := f.Document()
		if doc == b.Group || doc == b.GShadow {
			if own {
				out.take(f.Path, doc, name)
			}
			out.Members = append(out.Members, b.listsWith(store, f, name, accounts.GrMembers)...)
			if doc == b.GShadow {
				out.Admins = b.listsWith(store, f, name, accounts.SgAdmins)
			}
			continue
		}
		out.take(f.Path, doc, name)
	}
	return out
}

// groupBundle collects what belongs to a group.
func (b *book) groupBundle(name string) bundle {
	var out bundle
	out.take(accounts.GroupPath, b.Group, name)
	out.take(accounts.GShadowPath, b.GShadow, name)
	return out
}

func (u *bundle) take(file string, d *accounts.Document, name string) {
	for _, r := range d.All(name) {
		u.Lines = append(u.Lines, savedLine{file, d.Place(r), []byte(r.Line())})
	}
}

// encode gives the same bytes for the same bundle.
func (u bundle) encode() []byte {
	data, err := json.Marshal(u)
	if err != nil {
		panic("internal error: cannot encode account lines: " + err.Error())
	}
	return data
}

// line gives the first saved line of a file, nil when there was none.
func (u *bundle) line(file string) *accounts.Row {
	if l, there := u.saved(file); there {
		return l.row()
	}
	return nil
}

// password gives the field that a password was held against: that of passwd(5)
// unless it says "x". False without a line of shadow(5).
func (u *bundle) password() (string, bool) {
	p, s := u.line(accounts.PasswdPath), u.line(accounts.ShadowPath)
	switch {
	case p == nil || s == nil:
		return "", false
	case p.Field(accounts.PwPassword) != "x":
		return p.Field(accounts.PwPassword), true
	}
	return s.Field(accounts.SpPassword), true
}

// saved is that line with its place.
func (u *bundle) saved(file string) (savedLine, bool) {
	if u == nil {
		return savedLine{}, false
	}
	for _, l := range u.Lines {
		if l.File == file {
			return l, true
		}
	}
	return savedLine{}, false
}

// expiry is the field of shadow(5) for a date: as it was written where the saved
// line means the same.
func (u *bundle) expiry(date string) string {
	if old := u.line(accounts.ShadowPath); old != nil && expiryDate(old.Field(accounts.SpExpires)) == date {
		return old.Field(accounts.SpExpires)
	}
	return expiryField(date)
}

// rangeLine gives the saved line of a sub-id range.
func (u *bundle) rangeLine(file string, want SubRange) (savedLine, bool) {
	if u == nil {
		return savedLine{}, false
	}
	for _, l := range u.Lines {
		if l.File == file && rangeOf(l.row()) == want {
			return l, true
		}
	}
	return savedLine{}, false
}

// members is a group's list as it was, nil when it is not known.
func (u *bundle) members(file, group string) *order {
	if u == nil {
		return nil
	}
	for _, m := range u.Members {
		if m.File == file && m.Group == group {
			return m.order
		}
	}
	return nil
}

// admins is a group's list of administrators as it was, nil when it is not known.
func (u *bundle) admins(group string) *order {
	if u == nil {
		return nil
	}
	for _, m := range u.Admins {
		if m.Group == group {
			return m.order
		}
	}
	return nil
}

// without tells that one of a group's two lists had user, and that of file had
// not.
func (u *bundle) without(file, group, user string) bool {
	if u == nil || u.members(file, group).has(user) {
		return false
	}
	return slices.ContainsFunc(u.Members, func(m savedMember) bool { return m.Group == group && m.order.has(user) })
}

// lists gives, of a group's own bundle, its member lists.
func (u *bundle) lists(group string) *bundle {
	if u == nil {
		return nil
	}
	out := &bundle{}
	for _, l := range u.Lines {
		r := l.row()
		out.Members = append(out.Members, savedMember{File: l.File, Group: group, order: newOrder(accounts.List(r.Field(accounts.GrMembers)))})
	}
	return out
}

// openBundle finds a bundle in the Store, nil for an empty hash.
func openBundle(store *rootfs.Store, hash string) (*bundle, error) {
	if hash == "" {
		return nil, nil
	}
	if missing := store.Missing(hash); missing == rootfs.Unreadable {
		return nil, fmt.Errorf("cannot read the saved lines of an account: the copy of them is %s", missing)
	} else if missing != "" {
		return nil, nil
	}
	data, err := openSecret(store, hash)
	if err != nil {
		return nil, err
	}
	u := &bundle{}
	if err := json.Unmarshal(data, u); err != nil {
		return nil, fmt.Errorf("cannot read the saved lines of an account: %w", err)
	}
	return u, nil
}

func openSecret(store *rootfs.Store, hash string) ([]byte, error) {
	f, err := store.Open(hash)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return io.ReadAll(f)
}
