// Package roff writes manual pages.
//
// It owns the escapes and requests of the man macros (man(7), groff_man(7)). It
// refuses to know what the pages are about.
package roff

import (
	"bytes"
	"fmt"
	"strings"
)

// Page is a manual page that is being written.
type Page struct {
	buf bytes.Buffer
}

// New starts a page with its name, section, and what stands at the foot and
// head of it. It has no date, so the same program writes the same bytes.
func New(name string, section int, foot, head string) *Page {
	p := &Page{}
	fmt.Fprintf(&p.buf, ".TH %q %q \"\" %q %q\n.nh\n.ad l\n", strings.ToUpper(name), fmt.Sprint(section), foot, head)
	return p
}

// Section starts a section.
func (p *Page) Section(title string) {
	fmt.Fprintf(&p.buf, ".SH %s\n", line(title))
}

// Command writes a command line that is not broken into words.
func (p *Page) Command(text string) {
	fmt.Fprintf(&p.buf, ".B %s\n", line(text))
}

// Text writes paragraphs, which empty lines part. Words are filled.
func (p *Page) Text(text string) {
	for i, paragraph := range strings.Split(text, "\n\n") {
		if i > 0 {
			p.buf.WriteString(".PP\n")
		}
		p.lines(paragraph)
	}
}

// Item writes a name with an indented text about it, which may have
// paragraphs.
func (p *Page) Item(name, text string) {
	fmt.Fprintf(&p.buf, ".TP\n.B %s\n", line(name))
	for i, paragraph := range strings.Split(text, "\n\n") {
		if i > 0 {
			p.buf.WriteString(".IP\n")
		}
		p.lines(paragraph)
	}
}

// Bytes gives the page.
func (p *Page) Bytes() []byte { return p.buf.Bytes() }

func (p *Page) lines(text string) {
	for l := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		fmt.Fprintln(&p.buf, protect(escape(strings.TrimSpace(l))))
	}
}

// line is text as the argument of a request, in which quotes would group.
func line(text string) string {
	return strings.ReplaceAll(escape(strings.ReplaceAll(text, "\n", " ")), `"`, `\(dq`)
}

// escape writes what roff would read as its own: backslashes, and hyphens that
// it would set as a dash, so that options can be copied.
func escape(text string) string {
	return strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(text)
}

// protect keeps a line that starts as a request from being one.
func protect(l string) string {
	if strings.HasPrefix(l, ".") || strings.HasPrefix(l, "'") {
		return `\&` + l
	}
	return l
}
