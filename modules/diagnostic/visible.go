package diagnostic

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Visible gives text that others wrote as a terminal may be shown it: control
// characters, which could move the cursor or rewrite what is said, stand as
// \x1b or \u009b, and so do bytes that are no UTF-8 and what turns the
// direction of writing. Newlines and tabs stay.
func Visible(text string) string {
	if !hidden(text) {
		return text
	}
	var b strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		switch {
		case r == utf8.RuneError && size == 1, isHidden(r) && r < utf8.RuneSelf:
			fmt.Fprintf(&b, `\x%02x`, text[0])
		case isHidden(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteString(text[:size])
		}
		text = text[size:]
	}
	return b.String()
}

// hidden tells whether anything in text is not to reach a terminal.
func hidden(text string) bool {
	for i := range len(text) {
		if c := text[i]; c >= utf8.RuneSelf || c < ' ' && c != '\n' && c != '\t' || c == 0x7f {
			return !utf8.ValidString(text[i:]) || strings.ContainsFunc(text[i:], isHidden)
		}
	}
	return false
}

func isHidden(r rune) bool {
	return r != '\n' && r != '\t' && unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)
}
