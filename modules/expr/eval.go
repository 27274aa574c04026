package expr

import (
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/activate-agent/activate/modules/diagnostic"
)

// Literal gives the value of an expression that is nothing but a literal: a
// number, a bool, null, or a string without interpolation. It is the fast way
// through large configurations.
func Literal(e hclsyntax.Expression) (cty.Value, bool) {
	switch e := e.(type) {
	case *hclsyntax.LiteralValueExpr:
		return e.Val, true
	case *hclsyntax.TemplateExpr:
		if len(e.Parts) == 1 {
			if lit, ok := e.Parts[0].(*hclsyntax.LiteralValueExpr); ok {
				return lit.Val, true
			}
		}
	}
	return cty.NilVal, false
}

// Value evaluates an expression and computes everything in the result.
func Value(e hclsyntax.Expression, s *Scope) (cty.Value, diagnostic.List) {
	if v, ok := Literal(e); ok {
		return v, nil
	}
	t, diags := Eval(e, s)
	if diags.HasErrors() {
		return cty.NilVal, diags
	}
	v, more := t.Whole()
	return v, diags.Add(more...)
}

// Eval evaluates an expression as far as is needed to know what it is. With
// errors in the list the term is meaningless.
func Eval(e hclsyntax.Expression, s *Scope) (Term, diagnostic.List) {
	switch e := e.(type) {
	case *hclsyntax.LiteralValueExpr:
		return Data(e.Val), nil
	case *hclsyntax.ParenthesesExpr:
		return Eval(e.Expression, s)
	case *hclsyntax.TemplateExpr:
		return template(e, s)
	case *hclsyntax.TemplateWrapExpr:
		return Eval(e.Wrapped, s)
	case *hclsyntax.TemplateJoinExpr:
		return templateJoin(e, s)
	case *hclsyntax.ScopeTraversalExpr:
		return scopeTraversal(e, s)
	case *hclsyntax.RelativeTraversalExpr:
		return relativeTraversal(e, s)
	case *hclsyntax.FunctionCallExpr:
		return call(e, s)
	case *hclsyntax.ConditionalExpr:
		return conditional(e, s)
	case *hclsyntax.BinaryOpExpr:
		return binary(e, s)
	case *hclsyntax.UnaryOpExpr:
		return unary(e, s)
	case *hclsyntax.IndexExpr:
		return index(e, s)
	case *hclsyntax.SplatExpr:
		return splat(e, s)
	case *hclsyntax.AnonSymbolExpr:
		if t, ok := s.anonymous(e); ok {
			return t, nil
		}
	case *hclsyntax.ForExpr:
		return forExpr(e, s)
	case *hclsyntax.TupleConsExpr:
		return tuple(e, s)
	case *hclsyntax.ObjectConsExpr:
		return object(e, s)
	case *hclsyntax.ObjectConsKeyExpr:
		return objectKey(e, s)
	case *hclsyntax.ExprSyntaxError:
		return Term{}, FromHCL(e.ParseDiags)
	}
	return Term{}, Errorf(e.Range(), "Unsupported expression", "An expression of this form is not understood here.")
}

func template(e *hclsyntax.TemplateExpr, s *Scope) (Term, diagnostic.List) {
	var b strings.Builder
	var diags diagnostic.List
	var marks []cty.ValueMarks
	for _, part := range e.Parts {
		str, mark, more := templatePart(part, s)
		diags = diags.Add(more...)
		if len(mark) > 0 {
			marks = append(marks, mark)
		}
		b.WriteString(str)
	}
	if diags.HasErrors() {
		return Term{}, diags
	}
	out := cty.StringVal(b.String())
	if len(marks) > 0 {
		out = out.WithMarks(marks...)
	}
	return Data(out), diags
}

func templatePart(part hclsyntax.Expression, s *Scope) (string, cty.ValueMarks, diagnostic.List) {
	if lit, ok := part.(*hclsyntax.LiteralValueExpr); ok && lit.Val.Type() == cty.String && !lit.Val.IsNull() {
		return lit.Val.AsString(), nil, nil
	}
	v, diags := Value(part, s)
	if diags.HasErrors() {
		return "", nil, diags
	}
	if !v.IsMarked() && v.Type() == cty.String && !v.IsNull() {
		return v.AsString(), nil, diags
	}
	if !v.IsMarked() && v.Type().IsPrimitiveType() {
		str, more := textOf(v, part.Range())
		return str, nil, diags.Add(more...)
	}
	v, marks := v.UnmarkDeep()
	str, more := textOf(v, part.Range())
	return str, marks, diags.Add(more...)
}

// textOf gives a value as part of a string.
func textOf(v cty.Value, at hcl.Range) (string, diagnostic.List) {
	if v.IsNull() {
		return "", Errorf(at, "Invalid template value",
			"This is null, so it cannot be a part of a string. Give it a value, or use coalesce() to choose another one.")
	}
	if v.Type() == cty.Number {
		if n, accuracy := v.AsBigFloat().Int64(); accuracy == 0 {
			return strconv.FormatInt(n, 10), nil
		}
	}
	str, err := convert.Convert(v, cty.String)
	if err != nil {
		return "", Errorf(at, "Invalid template value",
			"This is %s, which cannot be a part of a string. Use jsonencode() or join() to make text of it.", Describe(v))
	}
	return str.AsString(), nil
}

func templateJoin(e *hclsyntax.TemplateJoinExpr, s *Scope) (Term, diagnostic.List) {
	v, diags := Value(e.Tuple, s)
	if diags.HasErrors() {
		return Term{}, diags
	}
	v, marks := v.UnmarkDeep()
	var b strings.Builder
	for it := v.ElementIterator(); it.Next(); {
		_, elem := it.Element()
		str, more := textOf(elem, e.Range())
		diags = diags.Add(more...)
		b.WriteString(str)
	}
	if diags.HasErrors() {
		return Term{}, diags
	}
	return Data(cty.StringVal(b.String()).WithMarks(marks)), diags
}

// conditional computes only the branch that is taken.
func conditional(e *hclsyntax.ConditionalExpr, s *Scope) (Term, diagnostic.List) {
	yes, marks, diags := Condition(e.Condition, s, "condition of the conditional")
	if diags.HasErrors() {
		return Term{}, diags
	}
	branch := e.FalseResult
	if yes {
		branch = e.TrueResult
	}
	t, more := Eval(branch, s)
	diags = diags.Add(more...)
	if diags.HasErrors() {
		return Term{}, diags
	}
	return withMarks(t, diags, marks)
}

// withMarks puts marks on a term; a lazy one has to be computed for that.
func withMarks(t Term, diags diagnostic.List, marks ...cty.ValueMarks) (Term, diagnostic.List) {
	if !slices.ContainsFunc(marks, func(m cty.ValueMarks) bool { return len(m) > 0 }) {
		return t, diags
	}
	v, more := t.Whole()
	diags = diags.Add(more...)
	if diags.HasErrors() {
		return Term{}, diags
	}
	return Data(v.WithMarks(marks...)), diags
}

// Condition evaluates an expression that must be true or false. What names it
// in messages. The marks are those of the value.
func Condition(e hclsyntax.Expression, s *Scope, what string) (bool, cty.ValueMarks, diagnostic.List) {
	v, diags := Value(e, s)
	if diags.HasErrors() {
		return false, nil, diags
	}
	return truth(v, e.Range(), what)
}

func truth(v cty.Value, at hcl.Range, what string) (bool, cty.ValueMarks, diagnostic.List) {
	v, marks := v.UnmarkDeep()
	if v.IsNull() {
		return false, nil, Errorf(at, "Condition is null", "The %s must be true or false, this is null.", what)
	}
	b, err := convert.Convert(v, cty.Bool)
	if err != nil {
		return false, nil, Errorf(at, "Condition is not a bool", "The %s must be true or false, this is %s.", what, Describe(v))
	}
	return b.True(), marks, nil
}

// Describe names the type of a value for a person: "a string", "a list".
func Describe(v cty.Value) string {
	if v.IsNull() {
		return "null"
	}
	switch t := v.Type(); {
	case t == cty.String:
		return "a string"
	case t == cty.Number:
		return "a number"
	case t == cty.Bool:
		return "a bool"
	case t.IsListType(), t.IsTupleType():
		return "a list"
	case t.IsSetType():
		return "a set"
	case t.IsMapType(), t.IsObjectType():
		return "an object"
	}
	return "a value of an unknown kind"
}
