// Package write gives plain desired objects back their HCL: what evaluation
// makes of the text is the object again.
//
// It owns the layout of such text (that of `activate fmt`), the quoting, and
// the choice between a quoted string and a heredoc. It refuses to judge: what
// of a host is worth a block is decided by the caller, who also keeps values
// out that no string of HCL can be; see Expressible.
package write

import (
	"strings"

	"github.com/hashicorp/hcl/v2/hclwrite"
)

// Section is blocks under one comment.
type Section struct {
	// Title is shown above the blocks, wrapped; it may be several lines.
	Title  string
	Blocks []Block
}

// Block is one block of the configuration, with the comment above it.
type Block struct{ text string }

// Document gives a configuration of the sections in their order, in the
// canonical layout. Sections without title and blocks leave no trace.
func Document(sections []Section) []byte {
	var parts []string
	for _, s := range sections {
		text := comment(s.Title)
		for i, b := range s.Blocks {
			if i > 0 || text != "" {
				text += "\n"
			}
			text += b.text
		}
		if text != "" {
			parts = append(parts, text)
		}
	}
	return hclwrite.Format([]byte(strings.Join(parts, "\n")))
}

// List gives a section that is only a comment: a title, and under it the lines,
// one comment line each. Without lines it is empty.
func List(title string, lines []string) Section {
	if len(lines) == 0 {
		return Section{}
	}
	var b strings.Builder
	for _, line := range lines {
		b.WriteString("\n  " + printable(line))
	}
	return Section{Title: title + b.String()}
}

// comment makes comment lines of a text, "" of none.
func comment(text string) string {
	if text == "" {
		return ""
	}
	var b strings.Builder
	for line := range strings.SplitSeq(text, "\n") {
		b.WriteString(strings.TrimRight("# "+printable(line), " ") + "\n")
	}
	return b.String()
}

// printable takes out of a line what could end a comment or change how a
// terminal shows it.
func printable(line string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029 {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(line, "?"))
}
