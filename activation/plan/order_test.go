package plan_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/activate-agent/activate/activation/plan"
)

func TestOrderRespectsEveryNeed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 12).Draw(t, "n")
		var nodes []plan.Node
		for i := range n {
			node := plan.Node{Name: string(rune('a' + i)), Rank: rapid.IntRange(0, 3).Draw(t, "rank")}
			// Only towards earlier names, so that there is no cycle.
			for j := range i {
				switch rapid.IntRange(0, 5).Draw(t, "edge") {
				case 0:
					node.After = append(node.After, nodes[j].Name)
				case 1:
					nodes[j].Before = append(nodes[j].Before, node.Name)
				}
			}
			nodes = append(nodes, node)
		}
		order, err := plan.Order(nodes)
		if err != nil || len(order) != n {
			t.Fatalf("got %v, %v", order, err)
		}
		at := func(name string) int { return slices.Index(order, name) }
		for _, node := range nodes {
			for _, a := range node.After {
				if at(a) > at(node.Name) {
					t.Fatalf("%s is not after %s in %v", node.Name, a, order)
				}
			}
			for _, b := range node.Before {
				if at(b) < at(node.Name) {
					t.Fatalf("%s is not before %s in %v", node.Name, b, order)
				}
			}
		}
		shuffled := rapid.Permutation(nodes).Draw(t, "shuffled")
		again, err := plan.Order(shuffled)
		if err != nil || !slices.Equal(order, again) {
			t.Fatalf("another input order gives %v, not %v (%v)", again, order, err)
		}
	})
}

func TestOrderNamesTheCycle(t *testing.T) {
	t.Parallel()
	_, err := plan.Order([]plan.Node{
		{Name: "x", After: []string{"c"}},
		{Name: "a", After: []string{"b"}},
		{Name: "b", After: []string{"c"}},
		{Name: "c", Before: []string{"x"}, After: []string{"a"}},
	})
	if err == nil || !strings.Contains(err.Error(), "a after b after c after a is a cycle") {
		t.Errorf("got %v", err)
	}
}
