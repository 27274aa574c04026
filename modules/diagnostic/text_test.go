package diagnostic_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/activate-agent/activate/modules/diagnostic"
)

func sample() diagnostic.List {
	src := []byte("user \"a\" {\n\tshel = 1\n}\n")
	at := diagnostic.Range{Filename: "a.hcl", Start: diagnostic.Pos{Line: 2, Column: 2, Byte: 12}, End: diagnostic.Pos{Line: 2, Column: 6, Byte: 16}}
	d := &diagnostic.Diagnostic{
		Severity: diagnostic.Error, Summary: "Unsupported attribute", Range: &at,
		Detail:       "There is no such attribute, and this sentence is long enough to be wrapped.\n  a list stays as it is, however long the line may be\nThe end.",
		ImportedFrom: []diagnostic.Range{{Filename: "main.hcl", Start: diagnostic.Pos{Line: 1, Column: 12}}},
	}
	d.Quote(at, src)
	return diagnostic.List{d}
}

func text(t *testing.T, l diagnostic.List, width int, color bool) string {
	t.Helper()
	var b strings.Builder
	if err := l.WriteText(&b, width, color); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestTextForPeople(t *testing.T) {
	t.Parallel()
	want := `Error: Unsupported attribute
  at a.hcl:2,2
    2 |  shel = 1
      |  ^^^^
  imported at main.hcl:1,12

  There is no such attribute, and this
  sentence is long enough to be wrapped.
    a list stays as it is, however long the line may be
  The end.
`
	if diff := cmp.Diff(want, text(t, sample(), 40, false)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if plain := text(t, sample(), 40, false); strings.Contains(plain, "\x1b") {
		t.Errorf("escapes without color: %q", plain)
	}
	if !strings.Contains(text(t, sample(), 40, true), "\x1b[31m^^^^\x1b[0m") {
		t.Error("the marks have no color")
	}
}

func TestPrivateFindingsQuoteNothing(t *testing.T) {
	t.Parallel()
	l := sample()
	at := *l[0].Range
	hidden := &diagnostic.Diagnostic{Severity: diagnostic.Error, Summary: "Secret", Range: &at, Private: true}
	hidden.Quote(at, []byte("password = \"hunter2\"\n"))
	if got := text(t, diagnostic.List{hidden}, 80, false); strings.Contains(got, "hunter2") {
		t.Errorf("the line is quoted: %s", got)
	}
}

func TestAddKeepsEachFindingOnce(t *testing.T) {
	t.Parallel()
	l := sample()
	if got := l.Add(l...); len(got) != 1 || !got.HasErrors() {
		t.Errorf("%d findings, want the one", len(got))
	}
}
