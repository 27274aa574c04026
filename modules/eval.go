package modules

import (
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/activate-agent/activate/modules/diagnostic"
	"github.com/activate-agent/activate/modules/expr"
)

// expressionName is what diagnostics call the expression of Eval.
const expressionName = "expression"

// Eval gives the value of an expression seen from the configuration; "" is
// the whole configuration, with every block that is there.
func (c *Config) Eval(expression string) (Value, Diagnostics) {
	diags := c.ev.unmatchedSets()
	var v cty.Value
	var more diagnostic.List
	if expression == "" {
		v, more = c.ev.whole()
	} else {
		v, more = c.ev.expression(expression)
	}
	diags = diags.Add(more...)
	if diags.HasErrors() {
		return Value{}, c.finish(diags)
	}
	return Value{v: v}, c.finish(diags)
}

func (ev *evaluator) expression(text string) (cty.Value, diagnostic.List) {
	ev.config.sources[expressionName] = []byte(text)
	if deepest([]byte(text)) > nestingLimit {
		return cty.NilVal, expr.Errorf(hcl.Range{}, "Nested too deeply", "The expression is nested more than %d deep.", nestingLimit)
	}
	e, problems := hclsyntax.ParseExpression([]byte(text), expressionName, hcl.InitialPos)
	if problems.HasErrors() {
		return cty.NilVal, expr.FromHCL(problems)
	}
	p := &place{ev: ev}
	if len(ev.config.main.files) > 0 {
		p.file = ev.config.main.files[len(ev.config.main.files)-1]
	}
	return expr.Value(e, p.scope(nil))
}

// whole computes every block that is there, and the locals.
func (ev *evaluator) whole() (cty.Value, diagnostic.List) {
	var diags diagnostic.List
	vals := map[string]cty.Value{}
	for _, name := range slices.Sorted(maps.Keys(ev.config.types)) {
		v, more := ev.wholeType(name)
		diags = diags.Add(more...)
		if v != cty.NilVal && v.LengthInt() > 0 {
			vals[name] = v
		}
	}
	if diags.HasErrors() {
		return cty.NilVal, diags
	}
	return cty.ObjectVal(vals), diags
}

func (ev *evaluator) wholeType(name string) (cty.Value, diagnostic.List) {
	t := ev.config.types[name]
	switch {
	case name == "assert" || name == "warning":
		return cty.NilVal, nil
	case t.Labelled:
		return ev.topBlocks(name).Data()
	case !t.Module && len(ev.config.statements[name]) == 0:
		return cty.NilVal, nil
	}
	n, diags := ev.singleton(name)
	if diags.HasErrors() {
		return cty.NilVal, diags
	}
	return n.Data()
}
