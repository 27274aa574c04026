package users

import (
	"slices"

	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/users/accounts"
)

// order is a member list as it was, so that whoever comes back finds its place. It
// may name very many; nil is a list that is not known, or names nobody.
type order struct {
	// first is where a name stands, again how often it stands there besides.
	first, again map[string]int
}

func newOrder(names []string) *order {
	if len(names) == 0 {
		return nil
	}
	o := &order{first: make(map[string]int, len(names)), again: map[string]int{}}
	for i, name := range names {
		if _, known := o.first[name]; known {
			o.again[name]++
			continue
		}
		o.first[name] = i
	}
	return o
}

// at is where a name stands, -1 where it does not.
func (o *order) at(name string) int {
	if o == nil {
		return -1
	}
	if i, known := o.first[name]; known {
		return i
	}
	return -1
}

// has tells that the list has a name.
func (o *order) has(name string) bool { return o.at(name) >= 0 }

// repeats is how often the list names somebody besides the first time.
func (o *order) repeats(name string) int {
	if o == nil {
		return 0
	}
	return o.again[name]
}

// rejoin puts user into members before the first of those who followed it in a
// list as it was: in whatever order several come back, they end up in the old
// one. The first list that knows of anybody who followed counts.
func rejoin(members []string, user string, lists ...*order) []string {
	for _, old := range lists {
		at := old.at(user)
		if at < 0 {
			continue
		}
		for i, m := range members {
			if old.at(m) > at {
				return slices.Insert(members, i, user)
			}
		}
	}
	return append(members, user)
}

// orders reads the lists that bundles share, each once.
type orders struct {
	store *rootfs.Store
	read  map[string]*order
}

// of gives the list that hash stands for, nil where it is lost.
func (o *orders) of(hash string) (*order, error) {
	if known, read := o.read[hash]; read || !o.store.Has(hash) {
		return known, nil
	}
	data, err := openSecret(o.store, hash)
	if err != nil {
		return nil, err
	}
	o.read[hash] = newOrder(accounts.List(string(data)))
	return o.read[hash], nil
}
