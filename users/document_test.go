package users_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/activate-agent/activate/users"
)

// Adding an account and taking it away again gives back any file, whatever it
// holds: odd lines, no last newline, carriage returns, nothing.
func TestForeignBytesSurvive(t *testing.T) {
	t.Parallel()
	line := rapid.OneOf(
		rapid.SampledFrom([]string{
			"", "#", "# x:y", "+", "+::::::", "-bad", "x:x:5:5::/:/bin/sh", "x:x:5:5::/:/bin/sh", "y:x:06:5::/:/", "z::4294967295:1:::",
			"g:x:7:a,b", "g:x:7:a,b\r", "s:!:1::::::", "s:100000:65536", ":::", " lead:x:9:9:::", "\xff\xfe:x:8:8:\xff::",
		}),
		rapid.StringOf(rapid.RuneFrom([]rune("a:x1,#+\r \u00e9"))),
	)
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) string {
			text := ""
			for _, l := range rapid.SliceOfN(line, 0, 8).Draw(t, name) {
				text += l + "\n"
			}
			if rapid.Bool().Draw(t, name+" has no last newline") && text != "" {
				text = text[:len(text)-1]
			}
			return text
		}
		files := map[string]string{}
		for _, name := range []string{"passwd", "group", "shadow", "gshadow", "subuid", "subgid"} {
			files["etc/"+name] = draw(name)
		}
		withFiles(t, files, func(h *host) {
			d := h.switchTo(t, wants(users.User{Name: "newcomer", SubIDs: &users.SubIDs{Auto: true}}))
			if len(d.Problems) > 0 {
				t.Fatalf("refused: %v", d.Problems)
			}
			h.switchTo(t, users.Desired{})
			for name, content := range files {
				if got := h.read(t, name); got != content {
					t.Fatalf("%s: %q became %q", name, content, got)
				}
			}
		})
	})
}
