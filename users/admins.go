package users

import (
	"slices"
	"strings"

	"github.com/activate-agent/activate/users/accounts"
)

// admins gives the groups of which a user is an administrator in gshadow(5).
func (b *book) admins(user string) []string {
	var out []string
	for _, r := range b.GShadow.Naming(user, accounts.SgAdmins) {
		out = append(out, r.Name())
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// administers tells whether user is an administrator of all groups that are
// there, or with anyOf of any.
func (o observation) administers(user string, groups []string, anyOf bool) bool {
	for _, g := range groups {
		r := o.book.GShadow.Find(g)
		if r == nil {
			continue
		}
		if in := slices.Contains(accounts.List(r.Field(accounts.SgAdmins)), user); in == anyOf {
			return anyOf
		}
	}
	return !anyOf
}

// dropAdmin takes a user who leaves from the administrators of groups, as
// userdel(8) does: a later account of the name is not to be one.
func (e *edit) dropAdmin(user string, groups []string) {
	for _, g := range groups {
		if r := e.book.GShadow.Find(g); r != nil {
			left := slices.DeleteFunc(accounts.List(r.Field(accounts.SgAdmins)), func(a string) bool { return a == user })
			e.book.GShadow.Set(r, accounts.SgAdmins, strings.Join(left, ","))
		}
	}
}

// returnAdmin makes a user who comes back one again, where it stood.
func (e *edit) returnAdmin(user string, groups []string, saved *bundle) {
	for _, g := range groups {
		r := e.book.GShadow.Find(g)
		if r == nil || slices.Contains(accounts.List(r.Field(accounts.SgAdmins)), user) {
			continue
		}
		e.book.GShadow.Set(r, accounts.SgAdmins, strings.Join(rejoin(accounts.List(r.Field(accounts.SgAdmins)), user, saved.admins(g)), ","))
	}
}
