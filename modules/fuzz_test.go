package modules_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/activate-agent/activate/modules"
)

// seeds are the configurations of all cases.
func seeds(f *testing.F) []string {
	f.Helper()
	var out []string
	files, err := filepath.Glob("testdata/cases/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range archive.Files {
			if strings.HasSuffix(file.Name, ".hcl") {
				out = append(out, string(file.Data))
			}
		}
	}
	return out
}

// FuzzConfiguration loads and evaluates any bytes: whatever they are, there is
// a result or there are findings with text, and never a panic.
func FuzzConfiguration(f *testing.F) {
	for _, s := range seeds(f) {
		f.Add(s, "x.y")
	}
	f.Fuzz(func(t *testing.T, src, set string) {
		path := filepath.Join(t.TempDir(), "main.hcl")
		if err := os.WriteFile(path, []byte(src), 0o600); err != nil {
			t.Fatal(err)
		}
		o := modules.Options{Path: path, Host: testHost()}
		if strings.Contains(set, "=") {
			o.Sets = []string{set}
		}
		c, diags := modules.Load(t.Context(), o)
		if c == nil {
			checkFindings(t, diags, true)
			return
		}
		_, diags = c.System()
		checkFindings(t, diags, false)
		checkFindings(t, c.Validate(), false)
		_, diags = c.Eval("")
		checkFindings(t, diags, false)
	})
}

// FuzzExpression evaluates any text as an expression.
func FuzzExpression(f *testing.F) {
	for _, s := range []string{
		`upper("a")`, `[for n, w in m : w.p]`, `{ for k, v in { a = 1 } : k => v... }`, `m.p[0]`, `m[*].p`, `try(1 / 0, "x")`,
		`templatestring("$${x}", { x = 1 })`, `"%{ for a in [1] }${a}%{ endfor }"`, `range(5)`, `format("%d", 1)`, `jsondecode("{}")`, `sensitive("x")`,
	} {
		f.Add(s)
	}
	path := filepath.Join(f.TempDir(), "main.hcl")
	writeFile(f, path, []byte("module \"m\" {}\noption \"p\" {\n  type    = list(string)\n  default = [\"a\"]\n}\nuser \"a\" {}\n"))
	f.Fuzz(func(t *testing.T, text string) {
		c, diags := modules.Load(t.Context(), modules.Options{Path: path, Host: testHost()})
		if c == nil {
			t.Fatal(diags[0].Summary)
		}
		v, diags := c.Eval(text)
		checkFindings(t, diags, len(v.JSON()) == 0)
	})
}

// FuzzFormat formats any bytes; what it gives is stable.
func FuzzFormat(f *testing.F) {
	for _, s := range seeds(f) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		once, diags := modules.Format("main.hcl", []byte(src))
		if diags.HasErrors() {
			checkFindings(t, diags, true)
			return
		}
		twice, diags := modules.Format("main.hcl", once)
		if diags.HasErrors() || !bytes.Equal(once, twice) {
			t.Errorf("formatting again changes %q to %q", once, twice)
		}
	})
}

func checkFindings(t *testing.T, diags modules.Diagnostics, needed bool) {
	t.Helper()
	if needed && !diags.HasErrors() {
		t.Fatal("neither a result nor an error")
	}
	for _, d := range diags {
		if d.Summary == "" || strings.Contains(d.Detail, "%!") {
			t.Errorf("finding without words: %+v", d)
		}
	}
	var b strings.Builder
	if err := diags.WriteText(&b, 80, true); err != nil {
		t.Fatal(err)
	}
}
