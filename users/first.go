package users

import (
	"github.com/activate-agent/activate/activation/rootfs"
)

// keepFirst keeps the content of a file before the first of all runs, where the
// order of its lists has to be known again.
func (s *Subsystem) keepFirst(f accountFile, key string) error {
	if f.path != groupPath && f.path != gshadowPath || s.cfg.Store.Has(key) {
		return nil
	}
	return saving{s: s}.put(key, []byte((*f.doc).content()))
}

// firstLists are the member lists of groups before the first of all runs. A file
// is read when somebody asks.
type firstLists struct {
	store *rootfs.Store
	// keys stand for the files, by path; docs are those that were read, nil where
	// one is not known.
	keys map[string]string
	docs map[string]*document
	// lists are those that somebody asked for, by path and group.
	lists map[[2]string]*order
}

// newFirstLists finds what keepFirst kept.
func newFirstLists(store *rootfs.Store, before map[string]original) *firstLists {
	f := &firstLists{store: store, keys: map[string]string{}, docs: map[string]*document{}, lists: map[[2]string]*order{}}
	for _, p := range []string{groupPath, gshadowPath} {
		f.keys[p] = before[p].File
	}
	return f
}

// of is the file of before at path, nil where it is not known.
func (f *firstLists) of(path string) *document {
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

func (f *firstLists) read(path string) *document {
	key := f.keys[path]
	if key == "" || !f.store.Has(key) {
		return nil
	}
	data, err := openSecret(f.store, key)
	if err != nil {
		return nil
	}
	check := groupLine
	if path == gshadowPath {
		check = gshadowLine
	}
	d, err := parseDocument(string(data), check)
	if err != nil {
		return nil
	}
	return d
}

// members is the list of a group in one of the two files, nil when it is not
// known.
func (f *firstLists) members(path, group string) *order {
	d := f.of(path)
	if d == nil || d.find(group) == nil {
		return nil
	}
	of := [2]string{path, group}
	o, read := f.lists[of]
	if !read {
		o = newOrder(list(d.find(group).field(grMembers)))
		f.lists[of] = o
	}
	return o
}

// names tells that the list of a group in one of the two files had a user.
func (f *firstLists) names(path, group, user string) bool {
	return f.members(path, group).has(user)
}

// knows tells that a group was in one of the two files.
func (f *firstLists) knows(path, group string) bool {
	d := f.of(path)
	return d != nil && d.find(group) != nil
}

// onlyInShadow tells that gshadow(5) named a user of a group in whose list of
// group(5) it was not: that is not for us to take.
func (f *firstLists) onlyInShadow(group, user string) bool {
	return f.knows(groupPath, group) && f.names(gshadowPath, group, user) && !f.names(groupPath, group, user)
}

// onlyInGroup tells that group(5) named a user of a group in whose list of
// gshadow(5) it was not: as it comes back, it is not there either.
func (f *firstLists) onlyInGroup(group, user string) bool {
	return f.knows(gshadowPath, group) && f.names(groupPath, group, user) && !f.names(gshadowPath, group, user)
}
