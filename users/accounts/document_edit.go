package accounts

import (
	"slices"
	"strings"
)

// Rows gives the rows of now, in order. The slice is the document's own.
func (d *Document) Rows() []*Row {
	if d.gone > 0 {
		d.rows, d.gone = slices.DeleteFunc(d.rows, func(r *Row) bool { return r.gone }), 0
	}
	return d.rows
}

// Empty tells that no line is left.
func (d *Document) Empty() bool { return len(d.rows) == d.gone }

// Add puts a line after the last entry: before the NIS entries that end a file,
// since what follows those is not read (nsswitch.conf(5), compat mode).
func (d *Document) Add(line string) {
	if d.nis {
		if i := slices.IndexFunc(d.Rows(), func(r *Row) bool { return r.named == 0 && isNIS(r.text) }); i >= 0 {
			d.Insert(i, line)
			return
		}
	}
	d.rows = append(d.rows, d.newRow(line))
}

// Insert puts a line at a position among Rows, or at the end when there are fewer,
// and gives its row.
func (d *Document) Insert(at int, line string) *Row {
	rows, r := d.Rows(), d.newRow(line)
	d.rows = slices.Insert(rows, min(at, len(rows)), r)
	return r
}

// newRow makes the row of a line that is added. It counts for its name where none
// does yet.
func (d *Document) newRow(line string) *Row {
	r := new(d.row(line))
	if name := r.Name(); name != "" {
		now := d.Find(name)
		if now == nil {
			now = r
		}
		d.count(name, now)
	}
	d.edited()
	return r
}

// count makes r the row that counts for name, nil for none.
func (d *Document) count(name string, r *Row) {
	if d.moved == nil {
		d.moved = map[string]*Row{}
	}
	d.moved[name] = r
}

func (d *Document) edited() { d.changed, d.stale = true, true }

// Remove takes every entry of name away.
func (d *Document) Remove(name string) {
	all := d.All(name)
	if len(all) == 0 {
		return
	}
	for _, r := range all {
		r.gone = true
	}
	d.gone += len(all)
	d.count(name, nil)
	d.edited()
}

// RemoveRow takes one line away.
func (d *Document) RemoveRow(r *Row) {
	if name := r.Name(); name != "" {
		all := d.All(name)
		now := d.Find(name)
		if now == r {
			now = nil
			if i := slices.IndexFunc(all, func(o *Row) bool { return o != r }); i >= 0 {
				now = all[i]
			}
		}
		d.count(name, now)
	}
	r.gone = true
	d.gone++
	d.edited()
}

// Set replaces the i-th field of r, which is not its name. The other fields, and a
// carriage return at the line's end, stay as they are.
func (d *Document) Set(r *Row, i int, value string) {
	fields := strings.Split(r.text, ":")
	if strings.HasSuffix(fields[i], "\r") {
		value += "\r"
	}
	if fields[i] == value {
		return
	}
	if _, known := d.was[r]; !known {
		if d.was == nil {
			d.was = map[*Row]string{}
		}
		d.was[r] = r.text
	}
	fields[i] = value
	r.text = strings.Join(fields, ":")
	d.edited()
}
