package users

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/users/accounts"
)

// setRanges makes the sub-ids of a user those of its state. A saved line goes
// back to its place. Of a range that somebody else got some of since the plan,
// another is chosen if it was chosen, and else it is not given.
func (e *edit) setRanges(name string, a UserState, saved *bundle) error {
	files := []struct {
		path string
		doc  *accounts.Document
		want []SubRange
	}{{accounts.SubUIDPath, e.book.SubUID, a.SubUIDs}, {accounts.SubGIDPath, e.book.SubGID, a.SubGIDs}}
	if a.SubIDsChosen {
		instead, err := e.chooseRange(name, a)
		if err != nil {
			return err
		}
		for i := range files {
			files[i].want = replaced(files[i].want, instead)
		}
	}
	for _, f := range files {
		if err := e.setFileRanges(name, f.path, f.doc, f.want, saved); err != nil {
			return err
		}
	}
	return nil
}

func (e *edit) setFileRanges(name, path string, doc *accounts.Document, want []SubRange, saved *bundle) error {
	var have []SubRange
	for _, r := range doc.All(name) {
		if rg := rangeOf(r); slices.Contains(want, rg) {
			have = append(have, rg)
		} else {
			doc.RemoveRow(r)
		}
	}
	for _, rg := range want {
		if slices.Contains(have, rg) {
			continue
		}
		if l, ok := saved.rangeLine(path, rg); ok {
			e.lines = append(e.lines, l)
			continue
		}
		if other := e.alloc.overlap(rg, name); other != "" {
			return fmt.Errorf("the sub-ids from %s are now %s's: %w", rg.Start, other, rootfs.ErrChanged)
		}
		doc.Add(name + ":" + rg.Start.String() + ":" + strconv.FormatUint(uint64(rg.Count), 10))
		e.ledger.giveSubIDs(name, []SubRange{rg})
		e.alloc.subs.add(ownedRange{rg, name})
	}
	return nil
}

// substitute is a range in the place of one that was planned.
type substitute struct{ planned, taken SubRange }

// chooseRange finds what takes the place of the range that was chosen for a user
// and that is somebody else's by now. A run that was cut off may have given one
// already.
func (e *edit) chooseRange(name string, a UserState) (substitute, error) {
	have := append(ranges(e.book.SubUID, name), ranges(e.book.SubGID, name)...)
	for _, rg := range slices.Concat(a.SubUIDs, a.SubGIDs) {
		if slices.Contains(have, rg) || e.alloc.overlap(rg, name) == "" {
			continue
		}
		for _, given := range e.ledger.SubIDs[name] {
			if slices.Contains(have, given) && given.Count == rg.Count {
				return substitute{rg, given}, nil
			}
		}
		r, err := e.alloc.subIDs(name)
		return substitute{rg, r}, err
	}
	return substitute{}, nil
}

func replaced(list []SubRange, by substitute) []SubRange {
	out := slices.Clone(list)
	if i := slices.Index(out, by.planned); i >= 0 {
		out[i] = by.taken
	}
	return out
}
