package expr

import (
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// Part gives the expression that a part of a written-out list or object comes
// from, as far as the text shows it. A path is as messages have it:
// `[2].name`, `["key"]`.
func Part(e hclsyntax.Expression, path string) hclsyntax.Expression {
	for path != "" {
		step, rest := firstStep(path)
		inner := written(e, step)
		if inner == nil {
			return e
		}
		e, path = inner, rest
	}
	return e
}

// firstStep cuts the first step off a path: an index or a name.
func firstStep(path string) (step, rest string) {
	if name, ok := strings.CutPrefix(path, "."); ok {
		end := strings.IndexAny(name, ".[")
		if end < 0 {
			return name, ""
		}
		return name[:end], name[end:]
	}
	if quoted, err := strconv.QuotedPrefix(strings.TrimPrefix(path, "[")); err == nil {
		name, err := strconv.Unquote(quoted)
		if err == nil {
			return name, strings.TrimPrefix(path[1+len(quoted):], "]")
		}
	}
	index, rest, _ := strings.Cut(strings.TrimPrefix(path, "["), "]")
	return index, rest
}

func written(e hclsyntax.Expression, step string) hclsyntax.Expression {
	switch e := e.(type) {
	case *hclsyntax.ParenthesesExpr:
		return written(e.Expression, step)
	case *hclsyntax.TupleConsExpr:
		if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(e.Exprs) {
			return e.Exprs[i]
		}
	case *hclsyntax.ObjectConsExpr:
		for _, item := range e.Items {
			if keyText(item.KeyExpr) == step {
				return item.ValueExpr
			}
		}
	}
	return nil
}

// keyText is the name of a key that is written out.
func keyText(e hclsyntax.Expression) string {
	if key, ok := e.(*hclsyntax.ObjectConsKeyExpr); ok {
		if word := hcl.ExprAsKeyword(key.Wrapped); word != "" && !key.ForceNonLiteral {
			return word
		}
		e = key.Wrapped
	}
	if v, ok := Literal(e); ok && !v.IsNull() && v.Type() == cty.String {
		return v.AsString()
	}
	return ""
}
