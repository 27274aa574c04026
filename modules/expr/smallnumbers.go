package expr

import (
	"math/big"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// smallLimit bounds numbers whose product fits an int64.
const smallLimit = 1 << 31

// small gives a number as an int64, when it is a small whole one.
func small(v cty.Value) (int64, bool) {
	if v.IsMarked() || v.Type() != cty.Number || v.IsNull() || !v.IsKnown() {
		return 0, false
	}
	n, accuracy := v.AsBigFloat().Int64()
	return n, accuracy == big.Exact && -smallLimit < n && n < smallLimit
}

// smallOperation computes with small whole numbers, of which large
// configurations count their blocks; cty's arithmetic costs ten times that.
func smallOperation(op *hclsyntax.Operation, left, right cty.Value) (cty.Value, bool) {
	a, okLeft := small(left)
	b, okRight := small(right)
	if !okLeft || !okRight {
		return cty.NilVal, false
	}
	switch op {
	case hclsyntax.OpAdd:
		return cty.NumberIntVal(a + b), true
	case hclsyntax.OpSubtract:
		return cty.NumberIntVal(a - b), true
	case hclsyntax.OpMultiply:
		return cty.NumberIntVal(a * b), true
	case hclsyntax.OpModulo:
		// Of negative ones the sign is cty's to choose.
		if a >= 0 && b > 0 {
			return cty.NumberIntVal(a % b), true
		}
	case hclsyntax.OpLessThan:
		return cty.BoolVal(a < b), true
	case hclsyntax.OpGreaterThan:
		return cty.BoolVal(a > b), true
	case hclsyntax.OpLessThanOrEqual:
		return cty.BoolVal(a <= b), true
	case hclsyntax.OpGreaterThanOrEqual:
		return cty.BoolVal(a >= b), true
	}
	return cty.NilVal, false
}
