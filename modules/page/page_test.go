package page_test

import (
	"strings"
	"testing"

	"github.com/activate-agent/activate/modules/page"
)

func TestPageHoldsEverythingAndLoadsNothing(t *testing.T) {
	t.Parallel()
	html := string(page.Page{Title: "Options", Blocks: []page.Block{{
		Name: "nix", Description: "Nix", Usage: "nix { … }",
		Options: []page.Option{{
			Name: "nix.settings", Type: "map(any)", Description: `Uses <b> & "quotes".`, Default: "{}", Example: `{ a = "</script>" }`, Notes: []string{"required"},
		}},
	}}}.HTML())
	for _, want := range []string{
		`id="nix.settings"`, `href="#nix.settings"`, "Uses &lt;b&gt; &amp; &#34;quotes&#34;.", "&lt;/script&gt;", `data-words="nix.settings map(any)`,
		"prefers-color-scheme: dark", `name="viewport"`, ">required<",
	} {
		if !strings.Contains(html, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, bad := range []string{"http://", "https://", "<link", "src="} {
		if strings.Contains(html, bad) {
			t.Errorf("the page has %q", bad)
		}
	}
	if strings.Count(html, "</script>") != 1 {
		t.Error("text ends the script")
	}
}
