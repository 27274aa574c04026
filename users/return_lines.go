package users

import (
	"slices"

	"github.com/activate-agent/activate/users/accounts"
)

// restore puts lines back, lowest place first, so that each finds its place as
// it was. Those that are there already, as often as they were, stay.
func (e *edit) restore() {
	slices.SortStableFunc(e.lines, func(a, b savedLine) int { return a.At - b.At })
	type place struct {
		file, text string
		at         int
	}
	done, back := map[place]bool{}, map[*accounts.Row]bool{}
	for _, l := range e.lines {
		d, text := e.book.Document(l.File), string(l.Text)
		at := place{l.File, text, l.At}
		if done[at] {
			continue
		}
		done[at] = true
		same := d.Like(text)
		i := slices.IndexFunc(same, func(r *accounts.Row) bool { return !back[r] })
		if i < 0 {
			same, i = []*accounts.Row{d.Insert(e.placeOf(l, d, len(same)), text)}, 0
		}
		back[same[i]] = true
	}
}

// placeOf is where a line goes back to: behind the line that it followed before
// the first of all runs, where that is known. The place it was saved with is that
// in the file as it was then, when others may have been away. Of lines with the
// same text nth are there already.
func (e *edit) placeOf(l savedLine, d *accounts.Document, nth int) int {
	first := e.obs.first.of(l.File)
	if first == nil {
		return min(l.At, len(d.Rows()))
	}
	then := first.Like(string(l.Text))
	if len(then) == 0 {
		return min(l.At, len(d.Rows()))
	}
	for i := first.Place(then[min(nth, len(then)-1)]) - 1; i >= 0; i-- {
		if at := e.standsAt(l.File, first, i, d); at >= 0 {
			return at + 1
		}
	}
	return 0
}

// standsAt is where the i-th line of before stands now, -1 where it does not. Of
// several alike it is the one that is as far down among them.
func (e *edit) standsAt(file string, first *accounts.Document, i int, d *accounts.Document) int {
	before := first.Rows()[i]
	same := func(r *accounts.Row) bool { return r.Line() == before.Line() }
	if before.Name() != "" {
		all := d.All(before.Name())
		if len(all) == 0 {
			return -1
		}
		if e.obs.first.accountOf(file, before.Name()) {
			// It may say something else by now.
			same = func(r *accounts.Row) bool { return r.Name() == before.Name() }
		} else if !slices.ContainsFunc(all, same) {
			return -1
		}
	}
	nth := 0
	for _, r := range first.Rows()[:i] {
		if same(r) {
			nth++
		}
	}
	for at, r := range d.Rows() {
		if !same(r) {
			continue
		}
		if nth == 0 {
			return at
		}
		nth--
	}
	return -1
}
