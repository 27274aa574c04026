package users

import (
	"bytes"
	"errors"
	"slices"
	"strings"
)

// document is one account file, kept byte for byte: only the lines that are
// edited, added or removed differ when it is written again.
type document struct {
	rows []*row
	// byName finds the first valid line of each name, the one that counts.
	byName map[string]*row
	check  format
	// nis tells that the file has had entries of compat mode.
	nis bool
	// noNewline tells that the last line had no newline; it stays so.
	noNewline bool
	changed   bool
}

// row is one line without its newline.
type row struct {
	text string
	// name is set for a line that has the file's form; others (comments, NIS
	// entries, blank and malformed lines) are carried along unread.
	name string
}

// format tells whether a line has the form of an entry, and its name.
type format func(line string) (name string, ok bool)

// errNUL refuses a file that can't be an account file.
var errNUL = errors.New("it contains NUL bytes")

// parseDocument splits data into lines. It refuses NUL bytes, which a damaged
// disk leaves and no tool writes; every other oddity is kept.
func parseDocument(data []byte, check format) (*document, error) {
	if bytes.IndexByte(data, 0) >= 0 {
		return nil, errNUL
	}
	d := &document{byName: map[string]*row{}, check: check}
	if len(data) == 0 {
		return d, nil
	}
	text := string(data)
	lines := strings.Count(text, "\n") + 1
	d.rows, d.byName = make([]*row, 0, lines), make(map[string]*row, lines)
	d.noNewline = !strings.HasSuffix(text, "\n")
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		d.rows = append(d.rows, d.row(line))
	}
	return d, nil
}

// row makes a row and indexes it.
func (d *document) row(line string) *row {
	r := &row{text: line}
	if name, ok := d.check(line); ok {
		r.name = name
		if d.byName[name] == nil {
			d.byName[name] = r
		}
	}
	d.nis = d.nis || isNIS(line)
	return r
}

// bytes is the document as it is written.
func (d *document) bytes() []byte {
	var b bytes.Buffer
	for i, r := range d.rows {
		b.WriteString(r.text)
		if i < len(d.rows)-1 || !d.noNewline {
			b.WriteByte('\n')
		}
	}
	return b.Bytes()
}

// find gives the line that counts for name, nil when there is none.
func (d *document) find(name string) *row { return d.byName[name] }

// all gives every line of name.
func (d *document) all(name string) []*row {
	if d.byName[name] == nil {
		return nil
	}
	var out []*row
	for _, r := range d.rows {
		if r.name == name {
			out = append(out, r)
		}
	}
	return out
}

// add puts a line after the last entry: before the NIS entries that end a file,
// since what follows those is not read (nsswitch.conf(5), compat mode).
func (d *document) add(line string) {
	at := len(d.rows)
	if d.nis {
		if i := slices.IndexFunc(d.rows, func(r *row) bool { return r.name == "" && isNIS(r.text) }); i >= 0 {
			at = i
		}
	}
	d.insert(at, line)
}

// insert puts a line at a position, or at the end when there are fewer lines.
func (d *document) insert(at int, line string) {
	d.rows = slices.Insert(d.rows, min(at, len(d.rows)), d.row(line))
	d.changed = true
}

// remove takes every line of name away.
func (d *document) remove(name string) {
	if d.byName[name] == nil {
		return
	}
	d.rows = slices.DeleteFunc(d.rows, func(r *row) bool { return r.name == name })
	delete(d.byName, name)
	d.changed = true
}

// removeRow takes one line away.
func (d *document) removeRow(gone *row) {
	d.rows = slices.DeleteFunc(d.rows, func(r *row) bool { return r == gone })
	d.changed = true
	if d.byName[gone.name] != gone {
		return
	}
	delete(d.byName, gone.name)
	for _, r := range d.rows {
		if r.name == gone.name {
			d.byName[gone.name] = r
			return
		}
	}
}

// field gives the i-th field of a valid line.
func (r *row) field(i int) string { return strings.TrimSuffix(fieldOf(r.text, i), "\r") }

// set replaces the i-th field of r. The other fields, and a carriage return at
// the line's end, stay as they are.
func (d *document) set(r *row, i int, value string) {
	fields := strings.Split(r.text, ":")
	if strings.HasSuffix(fields[i], "\r") {
		value += "\r"
	}
	if fields[i] == value {
		return
	}
	fields[i] = value
	r.text = strings.Join(fields, ":")
	d.changed = true
}
