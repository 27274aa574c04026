package modules

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/activate-agent/activate/modules/diagnostic"
	"github.com/activate-agent/activate/modules/expr"
)

// expandDynamic adds what a dynamic block makes: its content once for each
// element, as Terraform has it. The iterator is called as the block, or as
// `iterator` says; each.key and each.value work too.
func (c *collection) expandDynamic(b *hclsyntax.Block, from *contribution) diagnostic.List {
	over, ok := b.Body.Attributes["for_each"]
	if !ok {
		// Load reported that it is missing.
		return nil
	}
	s := c.scopeOf(from)
	if attr, ok := b.Body.Attributes["when"]; ok {
		yes, _, diags := expr.Condition(attr.Expr, s, "when")
		if diags.HasErrors() || !yes {
			return diags
		}
	}
	content := contentOf(b)
	items, diags := dynamicItems(over, s)
	if content == nil || diags.HasErrors() {
		return diags
	}
	iterator := b.Labels[0]
	if attr, ok := b.Body.Attributes["iterator"]; ok {
		iterator = hcl.ExprAsKeyword(attr.Expr)
		if iterator == "" {
			return expr.Errorf(attr.Expr.Range(), "Invalid iterator", "The iterator is a word, not in quotes.")
		}
	}
	for i := range items {
		each := expr.Term{Lazy: &items[i]}
		inner := append(slices.Clip(from.bound), bound{iterator, each}, bound{"each", each})
		one := &contribution{block: b, body: content, file: from.file, owner: from.owner, bound: inner}
		label, more := c.dynamicLabel(b, one)
		diags = diags.Add(more...)
		if !more.HasErrors() {
			diags = diags.Add(c.add(b, one, &label)...)
		}
	}
	return diags
}

func contentOf(b *hclsyntax.Block) *hclsyntax.Body {
	for _, nested := range b.Body.Blocks {
		if nested.Type == "content" {
			return nested.Body
		}
	}
	return nil
}

func dynamicItems(attr *hclsyntax.Attribute, s *expr.Scope) ([]expr.Item, diagnostic.List) {
	t, diags := expr.Eval(attr.Expr, s)
	if diags.HasErrors() {
		return nil, diags
	}
	items, marks, diags := expr.Items(t, attr.Expr.Range(), "for_each")
	if len(marks) > 0 {
		return nil, expr.Errorf(attr.Expr.Range(), "for_each of a sensitive value", "How many blocks there are is shown, so for_each cannot go through a sensitive value.")
	}
	return items, diags
}

func (c *collection) dynamicLabel(b *hclsyntax.Block, one *contribution) (string, diagnostic.List) {
	attr, ok := b.Body.Attributes["labels"]
	if !c.typ.Labelled || !ok {
		if c.typ.Labelled && one.body.Attributes[c.typ.Identity] == nil {
			return "", expr.Errorf(b.DefRange(), "Name missing", "A %s block needs a name: put labels = [...] into the dynamic block, or %s = ... into its content.", c.typ.Name, c.typ.Identity)
		}
		return "", nil
	}
	v, diags := expr.Value(attr.Expr, c.scopeOf(one))
	if diags.HasErrors() {
		return "", diags
	}
	bad := expr.Errorf(attr.Expr.Range(), "Invalid labels", "labels is a list of one string that is not sensitive.")
	list, err := convert.Convert(v, cty.List(cty.String))
	if err != nil || list.ContainsMarked() || list.IsNull() || list.LengthInt() != 1 {
		return "", bad
	}
	label := list.AsValueSlice()[0]
	if label.IsNull() {
		return "", bad
	}
	return label.AsString(), nil
}
