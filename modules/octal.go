package modules

import (
	"bytes"
	"fmt"

	"github.com/hashicorp/hcl/v2"
)

// octalsPlain says how a number that begins with 0o is written, which the parser
// takes for a 0 and a word behind it.
func octalsPlain(problems hcl.Diagnostics, src []byte) hcl.Diagnostics {
	for _, d := range problems {
		if d.Subject == nil {
			continue
		}
		digits := octalAt(src, d.Subject.Start.Byte)
		if digits == "" {
			continue
		}
		d.Summary = "Number in octal"
		d.Detail = fmt.Sprintf("The language has no octal numbers. A mode is a string of octal digits; write it in quotes: %q.", "0"+digits)
		whole := *d.Subject
		whole.Start.Byte--
		whole.Start.Column--
		d.Subject = &whole
	}
	return problems
}

// octalAt gives the digits of a number in octal whose o is at that place, without
// the zeros that lead it; "" where there is none.
func octalAt(src []byte, o int) string {
	if o < 1 || o >= len(src) || src[o-1] != '0' || src[o]|0x20 != 'o' || o > 1 && inWord(src[o-2]) {
		return ""
	}
	word := src[o+1:]
	if end := bytes.IndexFunc(word, func(r rune) bool { return r < '0' || r > '7' }); end >= 0 {
		if inWord(word[end]) {
			return ""
		}
		word = word[:end]
	}
	return string(bytes.TrimLeft(word, "0"))
}

func inWord(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}
