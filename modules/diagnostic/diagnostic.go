// Package diagnostic is what the language has to say about a configuration:
// findings with a position, a cause and a way out, as text for a person and as
// JSON for a program.
//
// It owns the two forms and refuses to know HCL: positions are plain numbers
// and the quoted lines are copied in when a finding is made.
package diagnostic

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Severity says whether a finding stops the run.
type Severity string

// The two severities, with Terraform's names.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
)

// Pos is one position in a file. Line and Column count from 1, Column in
// characters; Byte is the offset from 0.
type Pos struct {
	Line   int `json:"line"`
	Column int `json:"column"`
	Byte   int `json:"byte"`
}

// Range is a stretch of one configuration file.
type Range struct {
	Filename string `json:"filename"`
	Start    Pos    `json:"start"`
	End      Pos    `json:"end"`
}

// String gives the form people click on: file.hcl:LINE,COL.
func (r Range) String() string {
	return fmt.Sprintf("%s:%d,%d", r.Filename, r.Start.Line, r.Start.Column)
}

// Origin gives the short form that plans show: file.hcl:LINE.
func (r Range) Origin() string {
	return fmt.Sprintf("%s:%d", r.Filename, r.Start.Line)
}

// Diagnostic is one finding.
type Diagnostic struct {
	Severity Severity `json:"severity"`
	// Summary is a few words, capitalised, without a period.
	Summary string `json:"summary"`
	// Detail is full sentences: the cause and the way out.
	Detail string `json:"detail"`
	// Range is what the finding is about; nil when it is about no file.
	Range *Range `json:"range,omitempty"`
	// Related are further places that take part, such as the other
	// definitions of a conflict.
	Related []Range `json:"related"`
	// ImportedFrom is the chain of imports that brought the file of Range in,
	// innermost first; empty for the files the user named.
	ImportedFrom []Range `json:"imported_from,omitempty"`

	// Private keeps the text form from quoting the configuration, which holds a
	// secret there.
	Private bool `json:"-"`

	// source holds the lines that the text form quotes, by Range.
	source map[Range]string
}

// MarshalJSON writes the fields as they are named, with an empty list where
// there is nothing related.
func (d *Diagnostic) MarshalJSON() ([]byte, error) {
	type fields Diagnostic
	out := fields(*d)
	if out.Related == nil {
		out.Related = []Range{}
	}
	return json.Marshal(out)
}

// Quote keeps the source text that r lies in, so that the text form can show
// it. The text is the whole file; only the lines of r are kept.
func (d *Diagnostic) Quote(r Range, file []byte) {
	if d.Private {
		return
	}
	if d.source == nil {
		d.source = map[Range]string{}
	}
	d.source[r] = lineAt(file, r.Start.Byte)
}

func lineAt(file []byte, offset int) string {
	offset = max(0, min(offset, len(file)))
	start := strings.LastIndexByte(string(file[:offset]), '\n') + 1
	line, _, _ := strings.Cut(string(file[start:]), "\n")
	return strings.TrimSuffix(line, "\r")
}

// Hide makes findings private and gives them back.
func Hide(l List) List {
	for _, d := range l {
		d.Private = true
	}
	return l
}

// List is the findings of one run, in the order they were made.
type List []*Diagnostic

// HasErrors reports whether any finding stops the run.
func (l List) HasErrors() bool {
	return slices.ContainsFunc(l, func(d *Diagnostic) bool { return d.Severity == Error })
}

// Add appends other findings, leaving out those that are there already. One
// broken attribute that many others read is so reported once.
func (l List) Add(other ...*Diagnostic) List {
	for _, d := range other {
		if !slices.Contains(l, d) {
			l = append(l, d)
		}
	}
	return l
}
