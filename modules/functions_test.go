package modules_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/activate-agent/activate/modules"
)

// functionsPage is the documentation of all functions, made from the code.
func functionsPage() string {
	var b strings.Builder
	b.WriteString("# Functions\n\nMade from the code by `UPDATE=1 go test ./modules -run FunctionsPage`.\n")
	group := ""
	for _, f := range modules.Functions() {
		if f.Group != group {
			group = f.Group
			fmt.Fprintf(&b, "\n## %s\n\n| call | gives |\n|---|---|\n", strings.ToUpper(group[:1])+group[1:])
		}
		fmt.Fprintf(&b, "| `%s` | %s |\n", f.Usage, f.Description)
	}
	return b.String()
}

func TestFunctionsPageIsCurrent(t *testing.T) {
	t.Parallel()
	current(t, "../docs/functions.md", functionsPage())
}

func TestEveryBlockIsDocumented(t *testing.T) {
	t.Parallel()
	c, diags := modules.LoadBuiltin(t.Context(), testHost())
	if diags.HasErrors() {
		t.Fatal(diags[0].Detail)
	}
	for _, b := range c.Blocks() {
		if b.Description == "" {
			t.Errorf("%s has no description", b.Name)
		}
		for _, o := range b.Options {
			if o.Description == "" || o.Type == "" {
				t.Errorf("%s.%s has no description or no type", b.Name, o.Name)
			}
			if b.Module && o.Type != "block" && o.Example == "" && !o.ReadOnly {
				t.Errorf("%s.%s has no example", b.Name, o.Name)
			}
		}
	}
	if _, diags := c.Block("nxi"); !diags.HasErrors() || !strings.Contains(diags[0].Detail, `"nix"`) {
		t.Error("an unknown block has no suggestion")
	}
}
