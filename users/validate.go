package users

import (
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
)

// nameForm is what useradd(8) accepts in its default build, less the trailing
// dollar of Samba.
const nameForm = `^[a-z_][a-z0-9_-]{0,31}$`

// isName tells a string of nameForm.
func isName(s string) bool {
	for i := range len(s) {
		c := s[i]
		first := c >= 'a' && c <= 'z' || c == '_'
		if !first && (i == 0 || c != '-' && (c < '0' || c > '9')) {
			return false
		}
	}
	return s != "" && len(s) <= 32
}

// validate finds what is wrong with d whatever the host looks like.
func (d Desired) validate() []plan.Problem {
	var out []plan.Problem
	uids, names := map[ID]string{}, map[string]bool{}
	for _, u := range d.Users {
		report := func(advice, format string, args ...any) {
			out = append(out, plan.Problemf(userAddress(u.Name), u.Origin, advice, "cannot make user "+u.Name+": "+format, args...))
		}
		if names[u.Name] {
			report("Keep one of the two.", "it is declared twice")
		}
		names[u.Name] = true
		u.validate(report)
		if u.UID == nil {
			continue
		}
		if other, dup := uids[*u.UID]; dup {
			report("Give each user a uid of its own.", "user %s has the uid %s too", other, *u.UID)
		}
		uids[*u.UID] = u.Name
	}
	return append(out, d.validateGroups()...)
}

func (d Desired) validateGroups() []plan.Problem {
	var out []plan.Problem
	gids, names := map[ID]string{}, map[string]bool{}
	for _, g := range d.Groups {
		report := func(advice, format string, args ...any) {
			out = append(out, plan.Problemf(groupAddress(g.Name), g.Origin, advice, "cannot make group "+g.Name+": "+format, args...))
		}
		if names[g.Name] {
			report("Keep one of the two.", "it is declared twice")
		}
		names[g.Name] = true
		if !isName(g.Name) {
			report("", "the name does not match %s", nameForm)
		}
		for _, m := range g.Members {
			if !isName(m) {
				report("", "the member's name %q does not match %s", m, nameForm)
			}
		}
		if g.GID == nil {
			continue
		}
		if *g.GID == 1<<32-1 {
			report("", "%s is not a gid", *g.GID)
		}
		if other, dup := gids[*g.GID]; dup {
			report("Give each group a gid of its own.", "group %s has the gid %s too", other, *g.GID)
		}
		gids[*g.GID] = g.Name
	}
	return out
}

// reporter takes one thing that is wrong: the way out, and the reason.
type reporter func(advice, format string, args ...any)

func (u User) validate(report reporter) {
	if !isName(u.Name) {
		report("", "the name does not match %s", nameForm)
	}
	if u.UID != nil && (*u.UID == 0) != (u.Name == "root") {
		report("", "uid 0 is root's, and root's only")
	}
	if u.UID != nil && *u.UID == 1<<32-1 {
		report("", "%s is not a uid", *u.UID)
	}
	for _, f := range []struct{ what, value string }{
		{"description", u.Description},
		{"home", u.Home},
		{"shell", u.Shell},
		{"password hash", u.HashedPassword},
		{"initial password hash", u.InitialHashedPassword},
	} {
		if strings.ContainsAny(f.value, ":\n\r\x00") {
			report("", "its %s has a colon, a line break or a NUL", f.what)
		}
	}
	for _, f := range []struct{ what, value string }{{"home", u.Home}, {"shell", u.Shell}} {
		if f.value != "" && (!path.IsAbs(f.value) || path.Clean(f.value) != f.value) {
			report("", "its %s %q is not a clean absolute path", f.what, f.value)
		}
		if rootfs.TooLong(f.value) {
			report("", "its %s is too long for a path, or a name in it is: they have at most 4095 and 255 bytes", f.what)
		}
	}
	u.validateRest(report)
}

func (u User) validateRest(report reporter) {
	if u.Expires != "" {
		switch t, err := time.Parse(day, u.Expires); {
		case err != nil || t.Unix() < 0:
			report("", "expires %q is not a date as 2030-12-31", u.Expires)
		case t.Unix() == 0:
			report("For an account that is closed, say 1970-01-02.", "expires %q is the day 0 of shadow(5), which some programs take for never", u.Expires)
		}
	}
	if _, err := strconv.ParseUint(u.homeMode(), 8, 12); err != nil {
		report("", "home_mode %q is not three or four octal digits", u.HomeMode)
	}
	for i, k := range u.AuthorizedKeys {
		if strings.ContainsAny(k, "\n\x00") || strings.TrimSpace(k) == "" {
			report("", "authorized key %d is empty or has more than one line", i+1)
		}
	}
	for _, g := range append(slices.Clone(u.Groups), u.Group) {
		if strings.ContainsAny(g, ":,\n\x00 ") {
			report("", "%q is not the name of a group", g)
		}
	}
	if u.OnRemoval != "" && u.OnRemoval != "delete" && u.OnRemoval != "lock" {
		report("", `on_removal %q is neither "delete" nor "lock"`, u.OnRemoval)
	}
	if u.SubIDs != nil {
		for _, r := range u.SubIDs.Ranges {
			if r.Count == 0 || uint64(r.Start)+uint64(r.Count) > 1<<32-1 {
				report("", "the sub-id range %d+%d is empty or goes too far", r.Start, r.Count)
			}
		}
	}
}

func (u User) homeMode() string {
	if u.HomeMode == "" {
		return "0700"
	}
	return u.HomeMode
}
