package expr

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/activate-agent/activate/modules/diagnostic"
)

// Item is one step of an iteration.
type Item struct {
	Key   cty.Value
	Value Term
}

// Attr gives key or value; an Item is what for_each and dynamic call each.
func (i *Item) Attr(name string, at hcl.Range) (Term, diagnostic.List) {
	switch name {
	case "key":
		return Data(i.Key), nil
	case "value":
		return i.Value, nil
	}
	return Term{}, Errorf(at, "Unsupported attribute", "Of an iteration there are key and value, no %q.", name)
}

// Keys gives the two names.
func (i *Item) Keys() ([]string, diagnostic.List) { return []string{"key", "value"}, nil }

// Data gives both as an object.
func (i *Item) Data() (cty.Value, diagnostic.List) { return dataOf(i) }

// marked is a step through a collection with those marks: what is said of its key
// or value must not show them either.
func (i Item) marked(marks cty.ValueMarks) Item {
	if len(marks) == 0 || i.Value.Lazy != nil {
		return i
	}
	return Item{i.Key.WithMarks(marks), Data(i.Value.Val.WithMarks(marks))}
}

func (i *Item) String() string { return "the element of an iteration" }

// Items gives what a for or for_each goes through. The values of a lazy
// collection stay lazy. What names the collection in messages.
func Items(t Term, at hcl.Range, what string) ([]Item, cty.ValueMarks, diagnostic.List) {
	switch l := t.Lazy.(type) {
	case nil:
		return dataItems(t.Val, at, what)
	case *Tuple:
		items := make([]Item, len(l.Elems))
		for i, e := range l.Elems {
			items[i] = Item{cty.NumberIntVal(int64(i)), e}
		}
		return items, nil, nil
	default:
		return lazyItems(l, at)
	}
}

func lazyItems(l Lazy, at hcl.Range) ([]Item, cty.ValueMarks, diagnostic.List) {
	keys, diags := l.Keys()
	items := make([]Item, 0, len(keys))
	for _, k := range keys {
		part, more := l.Attr(k, at)
		diags = diags.Add(more...)
		items = append(items, Item{cty.StringVal(k), part})
	}
	return items, nil, diags
}

func dataItems(v cty.Value, at hcl.Range, what string) ([]Item, cty.ValueMarks, diagnostic.List) {
	v, marks := v.Unmark()
	if v.IsNull() {
		return nil, nil, Errorf(at, "Iteration over null", "The %s is null; an empty one is [] or {}.", what)
	}
	if !v.CanIterateElements() {
		return nil, nil, Errorf(at, "Iteration over a single value", "The %s must be a list, a set or a map; this is %s.", what, Describe(v))
	}
	items := make([]Item, 0, v.LengthInt())
	for it := v.ElementIterator(); it.Next(); {
		k, elem := it.Element()
		items = append(items, Item{k, Data(elem)})
	}
	return items, marks, nil
}

func forExpr(e *hclsyntax.ForExpr, s *Scope) (Term, diagnostic.List) {
	coll, diags := Eval(e.CollExpr, s)
	if diags.HasErrors() {
		return Term{}, diags
	}
	items, marks, diags := Items(coll, e.CollExpr.Range(), "collection of a for expression")
	if diags.HasErrors() {
		return Term{}, diags
	}
	f := &forRun{e: e, marks: []cty.ValueMarks{marks}, object: map[string]Term{}, groups: map[string][]Term{}}
	if e.KeyExpr == nil {
		f.list = make([]Term, 0, len(items))
	}
	for _, item := range items {
		f.step(item.marked(marks), s)
	}
	if f.diags.HasErrors() {
		return Term{}, f.diags
	}
	return f.result()
}

type forRun struct {
	e      *hclsyntax.ForExpr
	marks  []cty.ValueMarks
	list   []Term
	object map[string]Term
	groups map[string][]Term
	diags  diagnostic.List
}

func (f *forRun) step(item Item, s *Scope) {
	bound := []binding{{f.e.ValVar, item.Value}}
	if f.e.KeyVar != "" {
		bound = append(bound, binding{f.e.KeyVar, Data(item.Key)})
	}
	s = s.child(bound)
	if f.e.CondExpr != nil {
		yes, marks, more := Condition(f.e.CondExpr, s, "if clause of a for expression")
		f.diags = f.diags.Add(more...)
		f.mark(marks)
		if !yes {
			return
		}
	}
	if f.e.KeyExpr == nil {
		t, more := Eval(f.e.ValExpr, s)
		f.diags = f.diags.Add(more...)
		f.list = append(f.list, t)
		return
	}
	f.pair(s)
}

func (f *forRun) pair(s *Scope) {
	key, marks, more := keyOf(f.e.KeyExpr, s)
	f.mark(marks)
	val, valueDiags := Eval(f.e.ValExpr, s)
	f.diags = f.diags.Add(more...).Add(valueDiags...)
	if f.e.Group {
		f.groups[key] = append(f.groups[key], val)
		return
	}
	if _, twice := f.object[key]; twice && !more.HasErrors() {
		f.diags = f.diags.Add(Errorf(f.e.KeyExpr.Range(), "Duplicate object key",
			"Two items give the same key%s. Put ... after the value to collect the values of a key in a list.", quoted(key, marks))...)
	}
	f.object[key] = val
}

func (f *forRun) mark(marks cty.ValueMarks) {
	if len(marks) > 0 {
		f.marks = append(f.marks, marks)
	}
}

func quoted(key string, marks cty.ValueMarks) string {
	if len(marks) > 0 {
		return ""
	}
	return ` "` + key + `"`
}

func keyOf(e hclsyntax.Expression, s *Scope) (string, cty.ValueMarks, diagnostic.List) {
	v, diags := Value(e, s)
	if diags.HasErrors() {
		return "", nil, diags
	}
	v, marks := v.Unmark()
	if v.IsNull() {
		return "", nil, Errorf(e.Range(), "Invalid object key", "The key is null.")
	}
	str, err := convert.Convert(v, cty.String)
	if err != nil {
		return "", nil, Errorf(e.Range(), "Invalid object key", "A key is a string, this is %s.", Describe(v))
	}
	str, more := str.Unmark()
	return str.AsString(), joinMarks(marks, more), diags
}

func joinMarks(a, b cty.ValueMarks) cty.ValueMarks {
	if len(b) == 0 {
		return a
	}
	return b
}

func (f *forRun) result() (Term, diagnostic.List) {
	if f.e.KeyExpr == nil {
		return withMarks(listOf(f.list), f.diags, f.marks...)
	}
	for k, terms := range f.groups {
		f.object[k] = listOf(terms)
	}
	return withMarks(objectOf(f.object), f.diags, f.marks...)
}

// listOf makes plain data when all elements are.
func listOf(terms []Term) Term {
	vals := make([]cty.Value, len(terms))
	for i, t := range terms {
		if t.Lazy != nil {
			return Term{Lazy: &Tuple{terms}}
		}
		vals[i] = t.Val
	}
	return Data(cty.TupleVal(vals))
}

func objectOf(attrs map[string]Term) Term {
	vals := make(map[string]cty.Value, len(attrs))
	for k, t := range attrs {
		if t.Lazy != nil {
			return Term{Lazy: &Object{attrs}}
		}
		vals[k] = t.Val
	}
	return Data(cty.ObjectVal(vals))
}

func tuple(e *hclsyntax.TupleConsExpr, s *Scope) (Term, diagnostic.List) {
	var diags diagnostic.List
	terms := make([]Term, len(e.Exprs))
	for i, elem := range e.Exprs {
		t, more := Eval(elem, s)
		diags = diags.Add(more...)
		terms[i] = t
	}
	if diags.HasErrors() {
		return Term{}, diags
	}
	return listOf(terms), diags
}

func object(e *hclsyntax.ObjectConsExpr, s *Scope) (Term, diagnostic.List) {
	var diags diagnostic.List
	var marks []cty.ValueMarks
	attrs := make(map[string]Term, len(e.Items))
	for _, item := range e.Items {
		key, mark, more := keyOf(item.KeyExpr, s)
		t, valueDiags := Eval(item.ValueExpr, s)
		diags = diags.Add(more...).Add(valueDiags...)
		if _, twice := attrs[key]; twice && !more.HasErrors() {
			diags = diags.Add(Errorf(item.KeyExpr.Range(), "Duplicate object key",
				"The key%s is given twice in this object.", quoted(key, mark))...)
		}
		marks = append(marks, mark)
		attrs[key] = t
	}
	if diags.HasErrors() {
		return Term{}, diags
	}
	return withMarks(objectOf(attrs), diags, marks...)
}

// objectKey takes a bare word as a string, as HCL does.
func objectKey(e *hclsyntax.ObjectConsKeyExpr, s *Scope) (Term, diagnostic.List) {
	if !e.ForceNonLiteral {
		if word := hcl.ExprAsKeyword(e.Wrapped); word != "" {
			return Data(cty.StringVal(word)), nil
		}
	}
	return Eval(e.Wrapped, s)
}

func splat(e *hclsyntax.SplatExpr, s *Scope) (Term, diagnostic.List) {
	source, diags := Eval(e.Source, s)
	if diags.HasErrors() {
		return Term{}, diags
	}
	items, marks, diags := splatItems(source, e.Source.Range())
	if diags.HasErrors() {
		return Term{}, diags
	}
	terms := make([]Term, len(items))
	for i, item := range items {
		inner := s.child(nil)
		inner.anon, inner.item = e.Item, item.marked(marks).Value
		t, more := Eval(e.Each, inner)
		diags = diags.Add(more...)
		terms[i] = t
	}
	if diags.HasErrors() {
		return Term{}, diags
	}
	return withMarks(listOf(terms), diags, marks)
}

// splatItems takes a single value as a list of it, and null as an empty one.
func splatItems(t Term, at hcl.Range) ([]Item, cty.ValueMarks, diagnostic.List) {
	if t.Lazy != nil {
		if many, ok := t.Lazy.(interface{ Many() bool }); ok && many.Many() {
			return Items(t, at, "list")
		}
		return []Item{{Key: cty.Zero, Value: t}}, nil, nil
	}
	v, marks := t.Val.Unmark()
	if v.IsNull() {
		return nil, marks, nil
	}
	if ty := v.Type(); ty.IsListType() || ty.IsTupleType() || ty.IsSetType() {
		return Items(t, at, "list")
	}
	return []Item{{Key: cty.Zero, Value: Data(v)}}, marks, nil
}
