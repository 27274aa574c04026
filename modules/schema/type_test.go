package schema_test

import (
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/activate-agent/activate/modules/schema"
)

func parse(t *testing.T, text string) *schema.Type {
	t.Helper()
	e, problems := hclsyntax.ParseExpression([]byte(text), "type", hcl.InitialPos)
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	typ, diags := schema.ParseType(e)
	if diags.HasErrors() {
		t.Fatalf("%s: %s", text, diags[0].Detail)
	}
	return typ
}

func TestTypesAreWrittenAsTheyAreRead(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"any", "bool", "number", "string", "port", "path", "mode", "duration", "lines",
		"list(string)", "set(port)", "map(list(number))", `enum("a", "b")`, "tuple([string, number])",
		"object({ a = string, b = optional(port), c = list(object({ d = bool })) })",
	} {
		if got := parse(t, text).String(); got != text {
			t.Errorf("%s is written %s", text, got)
		}
	}
}

func TestConvert(t *testing.T) {
	t.Parallel()
	str, num := cty.StringVal, cty.NumberIntVal
	cases := []struct {
		typ  string
		in   cty.Value
		want cty.Value // NilVal: it does not fit
	}{
		{"string", num(1), str("1")},
		{"number", str("1"), num(1)},
		{"number", str("x"), cty.NilVal},
		{"bool", str("true"), cty.True},
		{"port", num(65535), num(65535)},
		{"port", num(65536), cty.NilVal},
		{"port", num(0), cty.NilVal},
		{"port", cty.NumberFloatVal(80.5), cty.NilVal},
		{"mode", str("644"), str("644")},
		{"mode", str("0644"), str("0644")},
		{"mode", str("0844"), cty.NilVal},
		{"mode", str("00644"), cty.NilVal},
		{"mode", num(644), cty.NilVal},
		{"path", str("/srv/x"), str("/srv/x")},
		{"path", str("srv"), cty.NilVal},
		{"path", str("/srv/../x"), cty.NilVal},
		{"path", str("/srv//x"), cty.NilVal},
		{"duration", str("1h30m"), str("1h30m")},
		{"duration", str("-1s"), cty.NilVal},
		{"duration", str("90"), cty.NilVal},
		{`enum("a", "b")`, str("b"), str("b")},
		{`enum("a", "b")`, str("c"), cty.NilVal},
		{`enum("true", "relaxed")`, cty.True, str("true")},
		{"list(string)", cty.TupleVal([]cty.Value{num(1), str("a")}), cty.ListVal([]cty.Value{str("1"), str("a")})},
		{"list(string)", cty.EmptyTupleVal, cty.ListValEmpty(cty.String)},
		{"list(string)", str("a"), cty.NilVal},
		{"list(string)", cty.TupleVal([]cty.Value{cty.NullVal(cty.String)}), cty.NilVal},
		{"set(string)", cty.TupleVal([]cty.Value{str("a"), str("a")}), cty.SetVal([]cty.Value{str("a")})},
		{"map(number)", cty.ObjectVal(map[string]cty.Value{"a": str("1")}), cty.MapVal(map[string]cty.Value{"a": num(1)})},
		{
			`object({ a = number, b = optional(string, "x") })`, cty.ObjectVal(map[string]cty.Value{"a": num(1)}),
			cty.ObjectVal(map[string]cty.Value{"a": num(1), "b": str("x")}),
		},
		{"object({ a = number })", cty.EmptyObjectVal, cty.NilVal},
		{"object({ a = number })", cty.ObjectVal(map[string]cty.Value{"a": num(1), "c": num(1)}), cty.NilVal},
		{"tuple([string, number])", cty.TupleVal([]cty.Value{str("a"), str("1")}), cty.TupleVal([]cty.Value{str("a"), num(1)})},
		{"tuple([string])", cty.EmptyTupleVal, cty.NilVal},
		{"list(string)", cty.NullVal(cty.DynamicPseudoType), cty.NullVal(cty.List(cty.String))},
	}
	for _, c := range cases {
		got, problem := parse(t, c.typ).Convert(c.in)
		if c.want == cty.NilVal {
			if problem == nil || problem.Text() == "" {
				t.Errorf("%s takes %#v", c.typ, c.in)
			}
			continue
		}
		if problem != nil || !got.RawEquals(c.want) {
			t.Errorf("%s makes %#v of %#v (%v), want %#v", c.typ, got, c.in, problem, c.want)
		}
	}
}

func TestMergeKeepsOrderAndFindsConflicts(t *testing.T) {
	t.Parallel()
	str := cty.StringVal
	list := parse(t, "list(string)")
	a, b := cty.ListVal([]cty.Value{str("a")}), cty.ListVal([]cty.Value{str("b"), str("a")})
	got, conflict := list.Merge([]cty.Value{a, b})
	if conflict != nil || !got.RawEquals(cty.ListVal([]cty.Value{str("a"), str("b"), str("a")})) {
		t.Errorf("lists merge to %#v", got)
	}
	maps := parse(t, "map(string)")
	x := cty.MapVal(map[string]cty.Value{"k": str("1"), "l": str("2")})
	y := cty.MapVal(map[string]cty.Value{"l": str("3")})
	if _, conflict := maps.Merge([]cty.Value{x, y}); conflict == nil || conflict.Path != `["l"]` || conflict.Second != 1 {
		t.Errorf("the conflict at l is %+v", conflict)
	}
	if got, conflict := maps.Merge([]cty.Value{x, x}); conflict != nil || !got.RawEquals(x) {
		t.Errorf("equal maps merge to %#v, %+v", got, conflict)
	}
	secret := str("s").Mark("m")
	if got, conflict := parse(t, "string").Merge([]cty.Value{str("s"), secret}); conflict != nil || !got.IsMarked() {
		t.Errorf("the mark is lost in %#v, %+v", got, conflict)
	}
}
