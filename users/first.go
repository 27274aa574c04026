package users

import (
	"slices"

	"github.com/activate-agent/activate/activation/rootfs"
)

// keepFirst keeps the content of a file before the first of all runs, where the
// order of its lists has to be known again.
func (s *Subsystem) keepFirst(f accountFile, key string) error {
	if f.path != groupPath && f.path != gshadowPath || s.cfg.Store.Has(key) {
		return nil
	}
	return saving{s: s}.put(key, (*f.doc).bytes())
}

// firstLists are the member lists of groups before the first of all runs.
type firstLists struct {
	store *rootfs.Store
	// group and gshadow are nil where they are not known.
	group, gshadow *document
}

// readFirst finds what keepFirst kept.
func readFirst(store *rootfs.Store, before map[string]original) firstLists {
	f := firstLists{store: store}
	f.group = f.document(before[groupPath].File, groupLine)
	f.gshadow = f.document(before[gshadowPath].File, gshadowLine)
	return f
}

func (f firstLists) document(key string, check format) *document {
	if key == "" || !f.store.Has(key) {
		return nil
	}
	data, err := openSecret(f.store, key)
	if err != nil {
		return nil
	}
	d, err := parseDocument(data, check)
	if err != nil {
		return nil
	}
	return d
}

// of is the file of before at path, nil where it is not known.
func (f firstLists) of(path string) *document {
	switch path {
	case groupPath:
		return f.group
	case gshadowPath:
		return f.gshadow
	}
	return nil
}

// members is the list of a group in one of the two files, nil when it is not
// known.
func (f firstLists) members(path, group string) []string {
	d := f.of(path)
	if d == nil || d.find(group) == nil {
		return nil
	}
	return list(d.find(group).field(grMembers))
}

// onlyInShadow tells that gshadow(5) named a user of a group in whose list of
// group(5) it was not: that is not for us to take.
func (f firstLists) onlyInShadow(group, user string) bool {
	if f.group == nil || f.group.find(group) == nil {
		return false
	}
	return slices.Contains(f.members(gshadowPath, group), user) && !slices.Contains(f.members(groupPath, group), user)
}

// onlyInGroup tells that group(5) named a user of a group in whose list of
// gshadow(5) it was not: as it comes back, it is not there either.
func (f firstLists) onlyInGroup(group, user string) bool {
	if f.gshadow == nil || f.gshadow.find(group) == nil {
		return false
	}
	return slices.Contains(f.members(groupPath, group), user) && !slices.Contains(f.members(gshadowPath, group), user)
}
