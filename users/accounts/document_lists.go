package accounts

import (
	"slices"
	"strings"
	"unicode"
)

// listing finds lines by those whom a list in them names.
type listing struct {
	// asked counts the questions that were answered without lines.
	asked int
	lines map[string][]int32
}

// fewAsked is for how many names all lines are looked through, which is faster
// than to note everybody in every list.
const fewAsked = 8

// Naming gives the entries whose i-th field, a list, names user, in order and as
// they were read. White space at the end of a line does not count.
func (d *Document) Naming(user string, i int) []*Row {
	if d.lists == nil {
		d.lists = map[int]*listing{}
	}
	l := d.lists[i]
	if l == nil {
		l = &listing{}
		d.lists[i] = l
	}
	var out []*Row
	if l.lines == nil {
		if l.asked++; l.asked <= fewAsked {
			for at := range d.lines {
				if r := &d.lines[at]; strings.Contains(d.textRead(r), user) && slices.Contains(d.listRead(r, i), user) {
					out = append(out, r)
				}
			}
			return out
		}
		l.lines = d.everybody(i)
	}
	for _, at := range l.lines[user] {
		out = append(out, &d.lines[at])
	}
	return out
}

// everybody notes who is in which list.
func (d *Document) everybody(i int) map[string][]int32 {
	out := map[string][]int32{}
	for at := range d.lines {
		for _, name := range d.listRead(&d.lines[at], i) {
			// A list may name somebody twice.
			if known := out[name]; len(known) == 0 || known[len(known)-1] != int32(at) {
				out[name] = append(known, int32(at))
			}
		}
	}
	return out
}

// listRead gives the list in a line as it was read.
func (d *Document) listRead(r *Row, i int) []string {
	text := d.textRead(r)
	// Most groups have no members: a host may have very many.
	if r.named == 0 || i == GrMembers && strings.HasSuffix(text, ":") {
		return nil
	}
	return List(Field(strings.TrimRightFunc(text, unicode.IsSpace), i))
}
