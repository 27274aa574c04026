package users

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/opencontainers/runc/libcontainer/user"
)

// index finds accounts and groups of a book as they were when it was read, but for
// what an edit says of them. An entry is parsed when it is asked for, with runc's
// parser, which sees only lines that have the form of entries: it would make
// uid 0 of a garbled one.
type index struct {
	passwd, group *document
	users         map[string]user.User
	groups        map[string]user.Group
	// groupNames gives the first group with an id, as getgrgid(3).
	groupNames map[ID]string
	// byGID are the users with a primary gid, in file order, nil until somebody
	// asks.
	byGID map[ID][]string
}

func newIndex(passwd, group *document) *index {
	x := &index{
		passwd: passwd, group: group,
		users: map[string]user.User{}, groups: map[string]user.Group{},
		groupNames: make(map[ID]string, len(group.first)),
	}
	for name, line := range group.entries() {
		id := parseID(fieldOf(line, grGID))
		if _, dup := x.groupNames[id]; !dup {
			x.groupNames[id] = name
		}
	}
	return x
}

// user gives the account of that name.
func (x *index) user(name string) (user.User, bool) {
	if u, known := x.users[name]; known {
		return u, true
	}
	line := x.passwd.read(name)
	if line == "" {
		return user.User{}, false
	}
	u := parseUser(line)
	x.users[name] = u
	return u, true
}

func parseUser(line string) user.User {
	parsed, err := user.ParsePasswd(strings.NewReader(line))
	if err != nil || len(parsed) != 1 {
		panic(fmt.Sprintf("internal error: cannot parse an entry of passwd: %v", err))
	}
	// runc's integers may have 31 bits, and it takes the largest for what is larger.
	u := parsed[0]
	u.Uid, u.Gid = int(parseID(fieldOf(line, pwUID))), int(parseID(fieldOf(line, pwGID)))
	return u
}

// groupOf gives the group of that name.
func (x *index) groupOf(name string) (user.Group, bool) {
	if g, known := x.groups[name]; known {
		return g, true
	}
	line := x.group.read(name)
	if line == "" {
		return user.Group{}, false
	}
	parsed, err := user.ParseGroup(strings.NewReader(line))
	if err != nil || len(parsed) != 1 {
		panic(fmt.Sprintf("internal error: cannot parse an entry of group: %v", err))
	}
	g := parsed[0]
	g.Gid = int(parseID(fieldOf(line, grGID)))
	x.groups[name] = g
	return g, true
}

// primaries gives the users with a primary gid, in file order.
func (x *index) primaries(gid ID) []string {
	if x.byGID == nil {
		x.byGID = make(map[ID][]string, len(x.passwd.first))
		for name, line := range x.passwd.entries() {
			id := parseID(fieldOf(line, pwGID))
			x.byGID[id] = append(x.byGID[id], name)
		}
	}
	return x.byGID[gid]
}

// memberships gives the supplementary groups of a user, in file order, less those that
// a state, which is JSON, cannot name.
func (x *index) memberships(user string) []string {
	return slices.DeleteFunc(x.allMemberships(user), func(group string) bool { return !utf8.ValidString(group) })
}

// unsaidMembership gives a supplementary group of a user that a state cannot name, ""
// for none.
func (x *index) unsaidMembership(user string) string {
	for _, group := range x.allMemberships(user) {
		if !utf8.ValidString(group) {
			return group
		}
	}
	return ""
}

func (x *index) allMemberships(user string) []string {
	var out []string
	for _, r := range x.group.naming(user, grMembers) {
		if !r.again {
			out = append(out, r.name())
		}
	}
	return out
}

// otherGroup gives the first group by name, other than but, with a gid; "" when
// there is none.
func (x *index) otherGroup(gid ID, but string) string {
	found := ""
	for name, line := range x.group.entries() {
		if name != but && parseID(fieldOf(line, grGID)) == gid && (found == "" || name < found) {
			found = name
		}
	}
	return found
}

// moveGroup gives a group another gid, with all whose primary group it is.
func (x *index) moveGroup(name string, from, to ID) {
	all := x.primaries(from)
	for _, member := range all {
		if u, there := x.user(member); there {
			u.Gid = int(to)
			x.users[member] = u
		}
	}
	x.byGID[to] = append(x.byGID[to], all...)
	delete(x.byGID, from)
	if g, there := x.groupOf(name); there {
		g.Gid = int(to)
		x.groups[name] = g
	}
	delete(x.groupNames, from)
	x.groupNames[to] = name
}

// addGroup enters a group that is made.
func (x *index) addGroup(name string, gid ID) {
	g, _ := x.groupOf(name)
	g.Name, g.Gid = name, int(gid)
	x.groups[name] = g
	if _, named := x.groupNames[gid]; !named {
		x.groupNames[gid] = name
	}
}

// groupName names a gid, in digits when no group has it or a state cannot name that.
func (x *index) groupName(id ID) string {
	if name, ok := x.groupNames[id]; ok && utf8.ValidString(name) {
		return name
	}
	return id.String()
}

// gid resolves a group's name, or digits.
func (x *index) gid(name string) (ID, bool) {
	if g, ok := x.groupOf(name); ok {
		return ID(g.Gid), true
	}
	if isID(name) {
		return parseID(name), true
	}
	return 0, false
}
