package modules_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/activate-agent/activate/modules"
)

// longText is a configuration that is long enough to be parsed in chunks, full
// of lines that look like the end of a block.
func longText(n int, last string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "etc \"long/%05d\" {\n  text = <<EOT\nif true {\n%s}\n\netc \"no\" {\n}\nEOT\n}\n/*\n}\n*/\n", i, strings.Repeat("x\n", i%7))
	}
	return b.String() + last
}

func loadText(t *testing.T, text string) (*modules.System, []string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "main.hcl")
	writeFile(t, path, []byte(text))
	var problems []string
	c, diags := modules.Load(t.Context(), modules.Options{Path: path, Host: testHost()})
	for _, d := range diags {
		problems = append(problems, fmt.Sprintf("%s at line %d", d.Summary, d.Range.Start.Line))
	}
	if len(problems) > 0 {
		return nil, problems
	}
	s, diags := c.System()
	if diags.HasErrors() {
		t.Fatal(diags[0].Detail)
	}
	return s, nil
}

// A long file is parsed in chunks; nothing of that may show.
func TestLongFile(t *testing.T) {
	t.Parallel()
	const n = 6000
	s, problems := loadText(t, longText(n, "etc \"zlast\" {\n  text = \"end\"\n}\n"))
	if len(problems) > 0 || len(s.Etc.Entries) != n+1 {
		t.Fatalf("%d entries, problems %v; want %d entries", len(s.Etc.Entries), problems, n+1)
	}
	line := 1
	for i, e := range s.Etc.Entries[:n] {
		if want := fmt.Sprintf("main.hcl:%d", line); e.Origin != want {
			t.Fatalf("entry %d comes from %s, want %s", i, e.Origin, want)
		}
		line += 11 + 1 + i%7
	}
}

func TestLongFileErrors(t *testing.T) {
	t.Parallel()
	lines := strings.Count(longText(6000, ""), "\n")
	for _, c := range []struct{ name, first, last, want string }{
		{"broken at the end", "", "etc \"x\" {\n  text = = 1\n}\n", fmt.Sprintf("Invalid expression at line %d", lines+2)},
		{"imports twice", "imports = []\n", "imports = []\n", fmt.Sprintf("Attribute redefined at line %d", lines+2)},
		{"open heredoc", "", "etc \"x\" {\n  text = <<END\n}\n", fmt.Sprintf("Unterminated template string at line %d", lines+4)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, problems := loadText(t, c.first+longText(6000, c.last))
			if len(problems) == 0 || problems[0] != c.want {
				t.Fatalf("got %v, want %s first", problems, c.want)
			}
		})
	}
}
