package modules

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/activate-agent/activate/modules/diagnostic"
	"github.com/activate-agent/activate/modules/expr"
	"github.com/activate-agent/activate/modules/schema"
)

// priority orders the definitions of one attribute: only the highest count.
type priority int

const (
	defaultPriority priority = iota
	plainPriority
	forcePriority
)

func (p priority) String() string {
	return [...]string{"default", "plain", "force"}[p]
}

// definition is one place that gives an attribute a value.
type definition struct {
	expr     hclsyntax.Expression
	scope    func() *expr.Scope
	priority priority
	// order is -1 for before(), 1 for after().
	order int
	at    hcl.Range
}

// value gives an option's value with everything in it computed.
func (n *node) value(name string) (cty.Value, diagnostic.List) {
	o := n.typ.Option(name)
	if o == nil {
		panic("internal error: the block " + n.typ.Name + " has no option " + name)
	}
	t, diags := n.option(o)
	if diags.HasErrors() {
		return cty.NilVal, diags
	}
	return t.Whole()
}

// option gives an option's merged value. One literal definition, the case of
// nearly every attribute of a large configuration, takes no detour.
func (n *node) option(o *schema.Option) (expr.Term, diagnostic.List) {
	if s, ok := n.slots[o.Name]; ok && s.state == known {
		return s.term, s.diags
	}
	if t, ok := n.quick(o); ok {
		return t, nil
	}
	return n.ev.force(n.slot(o.Name), func() string { return n.address() + "." + o.Name }, n.optionAt(o), func() (expr.Term, diagnostic.List) {
		t, diags := n.merged(o)
		if !diags.HasErrors() {
			t, diags = n.validated(o, t)
		}
		if o.Sensitive {
			diags = diagnostic.Hide(diags)
		}
		return t, diags
	})
}

func (n *node) quick(o *schema.Option) (expr.Term, bool) {
	if len(o.Validations) > 0 || len(n.ev.sets) > 0 || n.gate.state != known {
		return expr.Term{}, false
	}
	var only *hclsyntax.Attribute
	for _, from := range n.live {
		attr, ok := from.body.Attributes[o.Name]
		if ok && only != nil {
			return expr.Term{}, false
		}
		if ok {
			only = attr
		}
	}
	v := o.DefaultValue
	if only != nil {
		literal, ok := expr.Literal(only.Expr)
		if !ok || literal.IsNull() {
			return expr.Term{}, false
		}
		converted, problem := o.Type.Convert(literal)
		if problem != nil {
			return expr.Term{}, false
		}
		v = converted
	}
	if v == cty.NilVal {
		if o.Required || o.Default != nil {
			return expr.Term{}, false
		}
		return expr.Data(cty.NullVal(cty.DynamicPseudoType)), true
	}
	if o.Sensitive {
		v = v.Mark(expr.Sensitive{})
	}
	return expr.Data(v), true
}

// lone evaluates the only definition of an option, when it is a plain one.
func (n *node) lone(o *schema.Option) (t expr.Term, diags diagnostic.List, ok bool) {
	if len(n.live) != 1 || n.gate.state != known || len(n.gate.diags) > 0 || len(n.ev.sets) > 0 {
		return expr.Term{}, nil, false
	}
	from := n.live[0]
	attr, ok := from.body.Attributes[o.Name]
	if !ok {
		return expr.Term{}, nil, false
	}
	if _, isCall := attr.Expr.(*hclsyntax.FunctionCallExpr); isCall {
		return expr.Term{}, nil, false
	}
	t, diags = expr.Eval(attr.Expr, n.scopeOf(from))
	if diags.HasErrors() {
		return expr.Term{}, diags, true
	}
	if t.Lazy == nil {
		if plain, _ := t.Val.Unmark(); plain.IsNull() {
			return expr.Term{}, nil, false
		}
	}
	t, diags = n.convert(o, o.Type, candidate{definition{expr: attr.Expr, at: attr.SrcRange}, t})
	return t, diags, true
}

// optionAt is where an option gets its value, for the chain of a cycle.
func (n *node) optionAt(o *schema.Option) hcl.Range {
	for _, from := range n.from {
		if attr, ok := from.body.Attributes[o.Name]; ok {
			return attr.SrcRange
		}
	}
	if o.Default != nil {
		return o.Default.Range()
	}
	return n.at()
}

// definitions gives everything that defines an option, in import order.
func (n *node) definitions(o *schema.Option) ([]definition, diagnostic.List) {
	live, diags := n.contributions()
	var defs []definition
	for _, from := range live {
		attr, ok := from.body.Attributes[o.Name]
		if !ok {
			continue
		}
		d := definition{expr: attr.Expr, scope: func() *expr.Scope { return n.scopeOf(from) }, priority: plainPriority, at: attr.SrcRange}
		diags = diags.Add(d.unwrap()...)
		defs = append(defs, d)
	}
	return append(defs, n.setDefinitions(o.Name)...), diags
}

// unwrap takes default(), force(), before() and after() off the expression.
func (d *definition) unwrap() diagnostic.List {
	for {
		inner := d.expr
		for {
			p, ok := inner.(*hclsyntax.ParenthesesExpr)
			if !ok {
				break
			}
			inner = p.Expression
		}
		call, ok := inner.(*hclsyntax.FunctionCallExpr)
		if !ok || !slices.Contains(expr.Wrappers(), call.Name) {
			return nil
		}
		if len(call.Args) != 1 {
			return expr.Errorf(call.Range(), "Wrong number of function arguments", "It is called as %s(value).", call.Name)
		}
		switch call.Name {
		case "default":
			d.priority = defaultPriority
		case "force":
			d.priority = forcePriority
		case "before":
			d.order = -1
		case "after":
			d.order = 1
		}
		d.expr = call.Args[0]
	}
}

// candidate is a definition with its value.
type candidate struct {
	definition
	term expr.Term
}

// merged gives the value that the definitions of the highest priority make
// together, or the default.
func (n *node) merged(o *schema.Option) (expr.Term, diagnostic.List) {
	if t, diags, ok := n.lone(o); ok {
		return t, diags
	}
	defs, diags := n.definitions(o)
	if diags.HasErrors() {
		return expr.Term{}, diags
	}
	for p := forcePriority; p >= defaultPriority; p-- {
		found, diags := n.evaluate(o, defs, p)
		if diags.HasErrors() {
			return expr.Term{}, diags
		}
		if len(found) > 0 {
			t, diags := n.combine(o, found)
			return n.overlay(o, t, diags)
		}
	}
	t, diags := n.defaulted(o)
	return n.overlay(o, t, diags)
}

// evaluate computes the definitions of one priority. Null says nothing, so it
// is left out unless the option may be null.
func (n *node) evaluate(o *schema.Option, defs []definition, p priority) ([]candidate, diagnostic.List) {
	var found []candidate
	var diags diagnostic.List
	for _, d := range defs {
		if d.priority != p {
			continue
		}
		t, more := expr.Eval(d.expr, d.scope())
		diags = diags.Add(more...)
		if more.HasErrors() {
			continue
		}
		if t.Lazy == nil {
			plain, _ := t.Val.Unmark()
			if plain.IsNull() && !o.Nullable {
				continue
			}
		}
		found = append(found, candidate{d, t})
	}
	slices.SortStableFunc(found, func(a, b candidate) int { return a.order - b.order })
	return found, diags
}

func (n *node) combine(o *schema.Option, found []candidate) (expr.Term, diagnostic.List) {
	if len(found) == 1 {
		return n.convert(o, o.Type, found[0])
	}
	partial := o.Type.Partial()
	vals := make([]cty.Value, 0, len(found))
	var diags diagnostic.List
	for _, c := range found {
		t, more := n.convert(o, partial, c)
		diags = diags.Add(more...)
		if more.HasErrors() {
			continue
		}
		v, more := t.Whole()
		diags = diags.Add(more...)
		vals = append(vals, v)
	}
	if diags.HasErrors() {
		return expr.Term{}, diags
	}
	v, conflict := o.Type.Merge(vals)
	if conflict != nil {
		return expr.Term{}, n.conflict(o, found, vals, conflict)
	}
	last := found[len(found)-1]
	last.term = expr.Data(v)
	return n.convert(o, o.Type, last)
}

func (n *node) convert(o *schema.Option, t *schema.Type, c candidate) (expr.Term, diagnostic.List) {
	out, problem, diags := t.ConvertTerm(c.term, c.expr.Range())
	if problem != nil && o.Sensitive {
		problem = problem.Hidden()
	}
	if problem != nil {
		return expr.Term{}, n.misfits(o, c.expr, problem)
	}
	if diags.HasErrors() || !o.Sensitive {
		return out, diags
	}
	v, diags := out.Whole()
	if diags.HasErrors() {
		return expr.Term{}, diags
	}
	return expr.Data(v.Mark(expr.Sensitive{})), nil
}

// misfits words what of a value does not fit the option's type, each at the
// part of the expression that gave it.
func (n *node) misfits(o *schema.Option, e hclsyntax.Expression, problem *schema.Problem) diagnostic.List {
	var diags diagnostic.List
	for _, p := range problem.Each() {
		diags = diags.Add(related(expr.Errorf(expr.Part(e, p.Path).Range(), "Invalid value for "+o.Name,
			"%s.%s: %s", n.address(), o.Name, p.Text()), o.Range)...)
	}
	return diags
}

// conflict shows every definition that takes part and says how to settle it.
func (n *node) conflict(o *schema.Option, found []candidate, vals []cty.Value, c *schema.Conflict) diagnostic.List {
	first, second := found[c.First], found[c.Second]
	what, shown := n.address()+"."+o.Name, ""
	if !o.Sensitive && !vals[c.First].ContainsMarked() && !vals[c.Second].ContainsMarked() {
		what += c.Path
		shown = " (" + brief(vals[c.First]) + ", then " + brief(vals[c.Second]) + ")"
	}
	places := make([]string, len(found))
	others := []hcl.Range{first.at}
	for i, f := range found {
		places[i] = rangeOf(f.at).String()
		if i != c.First && i != c.Second {
			others = append(others, f.at)
		}
	}
	return related(expr.Errorf(second.at, "Conflicting definitions",
		"%s is defined with different values%s: %s.\nRemove one, or settle it: force(value) wins over the others, default(value) yields to them.",
		what, shown, strings.Join(places, " and ")), others...)
}

// defaulted gives an option that nobody defined.
func (n *node) defaulted(o *schema.Option) (expr.Term, diagnostic.List) {
	switch {
	case o.DefaultValue != cty.NilVal && o.Sensitive:
		return expr.Data(o.DefaultValue.Mark(expr.Sensitive{})), nil
	case o.DefaultValue != cty.NilVal:
		return expr.Data(o.DefaultValue), nil
	case o.Default != nil:
		t, diags := expr.Eval(o.Default, n.ownScope())
		if diags.HasErrors() {
			return expr.Term{}, diags
		}
		if t.Lazy == nil && t.Val.IsNull() {
			return expr.Data(cty.NullVal(cty.DynamicPseudoType)), nil
		}
		return n.convert(o, o.Type, candidate{definition{expr: o.Default, at: o.Default.Range()}, t})
	case o.Required:
		return expr.Term{}, related(expr.Errorf(n.at(), "Value missing",
			"%s needs %s: it is required and nothing defines it. Write %s = ... in the block.", n.address(), o.Name, o.Name), o.Range)
	}
	return expr.Data(cty.NullVal(cty.DynamicPseudoType)), nil
}

// validated runs the option's validations on its final value.
func (n *node) validated(o *schema.Option, t expr.Term) (expr.Term, diagnostic.List) {
	if len(o.Validations) == 0 || t.Lazy == nil && t.Val.IsNull() {
		return t, nil
	}
	s := n.slot(o.Name)
	s.term, s.diags, s.state = t, nil, known
	var diags diagnostic.List
	for _, v := range o.Validations {
		diags = diags.Add(n.validate(o, v)...)
	}
	return t, diags
}

func (n *node) validate(o *schema.Option, v schema.Validation) diagnostic.List {
	scope := n.ownScope()
	ok, _, diags := expr.Condition(v.Condition, scope, "condition of the validation")
	if diags.HasErrors() || ok {
		return diags
	}
	message := "The value does not satisfy the option's condition."
	if m, more := expr.Value(v.Message, scope); !more.HasErrors() && !m.IsNull() && m.Type() == cty.String {
		message = "The message is not shown because it is sensitive."
		if !m.IsMarked() {
			message = m.AsString()
		}
	}
	return related(expr.Errorf(n.definedAt(o), "Invalid value for "+o.Name, "%s.%s: %s", n.address(), o.Name, message), v.Condition.Range())
}

// definedAt is the definition that gave an option its value.
func (n *node) definedAt(o *schema.Option) hcl.Range {
	defs, _ := n.definitions(o)
	var best *definition
	for i, d := range defs {
		if best == nil || d.priority > best.priority {
			best = &defs[i]
		}
	}
	switch {
	case best != nil:
		return best.at
	case o.Default != nil:
		return o.Default.Range()
	}
	return n.at()
}
