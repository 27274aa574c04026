package expr

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/activate-agent/activate/modules/diagnostic"
)

// Wrappers are the calls that say how a definition merges; they have a meaning
// only as the outermost call of an attribute.
func Wrappers() []string { return []string{"default", "force", "before", "after"} }

// Special are the names of the functions this package evaluates itself,
// because they look at their arguments lazily or read files.
func Special() []string {
	return []string{
		"can", "file", "filebase64", "fileexists", "filemd5", "fileset", "filesha1", "filesha256", "filesha512", "filebase64sha256", "filebase64sha512",
		"keys", "length", "lookup", "templatefile", "templatestring", "try", "values",
	}
}

func call(e *hclsyntax.FunctionCallExpr, s *Scope) (Term, diagnostic.List) {
	switch e.Name {
	case "try":
		return try(e, s)
	case "can":
		return can(e, s)
	case "keys", "values", "length", "lookup":
		return lazyCall(e, s)
	case "templatefile", "templatestring":
		return templateCall(e, s)
	}
	if slices.Contains(Wrappers(), e.Name) {
		return Term{}, Errorf(e.NameRange, "Misplaced "+e.Name+"()",
			"%s() says how a definition merges with others, so it can only be the outermost call of an attribute: name = %s(value).", e.Name, e.Name)
	}
	if slices.Contains(Special(), e.Name) {
		return fileCall(e, s)
	}
	args, diags := arguments(e, s)
	if diags.HasErrors() {
		return Term{}, diags
	}
	return apply(e, s, args)
}

// apply calls a plain function of the table with computed arguments.
func apply(e *hclsyntax.FunctionCallExpr, s *Scope, args []cty.Value) (Term, diagnostic.List) {
	f, ok := s.functions[e.Name]
	if !ok {
		known := slices.Concat(slices.Collect(maps.Keys(s.functions)), Special(), Wrappers())
		return Term{}, Errorf(e.NameRange, "Unknown function", "There is no function %q.%s", e.Name, unknownHint(e.Name, known))
	}
	if diags := checkCount(e, f, len(args)); diags.HasErrors() {
		return Term{}, diags
	}
	converted := make([]cty.Value, len(args))
	for i, arg := range args {
		v, diags := argument(e, f, i, arg)
		if diags.HasErrors() {
			return Term{}, diags
		}
		converted[i] = v
	}
	out, err := f.Call(converted)
	if err != nil {
		return Term{}, callError(e, f, converted, err)
	}
	if infinite(out) {
		return Term{}, Errorf(e.Range(), "Function call failed", "The result of %s() is not a finite number.", e.Name)
	}
	return Data(out), nil
}

func argument(e *hclsyntax.FunctionCallExpr, f function.Function, i int, arg cty.Value) (cty.Value, diagnostic.List) {
	p := parameter(f, i)
	if arg.IsNull() && !p.AllowNull {
		return arg, Errorf(argRange(e, i), "Invalid function argument", "The argument %q of %s() must not be null.", p.Name, e.Name)
	}
	if p.Type.IsListType() || p.Type.IsSetType() || p.Type.IsMapType() || slices.Contains([]string{"toset", "tolist", "tomap"}, e.Name) {
		arg = uniform(arg)
	}
	v, err := convert.Convert(arg, p.Type)
	if err != nil {
		plain, _ := arg.UnmarkDeep()
		return arg, Errorf(argRange(e, i), "Invalid function argument",
			"The argument %q of %s() must be a %s, this is %s.", p.Name, e.Name, p.Type.FriendlyNameForConstraint(), Describe(plain))
	}
	return v, nil
}

// uniform gives a tuple of scalars of one type as a list, and such an object as
// a map. cty would compare the type of every element with that of every other.
func uniform(v cty.Value) cty.Value {
	if v.IsMarked() || v.IsNull() {
		return v
	}
	ty := v.Type()
	switch {
	case ty.IsTupleType() && alike(slices.Values(ty.TupleElementTypes())):
		return cty.ListVal(v.AsValueSlice())
	case ty.IsObjectType() && alike(maps.Values(ty.AttributeTypes())):
		return cty.MapVal(v.AsValueMap())
	}
	return v
}

// alike reports whether there are types and all are the same scalar one.
func alike(types iter.Seq[cty.Type]) bool {
	first := cty.NilType
	for t := range types {
		if first == cty.NilType {
			first = t
		}
		if !t.IsPrimitiveType() || t != first {
			return false
		}
	}
	return first != cty.NilType
}

func parameter(f function.Function, i int) function.Parameter {
	if params := f.Params(); i < len(params) {
		return params[i]
	}
	return *f.VarParam()
}

func checkCount(e *hclsyntax.FunctionCallExpr, f function.Function, given int) diagnostic.List {
	params := f.Params()
	names := make([]string, len(params))
	for i, p := range params {
		names[i] = p.Name
	}
	if v := f.VarParam(); v != nil {
		names = append(names, v.Name+"...")
	} else if given > len(params) {
		return Errorf(e.Range(), "Too many function arguments", "It is called as %s(%s).", e.Name, strings.Join(names, ", "))
	}
	if given < len(params) {
		return Errorf(e.Range(), "Not enough function arguments", "It is called as %s(%s).", e.Name, strings.Join(names, ", "))
	}
	return nil
}

func argRange(e *hclsyntax.FunctionCallExpr, i int) (r hclRange) {
	if len(e.Args) == 0 {
		return e.Range()
	}
	return e.Args[min(i, len(e.Args)-1)].Range()
}

// callError words a function's refusal. Its text may quote the arguments, so
// it is left out when one of them is sensitive.
func callError(e *hclsyntax.FunctionCallExpr, f function.Function, args []cty.Value, err error) diagnostic.List {
	if slices.ContainsFunc(args, cty.Value.ContainsMarked) {
		return diagnostic.Hide(Errorf(e.Range(), "Function call failed",
			"%s() cannot give a value; why is not shown because an argument is sensitive.", e.Name))
	}
	reason := strings.TrimSuffix(plainReason(err), ".")
	if arg, ok := errors.AsType[function.ArgError](err); ok && arg.Index < len(args) {
		return Errorf(argRange(e, arg.Index), "Invalid function argument",
			"The argument %q of %s() is not right: %s.", parameter(f, arg.Index).Name, e.Name, reason)
	}
	return Errorf(e.Range(), "Function call failed", "%s() cannot give a value: %s.", e.Name, reason)
}

// plainReason gives the text of an error, or a general one for a panic inside
// a function, whose text is a stack trace.
func plainReason(err error) string {
	if _, ok := errors.AsType[function.PanicError](err); ok {
		return "it does not support this value"
	}
	return err.Error()
}

func arguments(e *hclsyntax.FunctionCallExpr, s *Scope) ([]cty.Value, diagnostic.List) {
	var diags diagnostic.List
	args := make([]cty.Value, 0, len(e.Args))
	for _, a := range e.Args {
		v, more := Value(a, s)
		diags = diags.Add(more...)
		args = append(args, v)
	}
	if diags.HasErrors() || !e.ExpandFinal || len(args) == 0 {
		return args, diags
	}
	last := len(args) - 1
	items, marks, diags := Items(Data(args[last]), e.Args[last].Range(), "expanded argument")
	args = args[:last]
	for _, item := range items {
		args = append(args, item.Value.Val.WithMarks(marks))
	}
	return args, diags
}

// try gives the first argument that evaluates without an error.
func try(e *hclsyntax.FunctionCallExpr, s *Scope) (Term, diagnostic.List) {
	if len(e.Args) == 0 {
		return Term{}, Errorf(e.Range(), "Not enough function arguments", "try() needs at least one argument.")
	}
	var last diagnostic.List
	for _, a := range e.Args {
		v, diags := Value(a, s)
		if !diags.HasErrors() {
			return Data(v), nil
		}
		last = diags
	}
	return Term{}, last
}

func can(e *hclsyntax.FunctionCallExpr, s *Scope) (Term, diagnostic.List) {
	if len(e.Args) != 1 {
		return Term{}, Errorf(e.Range(), "Wrong number of function arguments", "It is called as can(expression).")
	}
	_, diags := Value(e.Args[0], s)
	return Data(cty.BoolVal(!diags.HasErrors())), nil
}

// lazyCall is keys, values, length and lookup: of a lazy collection they
// compute no more than they give.
func lazyCall(e *hclsyntax.FunctionCallExpr, s *Scope) (Term, diagnostic.List) {
	if len(e.Args) == 0 || e.ExpandFinal {
		return plainCall(e, s)
	}
	t, diags := Eval(e.Args[0], s)
	if diags.HasErrors() {
		return Term{}, diags
	}
	if t.Lazy == nil {
		return plainCall(e, s)
	}
	if e.Name == "lookup" {
		return lazyLookup(e, s, t.Lazy)
	}
	items, _, diags := Items(t, e.Args[0].Range(), "argument of "+e.Name+"()")
	if diags.HasErrors() {
		return Term{}, diags
	}
	switch e.Name {
	case "length":
		return Data(cty.NumberIntVal(int64(len(items)))), nil
	case "keys":
		return listOf(each(items, func(i Item) Term { return Data(i.Key) })), nil
	}
	return listOf(each(items, func(i Item) Term { return i.Value })), nil
}

func plainCall(e *hclsyntax.FunctionCallExpr, s *Scope) (Term, diagnostic.List) {
	args, diags := arguments(e, s)
	if diags.HasErrors() {
		return Term{}, diags
	}
	return apply(e, s, args)
}

func each(items []Item, f func(Item) Term) []Term {
	out := make([]Term, len(items))
	for i, item := range items {
		out[i] = f(item)
	}
	return out
}

func lazyLookup(e *hclsyntax.FunctionCallExpr, s *Scope, l Lazy) (Term, diagnostic.List) {
	if len(e.Args) < 2 || len(e.Args) > 3 {
		return Term{}, Errorf(e.Range(), "Wrong number of function arguments", "It is called as lookup(map, key, default).")
	}
	key, marks, diags := keyOf(e.Args[1], s)
	if diags.HasErrors() {
		return Term{}, diags
	}
	keys, diags := l.Keys()
	if diags.HasErrors() {
		return Term{}, diags
	}
	var t Term
	if slices.Contains(keys, key) || len(e.Args) == 2 {
		t, diags = l.Attr(key, e.Args[1].Range())
		diags = secretKey(diags, e.Args[1].Range(), marks)
	} else {
		t, diags = Eval(e.Args[2], s)
	}
	if diags.HasErrors() {
		return Term{}, diags
	}
	return withMarks(t, diags, marks)
}

func wrongCount(e *hclsyntax.FunctionCallExpr, usage string) diagnostic.List {
	return Errorf(e.Range(), "Wrong number of function arguments", "It is called as %s.", fmt.Sprintf("%s(%s)", e.Name, usage))
}

// unknownHint is the way out for the name of a function that is not there.
func unknownHint(name string, known []string) string {
	switch name {
	case "timestamp", "plantimestamp", "uuid", "bcrypt", "abspath", "pathexpand", "rsadecrypt":
		return " What a configuration means depends on nothing but its files, flags and host facts, so it has no clock, no random numbers and no working directory."
	}
	return DidYouMean(name, known)
}
