package expr

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/activate-agent/activate/modules/diagnostic"
)

func scopeTraversal(e *hclsyntax.ScopeTraversalExpr, s *Scope) (Term, diagnostic.List) {
	root := e.Traversal[0].(hcl.TraverseRoot)
	t, diags := s.name(root.Name, root.SrcRange)
	if diags.HasErrors() {
		return Term{}, diags
	}
	return Traverse(t, e.Traversal[1:])
}

func relativeTraversal(e *hclsyntax.RelativeTraversalExpr, s *Scope) (Term, diagnostic.List) {
	t, diags := Eval(e.Source, s)
	if diags.HasErrors() {
		return Term{}, diags
	}
	t, more := Traverse(t, e.Traversal)
	return t, diags.Add(more...)
}

// Traverse follows .name and [key] steps from a term.
func Traverse(t Term, steps hcl.Traversal) (Term, diagnostic.List) {
	var diags diagnostic.List
	for _, step := range steps {
		var more diagnostic.List
		switch step := step.(type) {
		case hcl.TraverseAttr:
			t, more = attribute(t, step.Name, step.SrcRange)
		case hcl.TraverseIndex:
			t, more = element(t, step.Key, step.SrcRange)
		default:
			more = Errorf(step.SourceRange(), "Unsupported expression", "This step is not understood here.")
		}
		diags = diags.Add(more...)
		if diags.HasErrors() {
			return Term{}, diags
		}
	}
	return t, diags
}

func index(e *hclsyntax.IndexExpr, s *Scope) (Term, diagnostic.List) {
	t, diags := Eval(e.Collection, s)
	key, more := Value(e.Key, s)
	diags = diags.Add(more...)
	if diags.HasErrors() {
		return Term{}, diags
	}
	t, more = element(t, key, e.Key.Range())
	return t, diags.Add(more...)
}

// attribute gives t.name.
func attribute(t Term, name string, at hcl.Range) (Term, diagnostic.List) {
	if t.Lazy != nil {
		return t.Lazy.Attr(name, at)
	}
	v, marks := t.Val.Unmark()
	if v.IsNull() {
		return Term{}, Errorf(at, "Attribute of null", "This value is null, so it has no attribute %q.", name)
	}
	ty := v.Type()
	switch {
	case ty.IsObjectType() && ty.HasAttribute(name):
		return Data(v.GetAttr(name).WithMarks(marks)), nil
	case ty.IsObjectType() || ty.IsMapType():
		return mapElement(v, name, marks, at)
	case ty.IsListType() || ty.IsTupleType() || ty.IsSetType():
		return (&Tuple{}).Attr(name, at)
	}
	return Term{}, Errorf(at, "Unsupported attribute", "This is %s, it has no attributes.", Describe(v))
}

func mapElement(v cty.Value, name string, marks cty.ValueMarks, at hcl.Range) (Term, diagnostic.List) {
	var keys []string
	for it := v.ElementIterator(); it.Next(); {
		k, elem := it.Element()
		if k.AsString() == name {
			return Data(elem.WithMarks(marks)), nil
		}
		keys = append(keys, k.AsString())
	}
	if len(marks) > 0 {
		keys = nil
	}
	return Term{}, Errorf(at, "Unsupported attribute", "This object has no attribute %q.%s", name, DidYouMean(name, keys))
}

// element gives t[key].
func element(t Term, key cty.Value, at hcl.Range) (Term, diagnostic.List) {
	key, keyMarks := key.Unmark()
	if key.IsNull() {
		return Term{}, Errorf(at, "Invalid index", "The key is null.")
	}
	out, diags := elementOf(t, key, at)
	if diags.HasErrors() {
		return Term{}, secretKey(diags, at, keyMarks)
	}
	return withMarks(out, diags, keyMarks)
}

// secretKey keeps what a sensitive key led to from being said: it would quote the key.
func secretKey(diags diagnostic.List, at hcl.Range, marks cty.ValueMarks) diagnostic.List {
	if len(marks) == 0 || !diags.HasErrors() {
		return diags
	}
	return Errorf(at, "Invalid index", "There is no element with this key, or it cannot be computed; more is not shown because the key is sensitive.")
}

func elementOf(t Term, key cty.Value, at hcl.Range) (Term, diagnostic.List) {
	if list, ok := t.Lazy.(*Tuple); ok {
		i, diags := position(key, len(list.Elems), at)
		if diags.HasErrors() {
			return Term{}, diags
		}
		return list.Elems[i], nil
	}
	if t.Lazy == nil && sequence(t.Val) {
		v, marks := t.Val.Unmark()
		i, diags := position(key, v.LengthInt(), at)
		if diags.HasErrors() {
			return Term{}, diags
		}
		return Data(v.Index(cty.NumberIntVal(int64(i))).WithMarks(marks)), nil
	}
	name, err := convert.Convert(key, cty.String)
	if err != nil {
		return Term{}, Errorf(at, "Invalid index", "The key must be a string, this is %s.", Describe(key))
	}
	return attribute(t, name.AsString(), at)
}

func sequence(v cty.Value) bool {
	v, _ = v.Unmark()
	return !v.IsNull() && (v.Type().IsListType() || v.Type().IsTupleType())
}

func position(key cty.Value, length int, at hcl.Range) (int, diagnostic.List) {
	n, err := convert.Convert(key, cty.Number)
	if err != nil {
		return 0, Errorf(at, "Invalid index", "The elements of a list are counted from 0; this key is %s.", Describe(key))
	}
	i, accuracy := n.AsBigFloat().Int64()
	if accuracy != 0 || i < 0 || i >= int64(length) {
		return 0, Errorf(at, "Invalid index", "The list has %s; there is none at this index.", plural(length, "element"))
	}
	return int(i), nil
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
