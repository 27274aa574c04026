package users

import (
	"slices"
	"strings"
)

// live gives the rows of now, in order.
func (d *document) live() []*row {
	if d.gone > 0 {
		d.rows, d.gone = slices.DeleteFunc(d.rows, func(r *row) bool { return r.gone }), 0
	}
	return d.rows
}

// empty tells that no line is left.
func (d *document) empty() bool { return len(d.rows) == d.gone }

// add puts a line after the last entry: before the NIS entries that end a file,
// since what follows those is not read (nsswitch.conf(5), compat mode).
func (d *document) add(line string) {
	if d.nis {
		if i := slices.IndexFunc(d.live(), func(r *row) bool { return r.named == 0 && isNIS(r.text) }); i >= 0 {
			d.insert(i, line)
			return
		}
	}
	d.rows = append(d.rows, d.newRow(line))
}

// insert puts a line at a position, or at the end when there are fewer lines, and
// gives its row.
func (d *document) insert(at int, line string) *row {
	rows, r := d.live(), d.newRow(line)
	d.rows = slices.Insert(rows, min(at, len(rows)), r)
	return r
}

// newRow makes the row of a line that is added. It counts for its name where none
// does yet.
func (d *document) newRow(line string) *row {
	r := new(d.row(line))
	if name := r.name(); name != "" {
		now := d.find(name)
		if now == nil {
			now = r
		}
		d.count(name, now)
	}
	d.edited()
	return r
}

// count makes r the row that counts for name, nil for none.
func (d *document) count(name string, r *row) {
	if d.moved == nil {
		d.moved = map[string]*row{}
	}
	d.moved[name] = r
}

func (d *document) edited() { d.changed, d.stale = true, true }

// remove takes every line of name away.
func (d *document) remove(name string) {
	all := d.all(name)
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

// removeRow takes one line away.
func (d *document) removeRow(r *row) {
	if name := r.name(); name != "" {
		all := d.all(name)
		now := d.find(name)
		if now == r {
			now = nil
			if i := slices.IndexFunc(all, func(o *row) bool { return o != r }); i >= 0 {
				now = all[i]
			}
		}
		d.count(name, now)
	}
	r.gone = true
	d.gone++
	d.edited()
}

// set replaces the i-th field of r, which is not its name. The other fields, and a
// carriage return at the line's end, stay as they are.
func (d *document) set(r *row, i int, value string) {
	fields := strings.Split(r.text, ":")
	if strings.HasSuffix(fields[i], "\r") {
		value += "\r"
	}
	if fields[i] == value {
		return
	}
	if _, known := d.was[r]; !known {
		if d.was == nil {
			d.was = map[*row]string{}
		}
		d.was[r] = r.text
	}
	fields[i] = value
	r.text = strings.Join(fields, ":")
	d.edited()
}
