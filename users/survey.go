package users

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/users/accounts"
)

// Survey is what a root's own account files have above the system range.
type Survey struct {
	// Desired asks for just that, without passwords.
	Desired Desired
	// Remarks say what of the account with that name is left out, or why all
	// of it is. The name stands before its kind: "alice", "group staff".
	Remarks map[string]string
}

// nobody is the id that owns what has no owner here, as the kernel's
// overflowuid has it.
const nobody = 65534

// ReadSurvey describes the users and groups of root whose ids are not below
// those that login.defs(5) has for people, so that Diff of the description
// finds nothing to change. The errors are those of Diff.
func ReadSurvey(root *rootfs.Root) (*Survey, error) {
	b, err := readBook(root, nil)
	if err != nil {
		return nil, err
	}
	ranges, err := readDefs(root)
	if err != nil {
		return nil, err
	}
	r := &surveyor{obs: observation{root: root, book: b}, ranges: ranges, out: &Survey{Remarks: map[string]string{}}}
	for _, name := range slices.Sorted(b.Group.Names()) {
		r.oneGroup(name)
	}
	for _, name := range slices.Sorted(b.Passwd.Names()) {
		if err := r.oneUser(name); err != nil {
			return nil, err
		}
	}
	return r.out, nil
}

type surveyor struct {
	obs    observation
	ranges defs
	out    *Survey
}

func (r *surveyor) remark(subject, format string, args ...any) {
	if r.out.Remarks[subject] != "" {
		r.out.Remarks[subject] += "; "
	}
	r.out.Remarks[subject] += fmt.Sprintf(format, args...)
}

// person tells a user that is a person's or an application's.
func (r *surveyor) person(name string) bool {
	u, ok := r.obs.book.FindUser(name)
	return ok && ID(u.Uid) >= r.ranges.user.min && u.Uid != nobody && name != "nobody"
}

// shared tells a group that a block stands for: it is above the system range,
// and no more than the own group of a user only if that would not come out the
// same by itself.
func (r *surveyor) shared(name string) bool {
	g, ok := r.obs.book.FindGroup(name)
	if !ok || ID(g.Gid) < r.ranges.group.min || g.Gid == nobody {
		return false
	}
	u, _ := r.obs.book.FindUser(name)
	own := r.person(name) && u.Gid == g.Gid
	return !own || u.Uid != g.Gid || len(g.List) > 0
}

func (r *surveyor) oneGroup(name string) {
	if !r.shared(name) {
		return
	}
	if !isName(name) {
		r.remark("group "+name, "its name does not match %s", nameForm)
		return
	}
	st := r.obs.group(name)
	g := Group{Name: name, GID: &st.GID}
	for _, m := range st.Members {
		if !isName(m) {
			r.remark("group "+name, "the name of its member %q does not match %s", m, nameForm)
			continue
		}
		g.Members = append(g.Members, m)
	}
	r.out.Desired.Groups = append(r.out.Desired.Groups, g)
}

func (r *surveyor) oneUser(name string) error {
	if !r.person(name) {
		return nil
	}
	if !isName(name) {
		r.remark(name, "its name does not match %s", nameForm)
		return nil
	}
	st := r.obs.account(name)
	u := User{Name: name, UID: &st.UID, Expires: st.Expires, SubIDs: r.subIDs(name, st)}
	if st.Group != name {
		u.Group = st.Group
	}
	for _, g := range st.Groups {
		if !r.shared(g) || !isName(g) {
			u.Groups = append(u.Groups, g)
		}
	}
	raw, _ := r.obs.book.FindUser(name)
	u.Description, u.Home, u.Shell = r.plain(name, "description", raw.Gecos), r.absolute(name, "home", raw.Home), r.absolute(name, "shell", raw.Shell)
	linger, err := r.obs.linger(name)
	if err != nil {
		return err
	}
	if linger {
		u.Linger = &linger
	}
	u.AuthorizedKeys = r.keys(name, st)
	r.out.Desired.Users = append(r.out.Desired.Users, u)
	return nil
}

// plain is a field that a configuration can say, "" of one that it cannot.
func (r *surveyor) plain(name, what, value string) string {
	if printable(value) != value || strings.ContainsAny(value, "\x00\r") {
		r.remark(name, "its %s is not UTF-8 and stays as it is", what)
		return ""
	}
	return value
}

// absolute is a path of passwd(5) that a configuration can say.
func (r *surveyor) absolute(name, what, value string) string {
	value = r.plain(name, what, value)
	if value == "" || path.IsAbs(value) && path.Clean(value) == value {
		return value
	}
	r.remark(name, "its %s %q is no plain absolute path and stays as it is", what, value)
	return ""
}

// subIDs are the ranges that both subuid(5) and subgid(5) have.
func (r *surveyor) subIDs(name string, st *UserState) *SubIDs {
	var both []SubRange
	for _, s := range st.SubUIDs {
		if slices.Contains(st.SubGIDs, s) {
			both = append(both, s)
		}
	}
	if len(both) < len(st.SubUIDs) || len(both) < len(st.SubGIDs) {
		r.remark(name, "some of its subordinate ids are only in one of /etc/subuid and /etc/subgid")
	}
	if len(both) == 0 {
		return nil
	}
	return &SubIDs{Ranges: both}
}

// keys gives the lines of an authorized_keys that is just what this package
// would write of them.
func (r *surveyor) keys(name string, st *UserState) []string {
	found, err := r.obs.keys(st)
	if err != nil {
		r.remark(name, "its authorized_keys are left out: %v", err)
		return nil
	}
	if found == nil {
		return nil
	}
	data, err := r.obs.root.ReadFile(found.Path, keysLimit)
	if err != nil {
		r.remark(name, "its authorized_keys are left out: %v", rootfs.Reason(err))
		return nil
	}
	lines := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	switch {
	case found.Mode != "0600" || found.UID != nil || found.GID != nil:
		r.remark(name, "its authorized_keys are not its own with mode 0600 and stay as they are")
	case r.awkward(lines) || string(keysText(lines)) != string(data):
		r.remark(name, "its authorized_keys are not plain lines, each once, and stay as they are")
	default:
		return lines
	}
	return nil
}

// awkward tells lines that would not come out again: empty or doubled ones, and
// what printable would quote.
func (r *surveyor) awkward(lines []string) bool {
	seen := map[string]bool{}
	for _, line := range lines {
		if line == "" || seen[line] || printable(line) != line || strings.ContainsAny(line, "\x00\r") {
			return true
		}
		seen[line] = true
	}
	return false
}

// UserName gives the first name that User finds the uid by.
func (n *Names) UserName(uid uint32) (string, bool) {
	found := ""
	for name, line := range n.book.Passwd.Entries() {
		if uint32(accounts.ParseID(accounts.Field(line, accounts.PwUID))) == uid && (found == "" || name < found) {
			found = name
		}
	}
	return found, found != ""
}

// GroupName gives the name that Group finds the gid by.
func (n *Names) GroupName(gid uint32) (string, bool) {
	name, ok := n.book.GroupByID(ID(gid))
	return name, ok
}
