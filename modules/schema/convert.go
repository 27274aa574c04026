package schema

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/activate-agent/activate/modules/diagnostic"
	"github.com/activate-agent/activate/modules/expr"
)

// Problem says why a value does not fit a type.
type Problem struct {
	// Path leads to the part that does not fit: `[2].name`, or "".
	Path string
	// Reason is a sentence without the value, so it can be shown of a
	// sensitive one too.
	Reason string
	// more are problems of other parts of the same value.
	more []*Problem
}

// Each gives the problem and those of other parts of the value, in order.
func (p *Problem) Each() []*Problem {
	return append([]*Problem{p}, p.more...)
}

// and adds the problems of a further part.
func (p *Problem) and(other *Problem) *Problem {
	switch {
	case p == nil:
		return other
	case other == nil:
		return p
	}
	p.more = append(p.more, other.Each()...)
	return p
}

// Text gives the problem as one sentence.
func (p *Problem) Text() string {
	if p.Path == "" {
		return p.Reason
	}
	return "At " + p.Path + ": " + p.Reason
}

// Hidden is the problem in words that tell nothing of the value.
func (p *Problem) Hidden() *Problem {
	return &Problem{Reason: "the value does not fit the option's type. It is sensitive, so more is not shown."}
}

func (p *Problem) at(step string) *Problem {
	if p == nil {
		return nil
	}
	out := &Problem{Path: step + p.Path, Reason: p.Reason}
	for _, other := range p.more {
		out.more = append(out.more, other.at(step))
	}
	return out
}

func mismatch(format string, args ...any) *Problem {
	return &Problem{Reason: fmt.Sprintf(format, args...)}
}

// ConvertTerm fits a term to the type. Of a lazy one only what the type names
// is computed; where the type is any it stays lazy.
func (t *Type) ConvertTerm(in expr.Term, at hcl.Range) (expr.Term, *Problem, diagnostic.List) {
	if in.Lazy == nil {
		v, problem := t.Convert(in.Val)
		return expr.Data(v), problem, nil
	}
	switch t.Kind {
	case Any:
		return in, nil, nil
	case ObjectOf:
		return t.convertLazyObject(in.Lazy, at)
	case List, Set, Map:
		return t.convertLazyItems(in, at)
	default:
	}
	v, diags := in.Whole()
	if diags.HasErrors() {
		return expr.Term{}, nil, diags
	}
	v, problem := t.Convert(v)
	return expr.Data(v), problem, diags
}

func (t *Type) convertLazyObject(l expr.Lazy, at hcl.Range) (expr.Term, *Problem, diagnostic.List) {
	keys, diags := l.Keys()
	vals := map[string]cty.Value{}
	for name := range t.Attrs {
		if !slices.Contains(keys, name) {
			continue
		}
		part, more := l.Attr(name, at)
		diags = diags.Add(more...)
		if more.HasErrors() {
			continue
		}
		out, problem, more := t.Attrs[name].Type.ConvertTerm(part, at)
		diags = diags.Add(more...)
		if problem != nil {
			return expr.Term{}, problem.at("." + name), diags
		}
		v, more := out.Whole()
		diags = diags.Add(more...)
		vals[name] = v
	}
	if diags.HasErrors() {
		return expr.Term{}, nil, diags
	}
	v, problem := t.Convert(cty.ObjectVal(vals))
	return expr.Data(v), problem, nil
}

func (t *Type) convertLazyItems(in expr.Term, at hcl.Range) (expr.Term, *Problem, diagnostic.List) {
	_, list := in.Lazy.(*expr.Tuple)
	if list == (t.Kind == Map) {
		return expr.Term{}, mismatch("a %s is needed, this is %s.", t, in.Lazy), nil
	}
	items, _, diags := expr.Items(in, at, "value")
	if diags.HasErrors() {
		return expr.Term{}, nil, diags
	}
	if t.Elem.Kind == Any {
		return in, nil, diags
	}
	vals := make([]cty.Value, 0, len(items))
	object := map[string]cty.Value{}
	for i, item := range items {
		out, problem, more := t.Elem.ConvertTerm(item.Value, at)
		diags = diags.Add(more...)
		if problem != nil {
			return expr.Term{}, problem.at(fmt.Sprintf("[%d]", i)), diags
		}
		v, more := out.Whole()
		diags = diags.Add(more...)
		vals = append(vals, v)
		if t.Kind == Map {
			object[item.Key.AsString()] = v
		}
	}
	if diags.HasErrors() {
		return expr.Term{}, nil, diags
	}
	data := cty.TupleVal(vals)
	if t.Kind == Map {
		data = cty.ObjectVal(object)
	}
	v, problem := t.Convert(data)
	return expr.Data(v), problem, diags
}

// Convert fits a value to the type. Null stays null. Marks are kept.
func (t *Type) Convert(v cty.Value) (cty.Value, *Problem) {
	if !v.IsMarked() {
		return t.convertPlain(v)
	}
	v, marks := v.Unmark()
	out, problem := t.convertPlain(v)
	if problem != nil {
		return cty.NilVal, problem.Hidden()
	}
	return out.WithMarks(marks), nil
}

func (t *Type) convertPlain(v cty.Value) (cty.Value, *Problem) {
	if t.Kind == Any {
		return v, nil
	}
	if v.IsNull() {
		return cty.NullVal(t.cty()), nil
	}
	switch t.Kind {
	case List, Set, command:
		return t.convertSequence(v)
	case Map:
		return t.convertMap(v)
	case ObjectOf:
		return t.convertObject(v)
	case TupleOf:
		return t.convertTuple(v)
	default:
	}
	return t.convertScalar(v)
}

func (t *Type) elem() *Type {
	if t.Kind == command {
		return &Type{Kind: String}
	}
	return t.Elem
}

func (t *Type) convertSequence(v cty.Value) (cty.Value, *Problem) {
	ty := v.Type()
	if t.Lone && ty.IsPrimitiveType() {
		v = cty.TupleVal([]cty.Value{v})
		ty = v.Type()
	}
	if !ty.IsListType() && !ty.IsTupleType() && !ty.IsSetType() {
		if t.Kind == command {
			return cty.NilVal, mismatch(`a command is a list of its words, ["/bin/echo", "hello"]; this is %s. No shell is involved.`, expr.Describe(v))
		}
		return cty.NilVal, mismatch("a %s is needed, this is %s. Write it in brackets: [value].", t, expr.Describe(v))
	}
	elem := t.elem()
	vals := make([]cty.Value, 0, v.LengthInt())
	var problems *Problem
	i := 0
	for it := v.ElementIterator(); it.Next(); i++ {
		_, e := it.Element()
		out, problem := elem.Convert(e)
		if problem == nil && out.IsNull() && elem.Kind != Any {
			problem = mismatch("an element must not be null.")
		}
		if problem != nil {
			problems = problems.and(problem.at(fmt.Sprintf("[%d]", i)))
			continue
		}
		vals = append(vals, out)
	}
	if problems != nil {
		return cty.NilVal, problems
	}
	return t.sequence(vals), nil
}

// sequence makes a list or set of converted elements, a tuple where their
// types differ.
func (t *Type) sequence(vals []cty.Value) cty.Value {
	elem := t.elem().cty()
	switch {
	case elem.HasDynamicTypes():
		return cty.TupleVal(vals)
	case t.Kind == Set && len(vals) == 0:
		return cty.SetValEmpty(elem)
	case t.Kind == Set:
		return cty.SetVal(vals)
	case len(vals) == 0:
		return cty.ListValEmpty(elem)
	}
	return cty.ListVal(vals)
}

func (t *Type) convertMap(v cty.Value) (cty.Value, *Problem) {
	if ty := v.Type(); !ty.IsMapType() && !ty.IsObjectType() {
		return cty.NilVal, mismatch("a %s is needed, this is %s. Write it in braces: { name = value }.", t, expr.Describe(v))
	}
	vals := make(map[string]cty.Value, v.LengthInt())
	var problems *Problem
	for it := v.ElementIterator(); it.Next(); {
		k, e := it.Element()
		out, problem := t.Elem.Convert(e)
		if problem != nil {
			problems = problems.and(problem.at(fmt.Sprintf("[%q]", k.AsString())))
			continue
		}
		vals[k.AsString()] = out
	}
	if problems != nil {
		return cty.NilVal, problems
	}
	return t.mapping(vals), nil
}

func (t *Type) mapping(vals map[string]cty.Value) cty.Value {
	elem := t.Elem.cty()
	switch {
	case elem.HasDynamicTypes():
		return cty.ObjectVal(vals)
	case len(vals) == 0:
		return cty.MapValEmpty(elem)
	}
	return cty.MapVal(vals)
}

func (t *Type) convertObject(v cty.Value) (cty.Value, *Problem) {
	if ty := v.Type(); !ty.IsMapType() && !ty.IsObjectType() {
		return cty.NilVal, mismatch("an object is needed, this is %s.", expr.Describe(v))
	}
	given := v.AsValueMap()
	var problems *Problem
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if _, known := t.Attrs[name]; !known {
			problems = problems.and(mismatch("there is no attribute %q.%s", name, expr.DidYouMean(name, slices.Collect(maps.Keys(t.Attrs)))))
		}
	}
	vals := make(map[string]cty.Value, len(t.Attrs))
	for _, name := range slices.Sorted(maps.Keys(t.Attrs)) {
		out, problem := t.Attrs[name].convert(name, given)
		problems = problems.and(problem)
		vals[name] = out
	}
	if problems != nil {
		return cty.NilVal, problems
	}
	return cty.ObjectVal(vals), nil
}

func (a Attr) convert(name string, given map[string]cty.Value) (cty.Value, *Problem) {
	v, ok := given[name]
	switch {
	case !ok && !a.Optional:
		return cty.NilVal, mismatch("the attribute %q is missing.", name)
	case ok && !v.IsNull():
		out, problem := a.Type.Convert(v)
		return out, problem.at("." + name)
	case a.Optional && a.Default != cty.NilVal:
		return a.Default, nil
	}
	return cty.NullVal(a.Type.cty()), nil
}

func (t *Type) convertTuple(v cty.Value) (cty.Value, *Problem) {
	if ty := v.Type(); !ty.IsListType() && !ty.IsTupleType() {
		return cty.NilVal, mismatch("a list of %d elements is needed, this is %s.", len(t.Elems), expr.Describe(v))
	}
	given := v.AsValueSlice()
	if len(given) != len(t.Elems) {
		return cty.NilVal, mismatch("a list of %d elements is needed, this one has %d.", len(t.Elems), len(given))
	}
	vals := make([]cty.Value, len(given))
	var problems *Problem
	for i, e := range given {
		out, problem := t.Elems[i].Convert(e)
		problems = problems.and(problem.at(fmt.Sprintf("[%d]", i)))
		vals[i] = out
	}
	if problems != nil {
		return cty.NilVal, problems
	}
	return cty.TupleVal(vals), nil
}

func (t *Type) convertScalar(v cty.Value) (cty.Value, *Problem) {
	if (t.Kind == Mode || t.Kind == linkMode) && v.Type() == cty.Number {
		return cty.NilVal, mismatch(`a mode is a string of octal digits; write it in quotes: "0%s".`, strings.TrimPrefix(v.AsBigFloat().Text('f', 0), "0"))
	}
	want := t.cty()
	out, err := convert.Convert(v, want)
	if err != nil {
		return cty.NilVal, mismatch("a %s is needed, this is %s.", t, expr.Describe(v))
	}
	if problem := t.check(out); problem != nil {
		return cty.NilVal, problem
	}
	return out, nil
}
