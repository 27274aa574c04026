package users

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"github.com/activate-agent/activate/users/accounts"
)

func (a *allocator) readSubIDs(b *book, l *ledger) {
	for _, d := range []*accounts.Document{b.SubUID, b.SubGID} {
		for _, r := range d.Rows() {
			if name := r.Name(); name != "" {
				a.subs.add(ownedRange{rangeOf(r), name})
			}
		}
	}
	for name, ranges := range l.SubIDs {
		for _, r := range ranges {
			a.subs.add(ownedRange{r, name})
		}
	}
}

// returning gives the sub-ids of departed accounts whose names are ours now: their lines
// made room, and return when ours leave.
func (s *Subsystem) returning(l *ledger) ([]ownedRange, error) {
	var out []ownedRange
	for name, d := range l.Departed {
		saved, err := openBundle(s.cfg.Store, d.Lines)
		if err != nil {
			return nil, fmt.Errorf("cannot read what user %s left: %w", name, err)
		}
		if saved == nil {
			continue
		}
		for _, line := range saved.Lines {
			if line.File == accounts.SubUIDPath || line.File == accounts.SubGIDPath {
				out = append(out, ownedRange{rangeOf(line.row()), name})
			}
		}
	}
	return out, nil
}

// rangeOf reads an entry of subuid(5).
func rangeOf(r *accounts.Row) SubRange {
	// A count is no id: it may have leading zeros and be as large as subIDLine has it.
	count, err := strconv.ParseUint(r.Field(accounts.SubCount), 10, 32)
	if err != nil {
		panic("internal error: the count of " + r.Line() + " was not checked")
	}
	return SubRange{Start: accounts.ParseID(r.Field(accounts.SubStart)), Count: uint32(count)}
}

// overlap gives a name other than name with a range that shares ids with r.
func (a *allocator) overlap(r SubRange, name string) string {
	return a.subs.shares(r, func(owner string) bool { return owner == name })
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
	taken := a.takenRanges()
	for a.passed < len(taken) && taken[a.passed].end() <= at {
		a.passed++
	}
	for _, o := range taken[a.passed:] {
		if uint64(o.Start) >= at+count {
			break
		}
		if end := o.end(); end > at {
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
	a.taken = slices.Concat(a.subs.list, a.asked.list)
	for _, held := range a.inOrder() {
		for _, h := range slices.Backward(held) {
			if h.id < a.defs.sub.min {
				break
			}
			a.taken = append(a.taken, ownedRange{SubRange{Start: h.id, Count: 1}, h.name})
		}
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
			a.asked.add(ownedRange{r, u.Name})
		}
	}
}

// isAsked tells a range of which the configuration says that another is to have
// some.
func (a *allocator) isAsked(r SubRange, name string) bool {
	return a.asked.shares(r, func(owner string) bool { return owner == name }) != ""
}
