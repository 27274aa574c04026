package accounts

import (
	"errors"
	"iter"
	"slices"
	"strings"

	"github.com/activate-agent/activate/activation/rootfs"
)

// Document is one account file, kept byte for byte: only the lines that are
// edited, added or removed differ when it is written again. A host may have very
// many lines, so none of them is looked at for the sake of another. Of several
// entries with one name the first counts, as for getpwnam(3).
type Document struct {
	// text is the file as it was read, lines are its rows, and first finds the
	// first valid row of each name. What is edited has no influence on them.
	text  string
	lines []Row
	first map[string]*Row
	// was are the texts, as they were read, of the rows that were edited.
	was map[*Row]string
	// lists find lines as Naming does, by the field.
	lists map[int]*listing

	// rows are those of now; gone of them do not count any more, see Rows.
	rows []*Row
	gone int
	// moved are the rows that count now for the names of rows that came or went,
	// nil where none does.
	moved map[string]*Row
	check format
	// nis tells that the file has had entries of compat mode.
	nis bool
	// noNewline tells that the last line had no newline; it stays so.
	noNewline bool
	changed   bool
	// built is what Content made last, stale that it was edited since, and key what
	// stands for it.
	built string
	stale bool
	key   string
}

// Row is one line of a Document, without its newline.
type Row struct {
	text string
	// next is the next row that was read with the same name.
	next *Row
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

// NewRow makes a row of a line apart from any document: its fields can be read, and
// it has no name.
func NewRow(line string) *Row { return &Row{text: line} }

// Line is the row as it is written, without its newline.
func (r *Row) Line() string { return r.text }

// Name is that of an entry, "" of a line that is none.
func (r *Row) Name() string { return r.text[:r.named] }

// format tells whether a line has the form of an entry, and its name.
type format func(line string) (name string, ok bool)

// errNUL refuses a file that can't be an account file.
var errNUL = errors.New("it contains NUL bytes")

// parseDocument splits text into lines. It refuses NUL bytes, which a damaged
// disk leaves and no tool writes; every other oddity is kept.
func parseDocument(text string, check format) (*Document, error) {
	if strings.IndexByte(text, 0) >= 0 {
		return nil, errNUL
	}
	d := &Document{text: text, built: text, check: check}
	if text == "" {
		return d, nil
	}
	n := strings.Count(text, "\n") + 1
	d.lines, d.rows, d.first = make([]Row, 0, n), make([]*Row, 0, n), make(map[string]*Row, n)
	d.noNewline = !strings.HasSuffix(text, "\n")
	last := map[string]*Row{}
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
func (d *Document) row(line string) Row {
	d.nis = d.nis || isNIS(line)
	name, ok := d.check(line)
	if !ok {
		return Row{text: line}
	}
	return Row{text: line, named: uint16(len(name))}
}

// enter indexes a row that is read; last has the latest rows of the names that
// have several.
func (d *Document) enter(r *Row, last map[string]*Row) {
	name := r.Name()
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

// Entries gives the names and texts, as they were read, of the entries that count,
// in file order.
func (d *Document) Entries() iter.Seq2[string, string] {
	return func(yield func(name, text string) bool) {
		for i := range d.lines {
			r := &d.lines[i]
			if r.named > 0 && !r.again && !yield(r.Name(), d.textRead(r)) {
				return
			}
		}
	}
}

// Names gives the names of Entries.
func (d *Document) Names() iter.Seq[string] {
	return func(yield func(name string) bool) {
		for name := range d.Entries() {
			if !yield(name) {
				return
			}
		}
	}
}

// AsRead is the file as it was read.
func (d *Document) AsRead() string { return d.text }

// Changed tells whether anything was edited.
func (d *Document) Changed() bool { return d.changed }

// Read gives the entry of name as it was read, "" when there was none.
func (d *Document) Read(name string) string {
	r := d.first[name]
	if r == nil {
		return ""
	}
	return d.textRead(r)
}

func (d *Document) textRead(r *Row) string {
	if text, edited := d.was[r]; edited {
		return text
	}
	return r.text
}

// Content is the document as it is written.
func (d *Document) Content() string {
	if !d.stale {
		return d.built
	}
	rows := d.Rows()
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

// Keyed is what stands for the content in store, where it holds secrets.
func (d *Document) Keyed(store *rootfs.Store) string {
	if text := d.Content(); d.key == "" {
		d.key = store.Keyed([]byte(text))
	}
	return d.key
}

// Find gives the entry that counts for name, nil when there is none.
func (d *Document) Find(name string) *Row {
	if r, moved := d.moved[name]; moved {
		return r
	}
	return d.first[name]
}

// All gives every entry of name, in file order.
func (d *Document) All(name string) []*Row {
	r := d.Find(name)
	if r == nil {
		return nil
	}
	var out []*Row
	if _, moved := d.moved[name]; !moved {
		for ; r != nil; r = r.next {
			out = append(out, r)
		}
		return out
	}
	for _, r := range d.Rows() {
		if r.Name() == name {
			out = append(out, r)
		}
	}
	return out
}

// Like gives every line with that text.
func (d *Document) Like(text string) []*Row {
	among := d.Rows()
	if name := d.NameIn(text); name != "" {
		among = d.All(name)
	}
	var out []*Row
	for _, r := range among {
		if r.text == text {
			out = append(out, r)
		}
	}
	return out
}

// NameIn is the name that a line would have as an entry, "" for none.
func (d *Document) NameIn(line string) string {
	name, _ := d.check(line)
	return name
}

// Malformed gives the lines that name somebody without being an entry.
func (d *Document) Malformed() []string {
	var out []string
	for i := range d.lines {
		r := &d.lines[i]
		if r.named > 0 {
			continue
		}
		if text := strings.TrimSpace(r.text); text != "" && text[0] != '#' && !isNIS(text) {
			out = append(out, r.text)
		}
	}
	return out
}

// Place is where a line stands among Rows, from 0 on.
func (d *Document) Place(r *Row) int {
	if !d.changed {
		return int(r.at)
	}
	return slices.Index(d.Rows(), r)
}

// Field gives the i-th field, from 0 on, without the carriage return of a line that
// ends with one; "" where there are fewer.
func (r *Row) Field(i int) string { return strings.TrimSuffix(Field(r.text, i), "\r") }
