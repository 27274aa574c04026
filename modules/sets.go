package modules

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/activate-agent/activate/modules/diagnostic"
	"github.com/activate-agent/activate/modules/expr"
	"github.com/activate-agent/activate/modules/schema"
)

// set is one --set K=V of the command line.
type set struct {
	text string
	// way leads to the block, outermost first; a local has none.
	way []setStep
	// address is the block's, "local.NAME" for a local.
	address string
	option  string
	// inner leads into the option's value, for one key of a map.
	inner []string
	value hclsyntax.Expression
	at    hcl.Range
}

// setStep is one block on the way to an option, with its identity where its
// type has labels.
type setStep struct {
	typ   *schema.Block
	label string
}

// readSets parses the command line's definitions and checks what they name.
func (ev *evaluator) readSets(sets []string) diagnostic.List {
	var diags diagnostic.List
	for i, text := range sets {
		name := fmt.Sprintf("--set (%d)", i+1)
		ev.config.sources[name] = []byte(text)
		s, more := ev.readSet(name, text)
		diags = diags.Add(more...)
		if s == nil {
			continue
		}
		ev.sets[s.address] = append(ev.sets[s.address], s)
	}
	return diags
}

func (ev *evaluator) readSet(name, text string) (*set, diagnostic.List) {
	whole := hcl.Range{Filename: name, Start: hcl.InitialPos, End: hcl.Pos{Line: 1, Column: len(text) + 1, Byte: len(text)}}
	eq := equalsSign(text)
	if eq < 0 {
		return nil, expr.Errorf(whole, "Invalid --set", "It is written --set NAME=VALUE, such as --set nix.max_jobs=4.")
	}
	steps, problems := hclsyntax.ParseTraversalAbs([]byte(text[:eq]), name, hcl.InitialPos)
	if problems.HasErrors() {
		return nil, expr.Errorf(whole, "Invalid --set", "The part before = is the name of an attribute, such as nix.max_jobs or webapp.blue.port.")
	}
	s := &set{text: text, at: whole, value: ev.setValue(name, text, eq)}
	if diags := ev.aim(s, stepNames(steps)); diags.HasErrors() {
		return nil, diags
	}
	return s, nil
}

// equalsSign finds the = that ends the name; one in quotes does not.
func equalsSign(text string) int {
	quoted := false
	for i, c := range text {
		switch {
		case c == '"':
			quoted = !quoted
		case c == '=' && !quoted:
			return i
		}
	}
	return -1
}

// setValue takes the text as an expression when it is one and its first name
// is known, else as a string.
func (ev *evaluator) setValue(name, text string, eq int) hclsyntax.Expression {
	start := hcl.Pos{Line: 1, Column: eq + 2, Byte: eq + 1}
	src := text[eq+1:]
	e, problems := hclsyntax.ParseExpression([]byte(src), name, start)
	if problems.HasErrors() || deepest([]byte(src)) > nestingLimit {
		return literalExpr(src, name, start)
	}
	if t, ok := e.(*hclsyntax.ScopeTraversalExpr); ok {
		root := t.Traversal.RootName()
		_, isType := ev.config.types[root]
		if !isType && !slices.Contains([]string{"local", "host", "path", "self"}, root) {
			return literalExpr(src, name, start)
		}
	}
	return e
}

func literalExpr(src, name string, start hcl.Pos) hclsyntax.Expression {
	end := start
	end.Column += len(src)
	end.Byte += len(src)
	return &hclsyntax.LiteralValueExpr{Val: cty.StringVal(src), SrcRange: hcl.Range{Filename: name, Start: start, End: end}}
}

func stepNames(steps hcl.Traversal) []string {
	var names []string
	for _, step := range steps {
		switch step := step.(type) {
		case hcl.TraverseRoot:
			names = append(names, step.Name)
		case hcl.TraverseAttr:
			names = append(names, step.Name)
		case hcl.TraverseIndex:
			if step.Key.Type() == cty.String {
				names = append(names, step.Key.AsString())
				continue
			}
			names = append(names, step.Key.AsBigFloat().Text('f', -1))
		}
	}
	return names
}

// aim finds what the names lead to.
func (ev *evaluator) aim(s *set, names []string) diagnostic.List {
	if names[0] == "local" && len(names) == 2 {
		s.option, s.address = names[1], "local."+names[1]
		if _, ok := ev.config.main.locals[s.option]; ok {
			return nil
		}
		return expr.Errorf(s.at, "Unknown local", "The configuration has no local value %q.%s", s.option, expr.DidYouMean(s.option, slices.Collect(maps.Keys(ev.config.main.locals))))
	}
	t, ok := ev.config.types[names[0]]
	if !ok {
		return expr.Errorf(s.at, "Unknown name", "Nothing is called %q.%s", names[0], expr.DidYouMean(names[0], slices.Collect(maps.Keys(ev.config.types))))
	}
	return s.enter(t, names[1:])
}

// enter goes one block further on the way.
func (s *set) enter(t *schema.Block, rest []string) diagnostic.List {
	step := setStep{typ: t}
	s.address += t.Name
	if t.Labelled {
		if len(rest) < 2 {
			return expr.Errorf(s.at, "Invalid --set", "A %s block has a name: write %s.NAME.ATTRIBUTE=VALUE.", t.Name, s.address)
		}
		step.label, rest = rest[0], rest[1:]
		s.address += quote(step.label)
	}
	s.way = append(s.way, step)
	if len(rest) == 0 {
		return expr.Errorf(s.at, "Invalid --set", "Name an attribute of the block: %s.ATTRIBUTE=VALUE.", s.address)
	}
	if nested := t.Block(rest[0]); nested != nil {
		s.address += "."
		return s.enter(nested, rest[1:])
	}
	if t.ComputedOf(rest[0]) != nil {
		return readOnly(rest[0], t, s.at)
	}
	if t.Option(rest[0]) == nil {
		return expr.Errorf(s.at, "Unsupported attribute", "There is no attribute %q in %s blocks.%s", rest[0], t.Name, instead(rest[0], t))
	}
	s.option, s.inner = rest[0], rest[1:]
	return nil
}

// unmatchedSets finds --set of blocks that are not there.
func (ev *evaluator) unmatchedSets() diagnostic.List {
	var diags diagnostic.List
	for _, key := range slices.Sorted(maps.Keys(ev.sets)) {
		diags = diags.Add(ev.unmatched(ev.sets[key][0])...)
	}
	return diags
}

func (ev *evaluator) unmatched(s *set) diagnostic.List {
	var n *node
	var diags diagnostic.List
	for _, step := range s.way {
		c := ev.topBlocks(step.typ.Name)
		if n != nil {
			c = n.children(step.typ)
		}
		diags = diags.Add(c.index()...)
		if !step.typ.Labelled {
			n = c.blank()
			continue
		}
		var ok bool
		if n, ok = c.nodes[step.label]; !ok {
			return diags.Add(c.noSuch(step.label, s.at)...)
		}
	}
	return diags
}

func (ev *evaluator) localSet(def *local) *set {
	if def.file.unit != ev.config.main {
		return nil
	}
	sets := ev.sets["local."+def.name]
	if len(sets) == 0 {
		return nil
	}
	return sets[len(sets)-1]
}

func (n *node) optionSets(option string) []*set {
	if len(n.ev.sets) == 0 {
		return nil
	}
	var out []*set
	for _, s := range n.ev.sets[n.address()] {
		if s.option == option {
			out = append(out, s)
		}
	}
	return out
}

// setDefinitions gives the command line's whole values of an option. Of
// several, the last one counts.
func (n *node) setDefinitions(option string) []definition {
	var last *set
	for _, s := range n.optionSets(option) {
		if len(s.inner) == 0 {
			last = s
		}
	}
	if last == nil {
		return nil
	}
	scope := func() *expr.Scope { return (&place{ev: n.ev, self: n}).scope(nil) }
	return []definition{{expr: last.value, scope: scope, priority: forcePriority, at: last.value.Range()}}
}

// overlay puts in the command line's values for single keys of a map.
func (n *node) overlay(o *schema.Option, t expr.Term, diags diagnostic.List) (expr.Term, diagnostic.List) {
	for _, s := range n.optionSets(o.Name) {
		if len(s.inner) == 0 || diags.HasErrors() {
			continue
		}
		base, more := t.Whole()
		v, valueDiags := expr.Value(s.value, (&place{ev: n.ev, self: n}).scope(nil))
		diags = diags.Add(more...).Add(valueDiags...)
		if diags.HasErrors() {
			return expr.Term{}, diags
		}
		changed, ok := put(base, s.inner, v)
		if !ok {
			return expr.Term{}, expr.Errorf(s.at, "Invalid --set", "%s.%s is no map, so there is no %q in it to set.", n.address(), o.Name, strings.Join(s.inner, "."))
		}
		t, diags = n.convert(o, o.Type, candidate{definition{expr: s.value, at: s.at}, expr.Data(changed)})
	}
	return t, diags
}

func put(base cty.Value, path []string, v cty.Value) (cty.Value, bool) {
	if len(path) == 0 {
		return v, true
	}
	base, marks := base.Unmark()
	if ty := base.Type(); !base.IsNull() && !ty.IsMapType() && !ty.IsObjectType() {
		return cty.NilVal, false
	}
	vals := map[string]cty.Value{}
	if !base.IsNull() {
		maps.Copy(vals, base.AsValueMap())
	}
	old, ok := vals[path[0]]
	if !ok {
		old = cty.NullVal(cty.DynamicPseudoType)
	}
	inner, ok := put(old, path[1:], v)
	vals[path[0]] = inner
	return cty.ObjectVal(vals).WithMarks(marks), ok
}
