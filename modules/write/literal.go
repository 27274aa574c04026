package write

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/zclconf/go-cty/cty"
)

// Expressible tells whether a string of HCL can be text: it is UTF-8 without
// NUL bytes and in the normal form (Unicode's NFC) that HCL brings strings to.
func Expressible(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsRune(text, 0) && cty.StringVal(text).AsString() == text
}

// literal is text as an expression: a heredoc where that can be read better
// and says the same, else in quotes.
func literal(text string) string {
	if suitsHeredoc(text) {
		return heredoc(text)
	}
	return quoted(text)
}

// suitsHeredoc: several lines, the last one ended, and nothing that an editor
// would not show. A dollar or percent sign doubled before a brace is left to
// quotes, where it has an escape of its own.
func suitsHeredoc(text string) bool {
	if strings.Count(text, "\n") < 2 || !strings.HasSuffix(text, "\n") {
		return false
	}
	if strings.Contains(text, "$${") || strings.Contains(text, "%%{") {
		return false
	}
	return !strings.ContainsFunc(text, func(r rune) bool {
		return r != '\n' && r != '\t' && !unicode.IsGraphic(r)
	})
}

// heredoc is text between two delimiters that are no line of it, with the
// escapes of HCL's templates.
func heredoc(text string) string {
	mark := "EOT"
	for n := 1; hasLine(text, mark); n++ {
		mark = fmt.Sprintf("EOT%d", n)
	}
	return "<<" + mark + "\n" + strings.NewReplacer("${", "$${", "%{", "%%{").Replace(text) + mark
}

func hasLine(text, mark string) bool {
	for line := range strings.Lines(text) {
		if strings.TrimSpace(line) == mark {
			return true
		}
	}
	return false
}

// quoted is text in quotes.
func quoted(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case (r == '$' || r == '%') && strings.HasPrefix(text[i+1:], "{"):
			opening(&b, text[:i], r)
		case r > 0xffff && !unicode.IsGraphic(r):
			fmt.Fprintf(&b, `\U%08x`, r)
		case !unicode.IsGraphic(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// opening writes a sign that would begin a template: doubled, or by its number
// where another one stands before it, since three in a row are read otherwise.
func opening(b *strings.Builder, before string, sign rune) {
	if strings.HasSuffix(before, string(sign)) {
		fmt.Fprintf(b, `\u%04x`, sign)
		return
	}
	b.WriteRune(sign)
	b.WriteRune(sign)
}

// list is texts as an expression, on one line when it is short.
func list(texts []string) string {
	out := make([]string, len(texts))
	length := 0
	for i, t := range texts {
		out[i] = quoted(t)
		length += len(out[i]) + 2
	}
	if length <= 80 {
		return "[" + strings.Join(out, ", ") + "]"
	}
	return "[\n" + strings.Join(out, ",\n") + ",\n]"
}
