package modules_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/activate-agent/activate/modules"
)

// TestHostileNesting gives what would use up the stack of a parser or an
// evaluator that goes down without looking.
func TestHostileNesting(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		src string
		ok  bool
	}{
		"parentheses": {"locals {\n  a = " + strings.Repeat("(", 100_000) + "1" + strings.Repeat(")", 100_000) + "\n}\n", false},
		"templates":   {"locals {\n  a = " + strings.Repeat(`"${`, 50_000) + "1" + strings.Repeat(`}"`, 50_000) + "\n}\n", false},
		"negations":   {"locals {\n  a = " + strings.Repeat("!", 500_000) + "true\n}\n", false},
		"choices":     {"locals {\n  a = " + strings.Repeat("true ? 1 : ", 100_000) + "1\n}\n", false},
		"a long sum":  {"locals {\n  a = " + strings.Repeat("1 + ", 50_000) + "1\n}\n", true},
		"brackets in text of many blocks": {
			strings.Repeat("group \"g\" {\n  absent = \":(\" == \"((((\"\n}\n", 1000) + "locals {\n  a = 1\n}\n", true,
		},
		"a ruler in a comment": {"# " + strings.Repeat("-", 300) + "\nlocals {\n  a = 1\n}\n", true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "main.hcl")
			writeFile(t, path, []byte(c.src))
			config, diags := modules.Load(t.Context(), modules.Options{Path: path, Host: testHost()})
			if config != nil {
				_, more := config.Eval("local.a")
				diags = diags.Add(more...)
			}
			if diags.HasErrors() == c.ok {
				t.Errorf("findings: %d, want success %t", len(diags), c.ok)
			}
		})
	}
}
