package users

import "slices"

// restore puts lines back, lowest place first, so that each finds its place as
// it was. Those that are there already, as often as they were, stay.
func (e *edit) restore() {
	slices.SortStableFunc(e.lines, func(a, b savedLine) int { return a.At - b.At })
	type place struct {
		file, text string
		at         int
	}
	done, back := map[place]bool{}, map[*row]bool{}
	for _, l := range e.lines {
		d, text := e.document(l.File), string(l.Text)
		at := place{l.File, text, l.At}
		if done[at] {
			continue
		}
		done[at] = true
		same := d.like(text)
		i := slices.IndexFunc(same, func(r *row) bool { return !back[r] })
		if i < 0 {
			same, i = []*row{d.insert(e.placeOf(l, d, len(same)), text)}, 0
		}
		back[same[i]] = true
	}
}

// placeOf is where a line goes back to: behind the line that it followed before
// the first of all runs, where that is known. The place it was saved with is that
// in the file as it was then, when others may have been away. Of lines with the
// same text nth are there already.
func (e *edit) placeOf(l savedLine, d *document, nth int) int {
	first := e.obs.first.of(l.File)
	if first == nil {
		return min(l.At, len(d.live()))
	}
	then := first.like(string(l.Text))
	if len(then) == 0 {
		return min(l.At, len(d.live()))
	}
	for i := int(then[min(nth, len(then)-1)].at) - 1; i >= 0; i-- {
		if at := e.standsAt(l.File, first, i, d); at >= 0 {
			return at + 1
		}
	}
	return 0
}

// standsAt is where the i-th line of before stands now, -1 where it does not. Of
// several alike it is the one that is as far down among them.
func (e *edit) standsAt(file string, first *document, i int, d *document) int {
	before := first.rows[i]
	same := func(r *row) bool { return r.text == before.text }
	if before.named > 0 {
		all := d.all(before.name())
		if len(all) == 0 {
			return -1
		}
		if e.obs.first.accountOf(file, before.name()) {
			// It may say something else by now.
			same = func(r *row) bool { return r.name() == before.name() }
		} else if !slices.ContainsFunc(all, same) {
			return -1
		}
	}
	nth := 0
	for _, r := range first.rows[:i] {
		if same(r) {
			nth++
		}
	}
	for at, r := range d.live() {
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
