package modules_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/activate-agent/activate/modules"
)

// current compares a page of docs with what the code makes of it.
func current(t *testing.T, page, want string) {
	t.Helper()
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("run it again with UPDATE=1:\n%s", diff)
	}
}

// cell fits text into a table.
func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ").Replace(text)
}

func code(text string) string {
	if text == "" {
		return ""
	}
	return "`" + cell(text) + "`"
}

func optionsTable(b *strings.Builder, doc modules.BlockDoc) {
	b.WriteString("\n| option | type | default | |\n|---|---|---|---|\n")
	for _, o := range doc.Options {
		if o.Type == "block" {
			continue
		}
		set := code(o.Default)
		switch {
		case o.ReadOnly:
			set = "read only"
		case o.Required:
			set = "required"
		}
		text := cell(o.Description)
		if o.Example != "" {
			text += " Example: " + code(o.Example)
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", o.Name, code(o.Type), set, text)
	}
}

func blocksPage(title, intro string, docs []modules.BlockDoc, module bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\nMade from the code by `UPDATE=1 go test ./modules -run BlockPages`. %s\n", title, intro)
	for _, doc := range docs {
		if doc.Module != module {
			continue
		}
		fmt.Fprintf(&b, "\n## %s\n\n%s\n", doc.Name, doc.Description)
		optionsTable(&b, doc)
	}
	return b.String()
}

func TestBlockPagesAreCurrent(t *testing.T) {
	t.Parallel()
	c, diags := modules.LoadBuiltin(t.Context(), testHost())
	if diags.HasErrors() {
		t.Fatal(diags[0].Detail)
	}
	current(t, "../docs/blocks.md", blocksPage("Core blocks",
		"`activate options BLOCK` prints the same for one block, `activate options --html` as a page to search.", c.Blocks(), false))
	current(t, "../docs/modules.md", blocksPage("Built-in modules",
		"Each is imported by its name: `imports = [\"sysctl\"]`; the HCL is in `modules/std`. `examples/server.hcl` uses most of them.", c.Blocks(), true))
}
