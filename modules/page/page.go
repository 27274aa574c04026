// Package page renders documentation as one self-contained HTML page.
//
// It owns the page's form: search, links, small screens, the dark. It refuses
// to know where the documentation comes from, and the page refuses to load
// anything.
package page

import (
	"bytes"
	_ "embed" // the template is a file
	"html/template"
	"strings"
)

//go:embed options.html
var source string

// Page is what is shown: block types with their options.
type Page struct {
	Title  string
	Blocks []Block
}

// Block is one module or core block.
type Block struct {
	Name, Description, Declared string
	// Usage is the block's first line as a configuration writes it.
	Usage   string
	Options []Option
}

// Option is one option of a block. Name is complete: "nix.proxy.http".
type Option struct {
	Name, Type, Description, Default, Example, Declared string
	// Deprecated says what to use instead, empty for an option that stays.
	Deprecated string
	// Notes are short words such as "required" or "read-only".
	Notes []string
}

// Words is what the search looks through, in lower case.
func (o Option) Words() string {
	return strings.ToLower(o.Name + " " + o.Type + " " + o.Description + " " + strings.Join(o.Notes, " "))
}

// Count is how many options the page has.
func (p Page) Count() int {
	n := 0
	for _, b := range p.Blocks {
		n += len(b.Options)
	}
	return n
}

// HTML gives the page.
func (p Page) HTML() []byte {
	t := template.Must(template.New("options").Parse(source))
	var buf bytes.Buffer
	if err := t.Execute(&buf, p); err != nil {
		panic("internal error: cannot render the options page: " + err.Error())
	}
	return buf.Bytes()
}
