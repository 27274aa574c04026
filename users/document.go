package users

import (
	"errors"
	"iter"
	"slices"
	"strings"

	"github.com/activate-agent/activate/activation/rootfs"
)

// document is one account file, kept byte for byte: only the lines that are
// edited, added or removed differ when it is written again. A host may have very
// many lines, so none of them is looked at for the sake of another.
type document struct {
	// text is the file as it was read, lines are its rows, and first finds the
	// first valid row of each name. What is edited has no influence on them.
	text  string
	lines []row
	first map[string]*row
	// was are the texts, as they were read, of the rows that were edited.
	was map[*row]string
	// lists find lines as naming does, by the field.
	lists map[int]*listing

	// rows are those of now; gone of them do not count any more, see live.
	rows []*row
	gone int
	// moved are the rows that count now for the names of rows that came or went,
	// nil where none does.
	moved map[string]*row
	check format
	// nis tells that the file has had entries of compat mode.
	nis bool
	// noNewline tells that the last line had no newline; it stays so.
	noNewline bool
	changed   bool
	// built is what content made last, stale that it was edited since, and key what
	// stands for it.
	built string
	stale bool
	key   string
}

// row is one line without its newline.
type row struct {
	text string
	// next is the next row that was read with the same name.
	next *row
	// at is the place of a row that was read.
	at int32
	// named is the length of the name that the line begins with if it has the
	// file's form; others (comments, NIS entries, blank and malformed lines) have 0
	// and are carried along unread.
	named uint16
	// again tells that another row before it has the name.
	again bool
	gone  bool
}

// name is that of an entry, "" of a line that is none.
func (r *row) name() string { return r.text[:r.named] }

// format tells whether a line has the form of an entry, and its name.
type format func(line string) (name string, ok bool)

// errNUL refuses a file that can't be an account file.
var errNUL = errors.New("it contains NUL bytes")

// parseDocument splits text into lines. It refuses NUL bytes, which a damaged
// disk leaves and no tool writes; every other oddity is kept.
func parseDocument(text string, check format) (*document, error) {
	if strings.IndexByte(text, 0) >= 0 {
		return nil, errNUL
	}
	d := &document{text: text, built: text, check: check}
	if text == "" {
		return d, nil
	}
	n := strings.Count(text, "\n") + 1
	d.lines, d.rows, d.first = make([]row, 0, n), make([]*row, 0, n), make(map[string]*row, n)
	d.noNewline = !strings.HasSuffix(text, "\n")
	last := map[string]*row{}
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		d.lines = append(d.lines, d.row(line))
		r := &d.lines[len(d.lines)-1]
		r.at = int32(len(d.rows))
		d.rows = append(d.rows, r)
		d.enter(r, last)
	}
	return d, nil
}

// row makes a row.
func (d *document) row(line string) row {
	d.nis = d.nis || isNIS(line)
	name, ok := d.check(line)
	if !ok {
		return row{text: line}
	}
	return row{text: line, named: uint16(len(name))}
}

// enter indexes a row that is read; last has the latest rows of the names that
// have several.
func (d *document) enter(r *row, last map[string]*row) {
	name := r.name()
	if name == "" {
		return
	}
	before := d.first[name]
	if before == nil {
		d.first[name] = r
		return
	}
	if later := last[name]; later != nil {
		before = later
	}
	before.next, last[name], r.again = r, r, true
}

// entries gives the names and texts, as they were read, of the entries that count.
func (d *document) entries() iter.Seq2[string, string] {
	return func(yield func(name, text string) bool) {
		for i := range d.lines {
			r := &d.lines[i]
			if r.named > 0 && !r.again && !yield(r.name(), d.textRead(r)) {
				return
			}
		}
	}
}

// read gives the entry of name as it was read, "" when there was none.
func (d *document) read(name string) string {
	r := d.first[name]
	if r == nil {
		return ""
	}
	return d.textRead(r)
}

func (d *document) textRead(r *row) string {
	if text, edited := d.was[r]; edited {
		return text
	}
	return r.text
}

// content is the document as it is written.
func (d *document) content() string {
	if !d.stale {
		return d.built
	}
	rows := d.live()
	size := 0
	for _, r := range rows {
		size += len(r.text) + 1
	}
	var b strings.Builder
	b.Grow(size)
	for i, r := range rows {
		b.WriteString(r.text)
		if i < len(rows)-1 || !d.noNewline {
			b.WriteByte('\n')
		}
	}
	d.built, d.key, d.stale = b.String(), "", false
	return d.built
}

// keyed is what stands for the content.
func (d *document) keyed(store *rootfs.Store) string {
	if text := d.content(); d.key == "" {
		d.key = store.Keyed([]byte(text))
	}
	return d.key
}

// find gives the line that counts for name, nil when there is none.
func (d *document) find(name string) *row {
	if r, moved := d.moved[name]; moved {
		return r
	}
	return d.first[name]
}

// all gives every line of name.
func (d *document) all(name string) []*row {
	r := d.find(name)
	if r == nil {
		return nil
	}
	var out []*row
	if _, moved := d.moved[name]; !moved {
		for ; r != nil; r = r.next {
			out = append(out, r)
		}
		return out
	}
	for _, r := range d.live() {
		if r.name() == name {
			out = append(out, r)
		}
	}
	return out
}

// like gives every line with that text.
func (d *document) like(text string) []*row {
	name, _ := d.check(text)
	among := d.live()
	if name != "" {
		among = d.all(name)
	}
	var out []*row
	for _, r := range among {
		if r.text == text {
			out = append(out, r)
		}
	}
	return out
}

// place is where a line stands.
func (d *document) place(r *row) int {
	if !d.changed {
		return int(r.at)
	}
	return slices.Index(d.live(), r)
}

// field gives the i-th field of a valid line.
func (r *row) field(i int) string { return strings.TrimSuffix(fieldOf(r.text, i), "\r") }
