// Package ui prints what activate has to say.
//
// The rules: answers (a plan, a list, JSON) go to standard output, everything
// else (progress, warnings, errors, the summary) to standard error. Lines have
// no capital and no period unless they are sentences of advice. Colour is used
// on a terminal only, and never when NO_COLOR is set. A secret never gets
// here: states carry a keyed hash.
package ui

import (
	"io"
	"os"

	"golang.org/x/term"
)

// Style paints text for a terminal; its zero value leaves it as it is.
type Style struct{ color bool }

// StyleFor gives the style for a writer: colour on a terminal, unless noColor.
func StyleFor(w io.Writer, noColor bool) Style {
	if s, ok := w.(*Spinner); ok {
		w = s.to
	}
	f, ok := w.(*os.File)
	return Style{color: ok && !noColor && os.Getenv("TERM") != "dumb" && term.IsTerminal(int(f.Fd()))}
}

// Color tells whether text is painted.
func (s Style) Color() bool { return s.color }

func (s Style) paint(code, text string) string {
	if !s.color || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (s Style) green(t string) string  { return s.paint("32", t) }
func (s Style) yellow(t string) string { return s.paint("33", t) }
func (s Style) red(t string) string    { return s.paint("31", t) }
func (s Style) bold(t string) string   { return s.paint("1", t) }
func (s Style) dim(t string) string    { return s.paint("2", t) }
