// Package expr evaluates HCL expressions lazily: what an expression does not
// use is not computed.
//
// It owns the meaning of the expression syntax (operators, templates, for,
// splat, conditionals, calls) and every message about it. It walks the syntax
// tree itself, because hclsyntax evaluates both branches of a conditional and
// needs every variable complete beforehand. It refuses to know blocks and
// modules: names come from a Names, and what they stand for may be Lazy.
package expr

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/activate-agent/activate/modules/diagnostic"
)

// Term is what an expression gives: plain data, or something whose parts are
// computed when they are asked for. Lazy is nil for plain data.
type Term struct {
	Val  cty.Value
	Lazy Lazy
}

// Lazy is a value in parts: a block, all blocks of a type, a namespace.
type Lazy interface {
	// Attr gives one part. The range is where it is asked for; a name that
	// is not there is an error with that range.
	Attr(name string, at hcl.Range) (Term, diagnostic.List)
	// Keys gives the names of the parts, sorted.
	Keys() ([]string, diagnostic.List)
	// Data computes everything.
	Data() (cty.Value, diagnostic.List)
	// String says what it is, for messages: `user "alice"`.
	String() string
}

// Data is a Term of plain data.
func Data(v cty.Value) Term { return Term{Val: v} }

// Whole computes everything in the term.
func (t Term) Whole() (cty.Value, diagnostic.List) {
	if t.Lazy == nil {
		return t.Val, nil
	}
	return t.Lazy.Data()
}

// Sensitive is the mark of values that are never shown.
type Sensitive struct{}

// Tuple is a list in parts, as [a, b] and for expressions make of lazy ones.
type Tuple struct{ Elems []Term }

// Attr always fails: a list has no attributes.
func (t *Tuple) Attr(name string, at hcl.Range) (Term, diagnostic.List) {
	return Term{}, Errorf(at, "Unsupported attribute",
		"This is a list, it has no attribute %q. Use an index such as [0], or [*].%s for all elements.", name, name)
}

// Keys gives nothing: elements of a list have no names.
func (t *Tuple) Keys() ([]string, diagnostic.List) { return nil, nil }

// Data computes all elements.
func (t *Tuple) Data() (cty.Value, diagnostic.List) {
	var diags diagnostic.List
	vals := make([]cty.Value, 0, len(t.Elems))
	for _, e := range t.Elems {
		v, more := e.Whole()
		diags = diags.Add(more...)
		vals = append(vals, v)
	}
	if diags.HasErrors() {
		return cty.NilVal, diags
	}
	return cty.TupleVal(vals), diags
}

// Many says that a splat goes through the elements. Other lazy values are one
// value, and a splat of them has one element.
func (t *Tuple) Many() bool { return true }

func (t *Tuple) String() string { return "a list" }

// Object is an object in parts, as { a = b } makes of lazy ones.
type Object struct{ Attrs map[string]Term }

// Attr gives one attribute.
func (o *Object) Attr(name string, at hcl.Range) (Term, diagnostic.List) {
	if t, ok := o.Attrs[name]; ok {
		return t, nil
	}
	keys, _ := o.Keys()
	return Term{}, Errorf(at, "Unsupported attribute", "This object has no attribute %q.%s", name, DidYouMean(name, keys))
}

// Keys gives the attributes' names.
func (o *Object) Keys() ([]string, diagnostic.List) {
	keys := make([]string, 0, len(o.Attrs))
	for k := range o.Attrs {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys, nil
}

// Data computes all attributes.
func (o *Object) Data() (cty.Value, diagnostic.List) { return dataOf(o) }

func (o *Object) String() string { return "an object" }

// dataOf computes every part of a lazy value that has names.
func dataOf(l Lazy) (cty.Value, diagnostic.List) {
	keys, diags := l.Keys()
	vals := make(map[string]cty.Value, len(keys))
	for _, k := range keys {
		t, more := l.Attr(k, hcl.Range{})
		diags = diags.Add(more...)
		if more.HasErrors() {
			continue
		}
		v, more := t.Whole()
		diags = diags.Add(more...)
		vals[k] = v
	}
	if diags.HasErrors() {
		return cty.NilVal, diags
	}
	return cty.ObjectVal(vals), diags
}

// DataOf computes every named part of l; a Lazy may use it as its Data.
func DataOf(l Lazy) (cty.Value, diagnostic.List) { return dataOf(l) }
