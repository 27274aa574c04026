package ui

import (
	"fmt"
	"io"
	"slices"
	"unicode/utf8"

	"github.com/activate-agent/activate/modules/diagnostic"
)

// visible is what a terminal may be shown of what others wrote.
func visible(text string) string { return diagnostic.Visible(text) }

// Visible is a writer that passes on what others wrote as a terminal may be
// shown it, see diagnostic.Visible. It keeps the beginning of a character
// until the rest comes.
type Visible struct {
	to   io.Writer
	rest []byte
}

// NewVisible makes one that writes to w.
func NewVisible(w io.Writer) *Visible { return &Visible{to: w} }

// Write passes p on. The error is that of the writer below.
func (v *Visible) Write(p []byte) (int, error) {
	text := slices.Concat(v.rest, p)
	whole := len(text)
	for n := 1; n < utf8.UTFMax && n <= len(text); n++ {
		if start := len(text) - n; utf8.RuneStart(text[start]) {
			if !utf8.FullRune(text[start:]) {
				whole = start
			}
			break
		}
	}
	v.rest = text[whole:]
	if _, err := fmt.Fprint(v.to, visible(string(text[:whole]))); err != nil {
		return 0, err
	}
	return len(p), nil
}
