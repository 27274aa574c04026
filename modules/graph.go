package modules

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/activate-agent/activate/modules/diagnostic"
)

// Graph is what a configuration is made of and in which order it starts.
type Graph struct {
	Nodes []GraphNode `json:"nodes"`
	Edges []GraphEdge `json:"edges"`
}

// GraphNode is one file, module instance, block or step.
type GraphNode struct {
	// ID is the address a configuration uses: "webapp.blue", or a file's name.
	ID string `json:"id"`
	// Kind is "file", "module", or the type of a core block.
	Kind   string `json:"kind"`
	Origin string `json:"origin,omitempty"`
}

// GraphEdge leads from what needs or makes something to that.
type GraphEdge struct {
	From string `json:"from"`
	To   string `json:"to"`
	// Label is "imports", "makes", "depends on" or "after".
	Label string `json:"label"`
}

// Graph gives the files with their imports, the module instances with the
// blocks they make, and the order of services and snippets. Nodes and edges
// are sorted.
func (c *Config) Graph() (Graph, Diagnostics) {
	g := &graphing{ev: c.ev, ids: map[string]bool{}}
	for _, f := range c.files {
		g.node(f.origin, "file", "")
		for _, target := range c.targets[f] {
			for _, imported := range target.files {
				g.edge(f.origin, imported.origin, "imports")
			}
		}
	}
	for _, name := range sortedKeys(c.types) {
		g.blocks(name)
	}
	s, diags := c.System()
	g.diags = g.diags.Add(diags...)
	if s != nil {
		g.order(s)
	}
	if g.diags.HasErrors() {
		return Graph{}, c.finish(g.diags)
	}
	return g.sorted(), c.finish(g.diags)
}

type graphing struct {
	ev    *evaluator
	out   Graph
	ids   map[string]bool
	diags diagnostic.List
}

func (g *graphing) node(id, kind, origin string) {
	if !g.ids[id] {
		g.ids[id] = true
		g.out.Nodes = append(g.out.Nodes, GraphNode{ID: id, Kind: kind, Origin: origin})
	}
}

func (g *graphing) edge(from, to, label string) {
	g.out.Edges = append(g.out.Edges, GraphEdge{From: from, To: to, Label: label})
}

func (g *graphing) blocks(typ string) {
	t := g.ev.config.types[typ]
	if t.Separate || !t.Labelled && !t.Module {
		return
	}
	nodes, diags := g.ev.instancesOf(typ)
	g.diags = g.diags.Add(diags...)
	kind := typ
	if t.Module {
		kind = "module"
	}
	for _, n := range nodes {
		g.node(n.address(), kind, n.origin())
		for _, from := range n.live {
			if from.owner != nil {
				g.edge(from.owner.address(), n.address(), "makes")
			}
		}
	}
}

// instancesOf gives the blocks of a type, the one of a module without labels
// too.
func (ev *evaluator) instancesOf(typ string) ([]*node, diagnostic.List) {
	if ev.config.types[typ].Labelled {
		return ev.topBlocks(typ).all()
	}
	n, diags := ev.singleton(typ)
	return []*node{n}, diags
}

func (g *graphing) order(s *System) {
	services := map[string]string{}
	for _, svc := range s.Daemon.Services {
		id := "service" + quote(svc.Name)
		services[svc.Name] = id
		g.node(id, "service", svc.Origin)
		if svc.Parent != "" {
			g.edge("service"+quote(svc.Parent), id, "makes")
		}
	}
	for _, svc := range s.Daemon.Services {
		for _, other := range svc.DependsOn {
			if id, ok := services[other]; ok {
				g.edge(services[svc.Name], id, "depends on")
			}
		}
		for _, other := range svc.After {
			if id, ok := services[other]; ok {
				g.edge(services[svc.Name], id, "after")
			}
		}
	}
	for _, sn := range s.Snippets {
		for _, other := range sn.After {
			g.edge("snippet"+quote(sn.Name), g.step(other), "after")
		}
		for _, other := range sn.Before {
			g.edge(g.step(other), "snippet"+quote(sn.Name), "after")
		}
	}
}

// step names a snippet or a step of the pipeline.
func (g *graphing) step(name string) string {
	if id := "snippet" + quote(name); g.ids[id] {
		return id
	}
	g.node("step "+name, "step", "")
	return "step " + name
}

func (g *graphing) sorted() Graph {
	slices.SortFunc(g.out.Nodes, func(a, b GraphNode) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(g.out.Edges, func(a, b GraphEdge) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To), cmp.Compare(a.Label, b.Label))
	})
	g.out.Edges = slices.Compact(g.out.Edges)
	return g.out
}

// DOT gives the graph in the language of graphviz.
func (g Graph) DOT() string {
	shapes := map[string]string{"file": "note", "module": "component", "service": "ellipse", "snippet": "cds", "step": "hexagon"}
	var b strings.Builder
	b.WriteString("digraph activate {\n  rankdir = LR\n  node [fontname = \"sans-serif\"]\n")
	for _, n := range g.Nodes {
		shape := shapes[n.Kind]
		if shape == "" {
			shape = "box"
		}
		fmt.Fprintf(&b, "  %s [shape = %s]\n", dotText(n.ID), shape)
	}
	for _, e := range g.Edges {
		fmt.Fprintf(&b, "  %s -> %s [label = %s]\n", dotText(e.From), dotText(e.To), dotText(e.Label))
	}
	b.WriteString("}\n")
	return b.String()
}

func dotText(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s) + `"`
}
