package ui

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/activate-agent/activate/activation/plan"
)

// maxDiffLines is how many lines of one content diff are shown.
const maxDiffLines = 60

// maxDiffLine is how many characters of one line are shown.
const maxDiffLine = 500

// Contents gives a change's bytes before and after, for its diff; of long ones
// the beginning is enough. ok is false when the change has no contents, or none
// that may be shown.
type Contents func(plan.Change) (before, after []byte, ok bool)

// content prints the difference of a change's contents, or what can be said of
// them where there is none to print.
func content(w io.Writer, s Style, ch plan.Change, before, after []byte) {
	old, now := size(ch.Before, before), size(ch.After, after)
	switch {
	case old > len(before) || now > len(after):
		fmt.Fprintf(w, "      content: %d -> %d bytes, not shown\n", old, now)
	case bytes.Equal(before, after):
	case !printable(before) || !printable(after):
		fmt.Fprintf(w, "      binary content: %d -> %d bytes\n", old, now)
	default:
		unified(w, s, string(ch.Address), before, after)
	}
}

// size gives the bytes that a side has, of which b may be the beginning only.
func size(side plan.State, b []byte) int {
	if n, err := strconv.Atoi(fields(side)["size"]); err == nil {
		return n
	}
	return len(b)
}

// unified prints two texts' difference, as diff -u has it.
func unified(w io.Writer, s Style, name string, before, after []byte) {
	lines := strings.Split(strings.TrimSuffix(string(diff.Diff(name, before, name, after)), "\n"), "\n")
	// The first lines only repeat the name.
	for len(lines) > 0 && !strings.HasPrefix(lines[0], "@@") {
		lines = lines[1:]
	}
	for i, line := range lines {
		if i == maxDiffLines {
			fmt.Fprintf(w, "      … %d more lines\n", len(lines)-i)
			return
		}
		fmt.Fprintf(w, "      %s\n", diffLine(s, cut(visible(line))))
	}
}

// cut shortens a line, which may be a whole document.
func cut(line string) string {
	shown := 0
	for i := range line {
		if shown == maxDiffLine {
			return fmt.Sprintf("%s… %d more characters", line[:i], utf8.RuneCountInString(line[i:]))
		}
		shown++
	}
	return line
}

func diffLine(s Style, line string) string {
	switch {
	case strings.HasPrefix(line, "+"):
		return s.green(line)
	case strings.HasPrefix(line, "-"):
		return s.red(line)
	case strings.HasPrefix(line, "@@"):
		return s.dim(line)
	}
	return line
}

func printable(b []byte) bool {
	return utf8.Valid(b) && !bytes.ContainsFunc(b, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' && r != '\r' })
}
