package diagnostic_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/activate-agent/activate/modules/diagnostic"
)

func TestVisible(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"plain, grün, 日本\n\ttab": "plain, grün, 日本\n\ttab",
		"\x1b[31mred\x07":        `\x1b[31mred\x07`,
		"over\rwritten\x7f":      `over\x0dwritten\x7f`,
		"\u009b2J":               `\u009b2J`,
		"\xff\xfe":               `\xff\xfe`,
		"a\u202eb":               `a\u202eb`,
		"\uFFFD":                 "\uFFFD",
	} {
		if got := diagnostic.Visible(text); got != want {
			t.Errorf("%q is shown as %q, not %q", text, got, want)
		}
	}
}

func FuzzVisible(f *testing.F) {
	f.Add("\x1b]0;title\x07\u009b\xff\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		got := diagnostic.Visible(text)
		if !utf8.ValidString(got) || diagnostic.Visible(got) != got {
			t.Errorf("%q gives %q", text, got)
		}
		if strings.ContainsFunc(got, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }) {
			t.Errorf("%q keeps a control character: %q", text, got)
		}
	})
}

// TestTextShowsNoEscapes: what a configuration holds reaches no terminal, and
// the marks still stand below what is meant.
func TestTextShowsNoEscapes(t *testing.T) {
	t.Parallel()
	src := []byte("user \"\x1b[2J\" { shel = 1 }\n")
	at := diagnostic.Range{Filename: "a\x1b.hcl", Start: diagnostic.Pos{Line: 1, Column: 15, Byte: 14}, End: diagnostic.Pos{Line: 1, Column: 19, Byte: 18}}
	d := &diagnostic.Diagnostic{Severity: diagnostic.Error, Summary: "No \x1b", Range: &at, Detail: "There is no \x1b[2J here."}
	d.Quote(at, src)
	want := `Error: No \x1b
  at a\x1b.hcl:1,15
    1 | user "\x1b[2J" { shel = 1 }
      |                  ^^^^

  There is no \x1b[2J here.
`
	if got := text(t, diagnostic.List{d}, 80, false); got != want {
		t.Errorf("got:\n%s", got)
	}
}
