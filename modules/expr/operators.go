package expr

import (
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/activate-agent/activate/modules/diagnostic"
)

func binary(e *hclsyntax.BinaryOpExpr, s *Scope) (Term, diagnostic.List) {
	if e.Op == hclsyntax.OpLogicalAnd || e.Op == hclsyntax.OpLogicalOr {
		return logical(e, s)
	}
	left, diags := Value(e.LHS, s)
	right, more := Value(e.RHS, s)
	diags = diags.Add(more...)
	if diags.HasErrors() {
		return Term{}, diags
	}
	if e.Op == hclsyntax.OpEqual || e.Op == hclsyntax.OpNotEqual {
		left, right = Alike(left), Alike(right)
	}
	params := e.Op.Impl.Params()
	left, more = operand(left, params[0].Type, e.LHS)
	diags = diags.Add(more...)
	right, more = operand(right, params[1].Type, e.RHS)
	diags = diags.Add(more...)
	if diags.HasErrors() {
		return Term{}, diags
	}
	v, err := e.Op.Impl.Call([]cty.Value{left, right})
	if err != nil || infinite(v) {
		return Term{}, Errorf(e.SrcRange, "Operation failed", "This cannot be computed%s.", failure(e.Op))
	}
	return Data(v), diags
}

// Alike gives v with lists for tuples and objects for maps all the way down,
// so that ["a"] equals a list of strings with that element. HCL tells them
// apart, which surprises everybody.
func Alike(v cty.Value) cty.Value {
	v, marks := v.Unmark()
	if v.IsNull() {
		return cty.NullVal(cty.DynamicPseudoType).WithMarks(marks)
	}
	switch ty := v.Type(); {
	case ty.IsListType() || ty.IsTupleType():
		elems := v.AsValueSlice()
		for i, e := range elems {
			elems[i] = Alike(e)
		}
		return cty.TupleVal(elems).WithMarks(marks)
	case ty.IsMapType() || ty.IsObjectType():
		vals := v.AsValueMap()
		for k, e := range vals {
			vals[k] = Alike(e)
		}
		return cty.ObjectVal(vals).WithMarks(marks)
	}
	return v.WithMarks(marks)
}

// infinite reports whether v is a number that no configuration can hold.
func infinite(v cty.Value) bool {
	v, _ = v.Unmark()
	return !v.IsNull() && v.IsKnown() && v.Type() == cty.Number && v.AsBigFloat().IsInf()
}

func failure(op *hclsyntax.Operation) string {
	if op == hclsyntax.OpDivide || op == hclsyntax.OpModulo {
		return ": it divides by zero"
	}
	return " from these operands"
}

func operand(v cty.Value, want cty.Type, e hclsyntax.Expression) (cty.Value, diagnostic.List) {
	if want == cty.DynamicPseudoType {
		return v, nil
	}
	if v.IsNull() {
		return v, Errorf(e.Range(), "Operand is null", "This operand is null; a %s is needed.", want.FriendlyName())
	}
	out, err := convert.Convert(v, want)
	if err != nil {
		plain, _ := v.UnmarkDeep()
		return v, Errorf(e.Range(), "Invalid operand", "A %s is needed here, this is %s.", want.FriendlyName(), Describe(plain))
	}
	return out, nil
}

// logical evaluates the right side only when the left one does not decide.
func logical(e *hclsyntax.BinaryOpExpr, s *Scope) (Term, diagnostic.List) {
	left, leftMarks, diags := Condition(e.LHS, s, "left side of && or ||")
	if diags.HasErrors() {
		return Term{}, diags
	}
	if left == (e.Op == hclsyntax.OpLogicalOr) {
		return Data(cty.BoolVal(left).WithMarks(leftMarks)), diags
	}
	right, rightMarks, more := Condition(e.RHS, s, "right side of && or ||")
	diags = diags.Add(more...)
	return Data(cty.BoolVal(right).WithMarks(leftMarks, rightMarks)), diags
}

func unary(e *hclsyntax.UnaryOpExpr, s *Scope) (Term, diagnostic.List) {
	v, diags := Value(e.Val, s)
	if diags.HasErrors() {
		return Term{}, diags
	}
	v, more := operand(v, e.Op.Impl.Params()[0].Type, e.Val)
	if more.HasErrors() {
		return Term{}, diags.Add(more...)
	}
	out, err := e.Op.Impl.Call([]cty.Value{v})
	if err != nil {
		return Term{}, Errorf(e.SrcRange, "Operation failed", "This cannot be computed from this operand.")
	}
	return Data(out), diags
}
