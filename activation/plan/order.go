package plan

import (
	"fmt"
	"slices"
	"strings"
)

// Node is one step of a graph to be ordered. After and Before name other
// nodes; Rank breaks ties, lower first, then the name does.
type Node struct {
	Name   string
	After  []string
	Before []string
	Rank   int
}

// CycleError says that nodes wait for each other. Path starts and ends with
// the same name; each element comes after the next.
type CycleError struct{ Path []string }

// Error prints the path of the cycle.
func (e *CycleError) Error() string {
	return "cannot order steps: " + strings.Join(e.Path, " after ") + " is a cycle"
}

// UnknownError says that a node names another that does not exist.
type UnknownError struct {
	Node, Name string
	// Known are the names that do exist, sorted.
	Known []string
}

// Error names both and lists what exists.
func (e *UnknownError) Error() string {
	return fmt.Sprintf("cannot order %s: there is no step %q; there are %s", e.Node, e.Name, strings.Join(e.Known, ", "))
}

// Order sorts nodes so that each comes after what it names. The result is the
// same for the same nodes in whatever order they are given. It gives an
// *UnknownError or a *CycleError.
func Order(nodes []Node) ([]string, error) {
	g, err := newGraph(nodes)
	if err != nil {
		return nil, err
	}
	var order []string
	for len(g.waiting) > 0 {
		next, ok := g.ready()
		if !ok {
			return nil, &CycleError{Path: g.cycle()}
		}
		order = append(order, next)
		g.done(next)
	}
	return order, nil
}

type graph struct {
	nodes   []Node // by rank and name
	waiting map[string]map[string]bool
}

func newGraph(nodes []Node) (*graph, error) {
	g := &graph{nodes: slices.Clone(nodes), waiting: map[string]map[string]bool{}}
	slices.SortFunc(g.nodes, func(a, b Node) int {
		if a.Rank != b.Rank {
			return a.Rank - b.Rank
		}
		return strings.Compare(a.Name, b.Name)
	})
	for _, n := range g.nodes {
		g.waiting[n.Name] = map[string]bool{}
	}
	for _, n := range g.nodes {
		for _, name := range append(slices.Clone(n.After), n.Before...) {
			if g.waiting[name] == nil {
				return nil, &UnknownError{Node: n.Name, Name: name, Known: g.names()}
			}
		}
		for _, a := range n.After {
			g.waiting[n.Name][a] = true
		}
		for _, b := range n.Before {
			g.waiting[b][n.Name] = true
		}
	}
	return g, nil
}

func (g *graph) names() []string {
	var names []string
	for _, n := range g.nodes {
		names = append(names, n.Name)
	}
	slices.Sort(names)
	return names
}

// ready gives the first node that waits for nothing.
func (g *graph) ready() (string, bool) {
	for _, n := range g.nodes {
		if w, ok := g.waiting[n.Name]; ok && len(w) == 0 {
			return n.Name, true
		}
	}
	return "", false
}

func (g *graph) done(name string) {
	delete(g.waiting, name)
	for _, w := range g.waiting {
		delete(w, name)
	}
}

// cycle walks from one waiting node to what it waits for until a name comes
// back. Every waiting node waits for a waiting one, so it ends.
func (g *graph) cycle() []string {
	var at string
	for _, n := range g.nodes {
		if g.waiting[n.Name] != nil {
			at = n.Name
			break
		}
	}
	var path []string
	for !slices.Contains(path, at) {
		path = append(path, at)
		at = g.firstAwaited(at)
	}
	return append(path[slices.Index(path, at):], at)
}

func (g *graph) firstAwaited(name string) string {
	for _, n := range g.nodes {
		if g.waiting[name][n.Name] {
			return n.Name
		}
	}
	panic("internal error: " + name + " waits for nothing")
}
