package accounts

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/opencontainers/runc/libcontainer/user"
)

// Index finds accounts and groups of a book as they were when it was read, but for
// what an edit says of them. An entry is parsed when it is asked for, with runc's
// parser, which sees only lines that have the form of entries: it would make
// uid 0 of a garbled one.
type Index struct {
	passwd, group *Document
	users         map[string]user.User
	groups        map[string]user.Group
	// groupNames gives the first group with an id, as getgrgid(3).
	groupNames map[ID]string
	// byGID are the users with a primary gid, in file order, nil until somebody
	// asks.
	byGID map[ID][]string
}

func newIndex(passwd, group *Document) *Index {
	x := &Index{
		passwd: passwd, group: group,
		users: map[string]user.User{}, groups: map[string]user.Group{},
		groupNames: make(map[ID]string, len(group.first)),
	}
	for name, line := range group.Entries() {
		id := ParseID(Field(line, GrGID))
		if _, dup := x.groupNames[id]; !dup {
			x.groupNames[id] = name
		}
	}
	return x
}

// FindUser gives the account of that name.
func (x *Index) FindUser(name string) (user.User, bool) {
	if u, known := x.users[name]; known {
		return u, true
	}
	line := x.passwd.Read(name)
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
	u.Uid, u.Gid = int(ParseID(Field(line, PwUID))), int(ParseID(Field(line, PwGID)))
	return u
}

// FindGroup gives the group of that name.
func (x *Index) FindGroup(name string) (user.Group, bool) {
	if g, known := x.groups[name]; known {
		return g, true
	}
	line := x.group.Read(name)
	if line == "" {
		return user.Group{}, false
	}
	parsed, err := user.ParseGroup(strings.NewReader(line))
	if err != nil || len(parsed) != 1 {
		panic(fmt.Sprintf("internal error: cannot parse an entry of group: %v", err))
	}
	g := parsed[0]
	g.Gid = int(ParseID(Field(line, GrGID)))
	x.groups[name] = g
	return g, true
}

// Primaries gives the users with a primary gid, in file order.
func (x *Index) Primaries(gid ID) []string {
	if x.byGID == nil {
		x.byGID = make(map[ID][]string, len(x.passwd.first))
		for name, line := range x.passwd.Entries() {
			id := ParseID(Field(line, PwGID))
			x.byGID[id] = append(x.byGID[id], name)
		}
	}
	return x.byGID[gid]
}

// Memberships gives the supplementary groups of a user, in file order, less those that
// a state, which is JSON, cannot name.
func (x *Index) Memberships(user string) []string {
	return slices.DeleteFunc(x.allMemberships(user), func(group string) bool { return !utf8.ValidString(group) })
}

// UnsaidMembership gives a supplementary group of a user that a state cannot name, ""
// for none.
func (x *Index) UnsaidMembership(user string) string {
	for _, group := range x.allMemberships(user) {
		if !utf8.ValidString(group) {
			return group
		}
	}
	return ""
}

func (x *Index) allMemberships(user string) []string {
	var out []string
	for _, r := range x.group.Naming(user, GrMembers) {
		if !r.again {
			out = append(out, r.Name())
		}
	}
	return out
}

// OtherGroup gives the first group by name, other than but, with a gid; "" when
// there is none.
func (x *Index) OtherGroup(gid ID, but string) string {
	found := ""
	for name, line := range x.group.Entries() {
		if name != but && ParseID(Field(line, GrGID)) == gid && (found == "" || name < found) {
			found = name
		}
	}
	return found
}

// MoveGroup gives a group another gid, with all whose primary group it is.
func (x *Index) MoveGroup(name string, from, to ID) {
	all := x.Primaries(from)
	for _, member := range all {
		if u, there := x.FindUser(member); there {
			u.Gid = int(to)
			x.users[member] = u
		}
	}
	x.byGID[to] = append(x.byGID[to], all...)
	delete(x.byGID, from)
	if g, there := x.FindGroup(name); there {
		g.Gid = int(to)
		x.groups[name] = g
	}
	delete(x.groupNames, from)
	x.groupNames[to] = name
}

// AddGroup enters a group that is made.
func (x *Index) AddGroup(name string, gid ID) {
	g, _ := x.FindGroup(name)
	g.Name, g.Gid = name, int(gid)
	x.groups[name] = g
	if _, named := x.groupNames[gid]; !named {
		x.groupNames[gid] = name
	}
}

// GroupByID gives the first group with a gid, as getgrgid(3).
func (x *Index) GroupByID(gid ID) (string, bool) {
	name, there := x.groupNames[gid]
	return name, there
}

// GroupName names a gid, in digits when no group has it or a state cannot name that.
func (x *Index) GroupName(id ID) string {
	if name, ok := x.groupNames[id]; ok && utf8.ValidString(name) {
		return name
	}
	return id.String()
}

// GID resolves a group's name, or digits.
func (x *Index) GID(name string) (ID, bool) {
	if g, ok := x.FindGroup(name); ok {
		return ID(g.Gid), true
	}
	if IsID(name) {
		return ParseID(name), true
	}
	return 0, false
}
