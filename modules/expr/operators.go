package expr

import (
	"slices"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/activate-agent/activate/modules/diagnostic"
)

// binary goes along the left sides in a loop: a + b + c + ... may be long.
func binary(e *hclsyntax.BinaryOpExpr, s *Scope) (Term, diagnostic.List) {
	chain := []*hclsyntax.BinaryOpExpr{e}
	for {
		inner, ok := chain[len(chain)-1].LHS.(*hclsyntax.BinaryOpExpr)
		if !ok {
			break
		}
		chain = append(chain, inner)
	}
	left, diags := Value(chain[len(chain)-1].LHS, s)
	for _, op := range slices.Backward(chain) {
		if !diags.HasErrors() {
			left, diags = operation(op, left, s)
		} else if op.Op != hclsyntax.OpLogicalAnd && op.Op != hclsyntax.OpLogicalOr {
			_, more := Value(op.RHS, s)
			diags = diags.Add(more...)
		}
	}
	if diags.HasErrors() {
		return Term{}, diags
	}
	return Data(left), diags
}

// operation computes one operator whose left side is known.
func operation(e *hclsyntax.BinaryOpExpr, left cty.Value, s *Scope) (cty.Value, diagnostic.List) {
	if e.Op == hclsyntax.OpLogicalAnd || e.Op == hclsyntax.OpLogicalOr {
		return logical(e, left, s)
	}
	right, diags := Value(e.RHS, s)
	if diags.HasErrors() {
		return cty.NilVal, diags
	}
	if v, ok := smallOperation(e.Op, left, right); ok {
		return v, diags
	}
	if e.Op == hclsyntax.OpEqual || e.Op == hclsyntax.OpNotEqual {
		left, right = Alike(left), Alike(right)
	}
	params := e.Op.Impl.Params()
	left, diags = operand(left, params[0].Type, e.LHS)
	right, more := operand(right, params[1].Type, e.RHS)
	diags = diags.Add(more...)
	if diags.HasErrors() {
		return cty.NilVal, diags
	}
	v, err := e.Op.Impl.Call([]cty.Value{left, right})
	if err != nil || infinite(v) {
		return cty.NilVal, Errorf(e.SrcRange, "Operation failed", "This cannot be computed%s.", failure(e.Op))
	}
	return v, nil
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
func logical(e *hclsyntax.BinaryOpExpr, left cty.Value, s *Scope) (cty.Value, diagnostic.List) {
	yes, leftMarks, diags := truth(left, e.LHS.Range(), "left side of && or ||")
	if diags.HasErrors() || yes == (e.Op == hclsyntax.OpLogicalOr) {
		return cty.BoolVal(yes).WithMarks(leftMarks), diags
	}
	right, rightMarks, diags := Condition(e.RHS, s, "right side of && or ||")
	return cty.BoolVal(right).WithMarks(leftMarks, rightMarks), diags
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
