package modules

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/activate-agent/activate/modules/diagnostic"
	"github.com/activate-agent/activate/modules/expr"
	"github.com/activate-agent/activate/modules/schema"
)

// Definition is one place that gives an attribute a value.
type Definition struct {
	// Value is JSON; a sensitive one is the string "(sensitive value)".
	Value []byte
	// Priority is "default", "plain" or "force".
	Priority string
	// Won says that this definition is, or is merged into, the final value.
	Won   bool
	Range Range
}

// Origins lists every definition of one attribute, such as nix.build_users or
// user.alice.groups, in import order, with the option's own default first.
func (c *Config) Origins(name string) ([]Definition, Diagnostics) {
	diags := c.ev.unmatchedSets()
	n, o, more := c.ev.find(name)
	diags = diags.Add(more...)
	if diags.HasErrors() {
		return nil, c.finish(diags)
	}
	out, more := n.origins(o)
	return out, c.finish(diags.Add(more...))
}

// find resolves a reference to an attribute.
func (ev *evaluator) find(name string) (*node, *schema.Option, diagnostic.List) {
	ev.config.sources[expressionName] = []byte(name)
	steps, problems := hclsyntax.ParseTraversalAbs([]byte(name), expressionName, hcl.InitialPos)
	if problems.HasErrors() || len(steps) < 2 {
		return nil, nil, expr.Errorf(hcl.Range{}, "Invalid name", "%q does not name an attribute; one is written nix.build_users or user.alice.groups.", name)
	}
	root := steps[0].(hcl.TraverseRoot)
	t, diags := (&place{ev: ev}).Name(root.Name, root.SrcRange)
	if diags.HasErrors() {
		return nil, nil, diags
	}
	last := steps[len(steps)-1]
	t, diags = expr.Traverse(t, steps[1:len(steps)-1])
	if diags.HasErrors() {
		return nil, nil, diags
	}
	n, ok := t.Lazy.(*node)
	attr := stepNames(hcl.Traversal{last})
	if !ok || len(attr) != 1 {
		return nil, nil, expr.Errorf(last.SourceRange(), "Not an attribute of a block", "%q does not name an attribute of a block.", name)
	}
	if o := n.typ.Option(attr[0]); o != nil {
		return n, o, nil
	}
	if n.typ.ComputedOf(attr[0]) != nil {
		return nil, nil, readOnly(attr[0], n.typ, last.SourceRange())
	}
	return nil, nil, n.noSuch(attr[0], last.SourceRange())
}

func (n *node) origins(o *schema.Option) ([]Definition, diagnostic.List) {
	defs, diags := n.definitions(o)
	highest := priority(-1)
	var found []candidate
	for _, d := range defs {
		t, more := expr.Eval(d.expr, d.scope())
		diags = diags.Add(more...)
		if more.HasErrors() {
			continue
		}
		v, more := t.Whole()
		diags = diags.Add(more...)
		if more.HasErrors() {
			continue
		}
		found = append(found, candidate{d, expr.Data(v)})
		if !v.IsNull() || o.Nullable {
			highest = max(highest, d.priority)
		}
	}
	out := n.ownDefault(o, highest)
	for _, c := range found {
		out = append(out, Definition{
			Value: show(o, c.term.Val), Priority: c.priority.String(), Won: c.priority == highest && (!c.term.Val.IsNull() || o.Nullable), Range: rangeOf(c.at),
		})
	}
	return out, diags
}

// ownDefault is the default that the option's declaration gives.
func (n *node) ownDefault(o *schema.Option, highest priority) []Definition {
	if o.Default == nil {
		return nil
	}
	t, diags := n.defaulted(o)
	if diags.HasErrors() {
		return nil
	}
	v, diags := t.Whole()
	if diags.HasErrors() {
		return nil
	}
	return []Definition{{Value: show(o, v), Priority: "default", Won: highest < 0, Range: rangeOf(o.Default.Range())}}
}

func show(o *schema.Option, v cty.Value) []byte {
	if o.Sensitive && !v.IsMarked() {
		v = v.Mark(expr.Sensitive{})
	}
	return appendJSON(nil, v)
}
