package schema

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/activate-agent/activate/modules/diagnostic"
	"github.com/activate-agent/activate/modules/expr"
)

// words are the types that are one word.
func words() []Kind {
	return []Kind{Any, Bool, Number, String, Port, Path, Mode, Duration, Lines}
}

// ParseType reads a type expression: HCL's, as typeexpr has it, and port,
// path, mode, duration, lines and enum(...).
func ParseType(e hclsyntax.Expression) (*Type, diagnostic.List) {
	if call, ok := e.(*hclsyntax.FunctionCallExpr); ok {
		return parseCall(call)
	}
	word := hcl.ExprAsKeyword(e)
	for _, k := range words() {
		if string(k) == word {
			return &Type{Kind: k}, nil
		}
	}
	switch word {
	case "list", "set", "map":
		return nil, expr.Errorf(e.Range(), "Incomplete type", "The type %s needs the type of its elements: %s(string).", word, word)
	case "object", "tuple", "enum":
		return nil, expr.Errorf(e.Range(), "Incomplete type", "The type %s needs its parts in parentheses.", word)
	case "":
		return nil, expr.Errorf(e.Range(), "Invalid type", "A type is a word such as string, or a form such as list(string); it is not written in quotes.")
	}
	known := []string{"list", "set", "map", "object", "tuple", "enum"}
	for _, k := range words() {
		known = append(known, string(k))
	}
	return nil, expr.Errorf(e.Range(), "Unknown type", "There is no type %q.%s", word, expr.DidYouMean(word, known))
}

func parseCall(e *hclsyntax.FunctionCallExpr) (*Type, diagnostic.List) {
	switch kind := Kind(e.Name); kind {
	case List, Set, Map:
		if len(e.Args) != 1 {
			return nil, expr.Errorf(e.Range(), "Invalid type", "It is written %s(TYPE), with one type.", e.Name)
		}
		elem, diags := ParseType(e.Args[0])
		return &Type{Kind: kind, Elem: elem}, diags
	case ObjectOf:
		return parseObject(e)
	case TupleOf:
		return parseTuple(e)
	case Enum:
		return parseEnum(e)
	default:
	}
	if e.Name == "optional" {
		return nil, expr.Errorf(e.Range(), "Invalid type", "optional() can only stand at an attribute of object({...}).")
	}
	known := []string{"list", "set", "map", "object", "tuple", "enum", "optional"}
	return nil, expr.Errorf(e.NameRange, "Unknown type", "There is no type %s(...).%s", e.Name, expr.DidYouMean(e.Name, known))
}

func parseEnum(e *hclsyntax.FunctionCallExpr) (*Type, diagnostic.List) {
	var values []string
	var diags diagnostic.List
	for _, arg := range e.Args {
		v, ok := expr.Literal(arg)
		if !ok || v.IsNull() || v.Type() != cty.String {
			diags = diags.Add(expr.Errorf(arg.Range(), "Invalid type", "The values of an enum are strings in quotes.")...)
			continue
		}
		values = append(values, v.AsString())
	}
	if len(e.Args) == 0 {
		diags = expr.Errorf(e.Range(), "Invalid type", `An enum names its values: enum("a", "b").`)
	}
	return &Type{Kind: Enum, Values: values}, diags
}

func parseTuple(e *hclsyntax.FunctionCallExpr) (*Type, diagnostic.List) {
	list, ok := argumentOf[*hclsyntax.TupleConsExpr](e)
	if !ok {
		return nil, expr.Errorf(e.Range(), "Invalid type", "It is written tuple([TYPE, TYPE]).")
	}
	t := &Type{Kind: TupleOf}
	var diags diagnostic.List
	for _, elem := range list.Exprs {
		et, more := ParseType(elem)
		diags = diags.Add(more...)
		t.Elems = append(t.Elems, et)
	}
	return t, diags
}

func argumentOf[T hclsyntax.Expression](e *hclsyntax.FunctionCallExpr) (T, bool) {
	if len(e.Args) != 1 {
		var none T
		return none, false
	}
	arg, ok := e.Args[0].(T)
	return arg, ok
}

func parseObject(e *hclsyntax.FunctionCallExpr) (*Type, diagnostic.List) {
	obj, ok := argumentOf[*hclsyntax.ObjectConsExpr](e)
	if !ok {
		return nil, expr.Errorf(e.Range(), "Invalid type", "It is written object({ name = TYPE }).")
	}
	t := &Type{Kind: ObjectOf, Attrs: map[string]Attr{}}
	var diags diagnostic.List
	for _, item := range obj.Items {
		name := attrName(item.KeyExpr)
		if name == "" {
			diags = diags.Add(expr.Errorf(item.KeyExpr.Range(), "Invalid type", "The name of an attribute is a plain word.")...)
			continue
		}
		attr, more := parseAttr(item.ValueExpr)
		diags = diags.Add(more...)
		t.Attrs[name] = attr
	}
	return t, diags
}

func attrName(e hclsyntax.Expression) string {
	if key, ok := e.(*hclsyntax.ObjectConsKeyExpr); ok {
		e = key.Wrapped
	}
	if word := hcl.ExprAsKeyword(e); word != "" {
		return word
	}
	if v, ok := expr.Literal(e); ok && !v.IsNull() && v.Type() == cty.String {
		return v.AsString()
	}
	return ""
}

func parseAttr(e hclsyntax.Expression) (Attr, diagnostic.List) {
	call, ok := e.(*hclsyntax.FunctionCallExpr)
	if !ok || call.Name != "optional" {
		t, diags := ParseType(e)
		return Attr{Type: t}, diags
	}
	if len(call.Args) == 0 || len(call.Args) > 2 {
		return Attr{}, expr.Errorf(call.Range(), "Invalid type", "It is written optional(TYPE) or optional(TYPE, default).")
	}
	t, diags := ParseType(call.Args[0])
	attr := Attr{Type: t, Optional: true}
	if len(call.Args) == 1 || diags.HasErrors() {
		return attr, diags
	}
	v, problems := call.Args[1].Value(nil)
	if problems.HasErrors() {
		return attr, expr.Errorf(call.Args[1].Range(), "Invalid default", "The default of an optional attribute must be a literal value.")
	}
	out, problem := t.Convert(v)
	if problem != nil {
		return attr, expr.Errorf(call.Args[1].Range(), "Invalid default", "The default does not fit the type: %s", problem.Text())
	}
	attr.Default = out
	return attr, nil
}
