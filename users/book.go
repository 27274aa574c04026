package users

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/opencontainers/runc/libcontainer/user"

	"github.com/activate-agent/activate/activation/rootfs"
)

// The account files, relative to the root.
const (
	passwdPath  = "etc/passwd"
	groupPath   = "etc/group"
	shadowPath  = "etc/shadow"
	gshadowPath = "etc/gshadow"
	subUIDPath  = "etc/subuid"
	subGIDPath  = "etc/subgid"
)

// fileLimit is more than any host's account file, and less than its memory.
const fileLimit = 256 << 20

// book is the six account files of a root, read at one moment.
type book struct {
	passwd, group, shadow, gshadow, subUID, subGID *document
	// present tells which files exist.
	present map[string]bool
	users   map[string]user.User
	groups  map[string]user.Group
	// groupNames gives the first group with an id, as getgrgid(3).
	groupNames map[ID]string
	// memberships are the supplementary groups of a user, in file order.
	memberships map[string][]string
	// primaries are the users with a primary gid, in file order.
	primaries map[ID][]string
}

// readBook reads the account files of root. A missing one is empty; any other
// trouble is an error, since an account that is not seen would be made anew.
func readBook(root *rootfs.Root) (*book, error) {
	b := &book{present: map[string]bool{}}
	for _, f := range b.files() {
		data, err := root.ReadFile(f.path, fileLimit)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("cannot read %s: %w", root.Name(f.path), rootfs.Reason(err))
		}
		b.present[f.path] = err == nil
		if *f.doc, err = parseDocument(data, f.check); err != nil {
			return nil, fmt.Errorf("cannot read %s: %w", root.Name(f.path), err)
		}
	}
	if err := b.index(); err != nil {
		return nil, err
	}
	return b, nil
}

// accountFile is one of the six.
type accountFile struct {
	path  string
	doc   **document
	check format
}

// files lists the account files in the order they are written in: a user never
// shows up before its group, nor a password before its user.
func (b *book) files() []accountFile {
	return []accountFile{
		{groupPath, &b.group, groupLine},
		{gshadowPath, &b.gshadow, gshadowLine},
		{subUIDPath, &b.subUID, subIDLine},
		{subGIDPath, &b.subGID, subIDLine},
		{passwdPath, &b.passwd, passwdLine},
		{shadowPath, &b.shadow, shadowLine},
	}
}

// index reads the entries with runc's parser, which sees only lines that have
// the form of entries: it would make uid 0 of a garbled one.
func (b *book) index() error {
	users, err := user.ParsePasswd(validLines(b.passwd))
	if err != nil {
		return fmt.Errorf("cannot parse passwd: %w", err)
	}
	groups, err := user.ParseGroup(validLines(b.group))
	if err != nil {
		return fmt.Errorf("cannot parse group: %w", err)
	}
	b.users, b.groups = make(map[string]user.User, len(users)), make(map[string]user.Group, len(groups))
	b.groupNames, b.memberships = make(map[ID]string, len(groups)), map[string][]string{}
	b.primaries = map[ID][]string{}
	for _, u := range users {
		if _, dup := b.users[u.Name]; !dup {
			b.users[u.Name] = u
			b.primaries[ID(u.Gid)] = append(b.primaries[ID(u.Gid)], u.Name)
		}
	}
	for _, g := range groups {
		b.indexGroup(g)
	}
	return nil
}

func (b *book) indexGroup(g user.Group) {
	if _, dup := b.groups[g.Name]; dup {
		return
	}
	b.groups[g.Name] = g
	if _, dup := b.groupNames[ID(g.Gid)]; !dup {
		b.groupNames[ID(g.Gid)] = g.Name
	}
	for _, m := range g.List {
		b.memberships[m] = append(b.memberships[m], g.Name)
	}
}

// validLines is what of d may be given to a parser that does not check.
func validLines(d *document) *strings.Reader {
	var b strings.Builder
	size := 0
	for _, r := range d.rows {
		size += len(r.text) + 1
	}
	b.Grow(size)
	for _, r := range d.rows {
		if r.name != "" {
			b.WriteString(strings.TrimSuffix(r.text, "\r"))
			b.WriteByte('\n')
		}
	}
	return strings.NewReader(b.String())
}

// groupName names a gid, in digits when no group has it.
func (b *book) groupName(id ID) string {
	if name, ok := b.groupNames[id]; ok {
		return name
	}
	return id.String()
}

// gid resolves a group's name, or digits.
func (b *book) gid(name string) (ID, bool) {
	if g, ok := b.groups[name]; ok {
		return ID(g.Gid), true
	}
	if isID(name) {
		return parseID(name), true
	}
	return 0, false
}

// malformed gives the lines of d that name somebody without being an entry.
func (d *document) malformed() []string {
	var out []string
	for _, r := range d.rows {
		text := strings.TrimSpace(r.text)
		if r.name == "" && text != "" && text[0] != '#' && !isNIS(text) {
			out = append(out, r.text)
		}
	}
	return out
}
