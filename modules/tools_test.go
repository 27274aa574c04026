package modules_test

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"html"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/activate-agent/activate/modules"
)

func loaded(t testing.TB, path string) *modules.Config {
	t.Helper()
	c, diags := modules.Load(t.Context(), modules.Options{Path: path, Host: testHost()})
	if diags.HasErrors() {
		t.Fatal(diags[0].Detail)
	}
	return c
}

func TestGraph(t *testing.T) {
	t.Parallel()
	g, diags := loaded(t, "../examples/webapps").Graph()
	if diags.HasErrors() {
		t.Fatal(diags[0].Detail)
	}
	for _, want := range []modules.GraphEdge{
		{From: "main.hcl", To: "webapp.hcl", Label: "imports"},
		{From: "webapp.wiki", To: "service.webapp-wiki", Label: "makes"},
		{From: "service.proxy-public", To: "service.webapp-shop", Label: "depends on"},
	} {
		if !slices.Contains(g.Edges, want) {
			t.Errorf("the graph lacks %+v", want)
		}
	}
	dot := g.DOT()
	if !strings.Contains(dot, `"service.proxy-public" -> "service.webapp-shop" [label = "depends on"]`) || strings.Count(dot, "{") != 1 {
		t.Errorf("the DOT form is %s", dot)
	}
}

func TestJSONSchema(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "main.hcl")
	writeFile(t, path, []byte(`imports = ["nix"]`))
	var got struct {
		Properties map[string]struct {
			Description string
			Properties  map[string]struct{ Description string }
		}
	}
	if err := json.Unmarshal(loaded(t, path).JSONSchema(), &got); err != nil {
		t.Fatal(err)
	}
	if got.Properties["nix"].Properties["max_jobs"].Description == "" || got.Properties["user"].Description == "" {
		t.Error("the schema lacks nix.max_jobs or user")
	}
}

func TestDiagnosticsAsJSON(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "main.hcl")
	writeFile(t, path, []byte("user \"a\" {\n  shel = \"/bin/sh\"\n}\n"))
	_, diags := modules.Load(t.Context(), modules.Options{Path: path, Host: testHost()})
	text, err := json.Marshal(diags)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"severity":"error"`, `"summary":"Unsupported attribute"`, `Did you mean \"shell\"?`,
		`"start":{"line":2,"column":3,"byte":13}`, `"end":{"line":2,"column":7,"byte":17}`, `"related":[]`,
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s lacks %s", text, want)
		}
	}
}

func TestOptionsPage(t *testing.T) {
	t.Parallel()
	c, diags := modules.LoadBuiltin(t.Context(), testHost())
	if diags.HasErrors() {
		t.Fatal(diags[0].Detail)
	}
	html := string(c.OptionsPage())
	for _, b := range c.Blocks() {
		for _, o := range b.Options {
			if !strings.Contains(html, `id="`+b.Name+"."+o.Name+`"`) {
				t.Errorf("the page lacks %s.%s", b.Name, o.Name)
			}
		}
	}
}

func TestPictureIsWellFormedAndComplete(t *testing.T) {
	t.Parallel()
	g, diags := loaded(t, "../examples/webapps").Graph()
	if diags.HasErrors() {
		t.Fatal(diags[0].Detail)
	}
	svg := g.SVG()
	dec := xml.NewDecoder(strings.NewReader(svg))
	for {
		_, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, n := range g.Nodes {
		if !strings.Contains(svg, ">"+html.EscapeString(n.ID)+"</text>") {
			t.Errorf("the picture lacks %s", n.ID)
		}
	}
	circle := modules.Graph{
		Nodes: []modules.GraphNode{{ID: "a", Kind: "service"}, {ID: "b", Kind: "service"}},
		Edges: []modules.GraphEdge{{From: "a", To: "b", Label: "after"}, {From: "b", To: "a", Label: "after"}},
	}
	if got := strings.Count(circle.SVG(), "<path class"); got != 2 {
		t.Errorf("a circle has %d lines, want 2", got)
	}
}
