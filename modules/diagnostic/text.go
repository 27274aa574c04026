package diagnostic

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

const (
	red    = "\x1b[31m"
	yellow = "\x1b[33m"
	bold   = "\x1b[1m"
	plain  = "\x1b[0m"
)

// WriteText writes every finding for a person, details wrapped at width
// columns (0 or less does not wrap). It gives the error of w.
func (l List) WriteText(w io.Writer, width int, color bool) error {
	for i, d := range l {
		text := d.text(width, color)
		if i > 0 {
			text = "\n" + text
		}
		if _, err := io.WriteString(w, text); err != nil {
			return err
		}
	}
	return nil
}

func (d *Diagnostic) text(width int, color bool) string {
	var b strings.Builder
	title, tint := "Error", red
	if d.Severity == Warning {
		title, tint = "Warning", yellow
	}
	if color {
		fmt.Fprintf(&b, "%s%s%s:%s %s%s%s\n", bold, tint, title, plain, bold, Visible(d.Summary), plain)
	} else {
		fmt.Fprintf(&b, "%s: %s\n", title, Visible(d.Summary))
	}
	if d.Range != nil {
		d.writeSnippet(&b, "  at ", *d.Range, color)
	}
	for _, r := range d.Related {
		d.writeSnippet(&b, "  also at ", r, color)
	}
	for _, r := range d.ImportedFrom {
		fmt.Fprintf(&b, "  imported at %s\n", Visible(r.String()))
	}
	if d.Detail != "" {
		b.WriteString("\n")
		writeWrapped(&b, Visible(d.Detail), width)
	}
	return b.String()
}

func (d *Diagnostic) writeSnippet(b *strings.Builder, lead string, r Range, color bool) {
	fmt.Fprintf(b, "%s%s\n", lead, Visible(r.String()))
	line, ok := d.source[r]
	if !ok || strings.TrimSpace(line) == "" {
		return
	}
	number := fmt.Sprint(r.Start.Line)
	runes := []rune(strings.ReplaceAll(line, "\t", " "))
	begin := min(max(r.Start.Column-1, 0), len(runes))
	end := len(runes)
	if r.End.Line == r.Start.Line {
		end = max(begin, min(end, r.End.Column-1))
	}
	lead, meant := Visible(string(runes[:begin])), Visible(string(runes[begin:end]))
	fmt.Fprintf(b, "    %s | %s%s%s\n", number, lead, meant, Visible(string(runes[end:])))
	before, length := utf8.RuneCountInString(lead), max(1, utf8.RuneCountInString(meant))
	marks := strings.Repeat("^", length)
	if color {
		marks = red + marks + plain
	}
	fmt.Fprintf(b, "    %s | %s%s\n", strings.Repeat(" ", len(number)), strings.Repeat(" ", before), marks)
}

// writeWrapped wraps paragraphs but keeps lines that start with a space or a
// dash as they are: those are lists and examples.
func writeWrapped(b *strings.Builder, text string, width int) {
	for line := range strings.SplitSeq(text, "\n") {
		if width <= 0 || strings.HasPrefix(line, " ") || strings.HasPrefix(line, "- ") {
			b.WriteString(strings.TrimRight("  "+line, " ") + "\n")
			continue
		}
		column := 0
		for word := range strings.FieldsSeq(line) {
			size := utf8.RuneCountInString(word)
			switch {
			case column == 0:
				b.WriteString("  ")
				column = 2
			case column+1+size > width:
				b.WriteString("\n  ")
				column = 2
			default:
				b.WriteString(" ")
				column++
			}
			b.WriteString(word)
			column += size
		}
		b.WriteString("\n")
	}
}
