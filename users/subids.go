package users

import (
	"cmp"
	"fmt"
	"slices"
)

// wantSubIDs gives st the sub-ids of u, on top of those of others' making.
func (p *planning) wantSubIDs(u User, st, cur *UserState) bool {
	last := p.last(u.Name)
	if u.SubIDs == nil && last.SubIDs == nil {
		return true
	}
	given, gids := p.givenSubIDs(u.Name, cur)
	var want []SubRange
	switch {
	case u.SubIDs == nil:
	case !u.SubIDs.Auto:
		want = u.SubIDs.Ranges
	case cur != nil && len(cur.SubUIDs) > 0 && len(cur.SubGIDs) > 0 && len(given) == 0:
		return true
	default:
		r, chosen, err := p.autoRange(u.Name, given, cur)
		st.SubIDsChosen = chosen
		if err != nil {
			p.problem(userAddress(u.Name), u.Origin, "Say them in sub_ids, or widen the range.", "no sub-ids are free: %v", err)
			return false
		}
		want = []SubRange{r}
	}
	if why := p.wrongRanges(u.Name, want); why != "" {
		p.problem(userAddress(u.Name), u.Origin, "Choose another start, or sub_ids = \"auto\".", "%s", why)
		return false
	}
	for _, r := range want {
		p.alloc.subs.add(ownedRange{r, u.Name})
	}
	st.SubUIDs = mergeRanges(st.SubUIDs, given, want)
	st.SubGIDs = mergeRanges(st.SubGIDs, gids, want)
	return true
}

// autoRange is the automatic range that the account has, else one of the size
// that login.defs says, which is chosen.
func (p *planning) autoRange(name string, given []SubRange, cur *UserState) (r SubRange, chosen bool, err error) {
	if before := p.last(name).SubIDs; before != nil && before.Auto && cur != nil {
		for _, r := range given {
			if slices.Contains(cur.SubUIDs, r) {
				return r, false, nil
			}
		}
	}
	r, err = p.alloc.subIDs(name)
	return r, true, err
}

// wrongRanges says why name may not have the ranges, "" when it may.
func (p *planning) wrongRanges(name string, want []SubRange) string {
	for i, r := range want {
		if other := p.alloc.overlap(r, name); other != "" {
			return fmt.Sprintf("the sub-ids from %s overlap those of %s", r.Start, other)
		}
		if slices.ContainsFunc(want[:i], r.overlaps) {
			return fmt.Sprintf("the sub-ids from %s overlap each other", r.Start)
		}
		if id, owner := p.alloc.heldIn(r, name); owner != "" && name != "root" {
			return fmt.Sprintf("the sub-ids from %s hold the id %s of %s", r.Start, id, owner)
		}
	}
	return ""
}

// givenSubIDs are the ranges that the ledger gave to name, of each of the two
// files those that it did not have before us. An account that is not ours yet
// has what cur says: a run that was undone may have given it the same.
func (p *planning) givenSubIDs(name string, cur *UserState) (uids, gids []SubRange) {
	var before UserState
	if o := p.originalUser(name); o != nil {
		before = *o
	} else if cur != nil && !cur.Locked && p.lastUser[name] == nil {
		before = *cur
	}
	without := func(had []SubRange) []SubRange {
		return slices.DeleteFunc(slices.Clone(p.ledger.SubIDs[name]), func(r SubRange) bool { return slices.Contains(had, r) })
	}
	return without(before.SubUIDs), without(before.SubGIDs)
}

// mergeRanges takes what was given out of what is there and puts in what is
// wanted.
func mergeRanges(now, given, want []SubRange) []SubRange {
	out := slices.DeleteFunc(slices.Clone(now), func(r SubRange) bool {
		return slices.Contains(given, r) && !slices.Contains(want, r)
	})
	for _, r := range want {
		if !slices.Contains(out, r) {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b SubRange) int { return cmp.Compare(a.Start, b.Start) })
	return out
}
