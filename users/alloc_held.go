package users

import (
	"cmp"
	"slices"
)

// holders tells which names hold an id. Most have one.
type holders struct {
	first map[ID]string
	more  map[ID][]string
}

func newHolders(n int) holders {
	return holders{first: make(map[ID]string, n), more: map[ID][]string{}}
}

// add enters a name that holds id; it reports whether that was not known.
func (h holders) add(id ID, name string) bool {
	first, held := h.first[id]
	switch {
	case !held:
		h.first[id] = name
	case first == name || slices.Contains(h.more[id], name):
		return false
	default:
		h.more[id] = append(h.more[id], name)
	}
	return true
}

// other gives another name that holds id, "" when none does.
func (h holders) other(id ID, but string) string {
	if first, held := h.first[id]; !held || first != but {
		return first
	}
	for _, n := range h.more[id] {
		if n != but {
			return n
		}
	}
	return ""
}

// heldID is an id and a name that holds it.
type heldID struct {
	id   ID
	name string
}

func (h heldID) compare(o heldID) int {
	return cmp.Or(cmp.Compare(h.id, o.id), cmp.Compare(h.name, o.name))
}

// append adds every id of h, with each name, to list.
func (h holders) append(list []heldID) []heldID {
	for id, name := range h.first {
		list = append(list, heldID{id, name})
	}
	for id, names := range h.more {
		for _, name := range names {
			list = append(list, heldID{id, name})
		}
	}
	return list
}

// fewHeld is how many newly held ids are kept apart from those that are in order:
// to put one among very many takes long.
const fewHeld = 4096

// inOrder gives every id that is held, lowest first, in two lists: those of
// before and the newer ones.
func (a *allocator) inOrder() [2][]heldID {
	if a.ordered == nil || len(a.recent) > fewHeld {
		a.ordered, a.recent = a.gids.append(a.uids.append(nil)), nil
		slices.SortFunc(a.ordered, heldID.compare)
	}
	return [2][]heldID{a.ordered, a.recent}
}

// noteHeld keeps in order what was put in order before.
func (a *allocator) noteHeld(h heldID) {
	if a.ordered != nil {
		at, _ := slices.BinarySearchFunc(a.recent, h, heldID.compare)
		a.recent = slices.Insert(a.recent, at, h)
	}
	if a.taken != nil && h.id >= a.defs.sub.min {
		a.taken, a.passed = nil, 0
	}
}

// heldIn gives the lowest id in r that another account than name has or had, and
// whose it is: whoever has the range could act as that account.
func (a *allocator) heldIn(r SubRange, name string) (id ID, owner string) {
	for _, held := range a.inOrder() {
		i, _ := slices.BinarySearchFunc(held, r.Start, func(h heldID, start ID) int { return cmp.Compare(h.id, start) })
		for _, h := range held[i:] {
			if uint64(h.id) >= r.end() || owner != "" && h.compare(heldID{id, owner}) >= 0 {
				break
			}
			if h.name != name {
				id, owner = h.id, h.name
				break
			}
		}
	}
	return id, owner
}
