package users

import (
	"cmp"
	"slices"
)

// ownedRange is a sub-id range and whose it is.
type ownedRange struct {
	SubRange
	name string
}

func (a *allocator) readSubIDs(b *book, l *ledger) {
	for _, d := range []*document{b.subUID, b.subGID} {
		for _, r := range d.rows {
			if r.name != "" {
				a.subs = append(a.subs, ownedRange{rangeOf(r), r.name})
			}
		}
	}
	for name, ranges := range l.SubIDs {
		for _, r := range ranges {
			a.subs = append(a.subs, ownedRange{r, name})
		}
	}
}

// rangeOf reads an entry of subuid(5).
func rangeOf(r *row) SubRange {
	return SubRange{Start: parseID(r.field(subStart)), Count: uint32(parseCount(r.field(subCount)))}
}

func parseCount(s string) ID {
	if !isID(s) {
		return 0
	}
	return parseID(s)
}

// overlap gives a name other than name with a range that shares ids with r.
func (a *allocator) overlap(r SubRange, name string) string {
	for _, o := range a.subs {
		if o.name != name && o.overlaps(r) {
			return o.name
		}
	}
	return ""
}

// overlaps tells two ranges that share ids.
func (r SubRange) overlaps(o SubRange) bool {
	return uint64(o.Start) < uint64(r.Start)+uint64(r.Count) && uint64(r.Start) < uint64(o.Start)+uint64(o.Count)
}

// heldID is an id and a name that holds it.
type heldID struct {
	id   ID
	name string
}

// inOrder gives every id that is held, lowest first.
func (a *allocator) inOrder() []heldID {
	if a.ordered != nil {
		return a.ordered
	}
	for _, held := range []map[ID][]string{a.held.uids, a.held.gids} {
		for id, names := range held {
			for _, name := range names {
				a.ordered = append(a.ordered, heldID{id, name})
			}
		}
	}
	slices.SortFunc(a.ordered, heldID.compare)
	return a.ordered
}

func (h heldID) compare(o heldID) int {
	return cmp.Or(cmp.Compare(h.id, o.id), cmp.Compare(h.name, o.name))
}

// noteHeld keeps in order what was put in order before.
func (a *allocator) noteHeld(h heldID) {
	if a.ordered != nil {
		at, _ := slices.BinarySearchFunc(a.ordered, h, heldID.compare)
		a.ordered = slices.Insert(a.ordered, at, h)
	}
	if a.taken != nil && h.id >= a.defs.sub.min {
		a.taken = nil
	}
}

// heldIn gives the lowest id in r that another account than name has or had, and
// whose it is: whoever has the range could act as that account.
func (a *allocator) heldIn(r SubRange, name string) (id ID, owner string) {
	all := a.inOrder()
	i, _ := slices.BinarySearchFunc(all, r.Start, func(h heldID, start ID) int { return cmp.Compare(h.id, start) })
	for _, h := range all[i:] {
		if uint64(h.id) >= uint64(r.Start)+uint64(r.Count) {
			break
		}
		if h.name != name {
			return h.id, h.name
		}
	}
	return 0, ""
}

// subIDs chooses the automatic range of name: the one it had once, else the
// lowest free one on the grid that starts at login.defs' first sub-id.
func (a *allocator) subIDs(name string) (SubRange, error) {
	for _, r := range a.ledger.SubIDs[name] {
		if _, held := a.heldIn(r, name); r.Count == a.defs.subCount && a.overlap(r, name) == "" && held == "" && !a.isAsked(r, name) {
			return r, nil
		}
	}
	count := uint64(a.defs.subCount)
	at := max(uint64(a.defs.sub.min), a.nextSub)
	for _, o := range a.takenRanges() {
		end := uint64(o.Start) + uint64(o.Count)
		if uint64(o.Start) < at+count && end > at {
			at += (end - at + count - 1) / count * count
		}
	}
	if at+count-1 > uint64(a.defs.sub.max) {
		return SubRange{}, a.defs.sub.exhausted()
	}
	a.nextSub = at + count
	return SubRange{Start: ID(at), Count: a.defs.subCount}, nil
}

// takenRanges gives all that a range cannot be chosen from, lowest first: what
// others have or the configuration says, and ids of accounts.
func (a *allocator) takenRanges() []ownedRange {
	if a.taken != nil {
		return a.taken
	}
	a.taken = slices.Concat(a.subs, a.asked)
	for _, h := range slices.Backward(a.inOrder()) {
		if h.id < a.defs.sub.min {
			break
		}
		a.taken = append(a.taken, ownedRange{SubRange{Start: h.id, Count: 1}, h.name})
	}
	slices.SortFunc(a.taken, func(x, y ownedRange) int { return cmp.Compare(x.Start, y.Start) })
	return a.taken
}

// ask notes the ranges that the configuration says.
func (a *allocator) ask(users []User) {
	for _, u := range users {
		if u.SubIDs == nil {
			continue
		}
		for _, r := range u.SubIDs.Ranges {
			a.asked = append(a.asked, ownedRange{r, u.Name})
		}
	}
}

// isAsked tells a range of which the configuration says that another is to have
// some.
func (a *allocator) isAsked(r SubRange, name string) bool {
	return slices.ContainsFunc(a.asked, func(o ownedRange) bool { return o.name != name && o.overlaps(r) })
}
