package users

import (
	"slices"

	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/users/accounts"
)

// keepFirst keeps the content of a file before the first of all runs: the order of
// its lines, and of its lists, has to be known again.
func (s *Subsystem) keepFirst(f accounts.File, key string) error {
	if s.cfg.Store.Keeps(key) {
		return nil
	}
	return saving{s: s}.put(key, []byte(f.Document().Content()))
}

// firstLists are the account files before the first of all runs, and the member
// lists of groups in them. A file is read when somebody asks.
type firstLists struct {
	store *rootfs.Store
	// files are those of now, and before what they were; docs are those that were
	// read, by path, nil where one is not known.
	files  []accounts.File
	before map[string]original
	docs   map[string]*accounts.Document
	// lists are those that somebody asked for, by path and group.
	lists map[[2]string]*order
}

// newFirstLists finds what keepFirst kept.
func newFirstLists(store *rootfs.Store, b *book, before map[string]original) *firstLists {
	return &firstLists{store: store, files: b.Files(), before: before, docs: map[string]*accounts.Document{}, lists: map[[2]string]*order{}}
}

// of is the file of before at path, nil where it is not known.
func (f *firstLists) of(path string) *accounts.Document {
	if f == nil {
		return nil
	}
	d, read := f.docs[path]
	if !read {
		d = f.read(path)
		f.docs[path] = d
	}
	return d
}

func (f *firstLists) read(path string) *accounts.Document {
	i := slices.IndexFunc(f.files, func(of accounts.File) bool { return of.Path == path })
	key := f.before[path].File
	if i < 0 || key == "" || !f.store.Has(key) {
		return nil
	}
	data, err := openSecret(f.store, key)
	if err != nil {
		return nil
	}
	d, err := f.files[i].Parse(string(data))
	if err != nil {
		return nil
	}
	return d
}

// members is the list of a group in one of the two files, nil when it is not
// known.
func (f *firstLists) members(path, group string) *order {
	d := f.of(path)
	if d == nil || d.Find(group) == nil {
		return nil
	}
	of := [2]string{path, group}
	o, read := f.lists[of]
	if !read {
		o = newOrder(accounts.List(d.Find(group).Field(accounts.GrMembers)))
		f.lists[of] = o
	}
	return o
}

// names tells that the list of a group in one of the two files had a user.
func (f *firstLists) names(path, group, user string) bool {
	return f.members(path, group).has(user)
}

// knows tells that an account or group was in a file.
func (f *firstLists) knows(path, group string) bool {
	d := f.of(path)
	return d != nil && d.Find(group) != nil
}

// onlyInShadow tells that gshadow(5) named a user of a group in whose list of
// group(5) it was not: that is not for us to take.
func (f *firstLists) onlyInShadow(group, user string) bool {
	return f.knows(accounts.GroupPath, group) && f.names(accounts.GShadowPath, group, user) && !f.names(accounts.GroupPath, group, user)
}

// onlyInGroup tells that group(5) named a user of a group in whose list of
// gshadow(5) it was not: as it comes back, it is not there either.
func (f *firstLists) onlyInGroup(group, user string) bool {
	return f.knows(accounts.GShadowPath, group) && f.names(accounts.GroupPath, group, user) && !f.names(accounts.GShadowPath, group, user)
}

// accountOf tells that a line of a file was that of an account or group. One that
// a departed one left makes way for another of its name, which stands elsewhere.
func (f *firstLists) accountOf(file, name string) bool {
	whose := accounts.PasswdPath
	if file == accounts.GroupPath || file == accounts.GShadowPath {
		whose = accounts.GroupPath
	}
	return f.of(whose) == nil || f.knows(whose, name)
}
