package modules

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/activate-agent/activate/modules/diagnostic"
	"github.com/activate-agent/activate/modules/expr"
	"github.com/activate-agent/activate/modules/schema"
)

// node is one block after merging: every definition of it that was written
// anywhere.
type node struct {
	ev     *evaluator
	typ    *schema.Block
	label  string
	parent *node
	from   []*contribution

	gate   slot
	live   []*contribution
	slots  map[string]*slot
	kids   map[string]*collection
	locals map[string]*slot
}

// address is how a configuration refers to the block: webapp.blue.
func (n *node) address() string {
	own := n.typ.Name
	if n.typ.Labelled {
		own += quote(n.label)
	}
	if n.parent != nil {
		return n.parent.address() + "." + own
	}
	return own
}

// at is where the block is first written, or declared.
func (n *node) at() hcl.Range {
	if len(n.from) > 0 {
		return n.from[0].block.DefRange()
	}
	if f := n.ev.declaredIn(n.typ.Name); n.parent == nil && f != nil && f.importer != nil {
		return f.importer.at
	}
	return n.typ.Range
}

// origin is at for plans: "nix.hcl:12".
func (n *node) origin() string {
	if len(n.live) > 0 {
		return n.live[0].origin()
	}
	if len(n.from) > 0 {
		return n.from[0].origin()
	}
	return ""
}

func (from *contribution) origin() string {
	r := rangeOf(from.block.DefRange())
	r.Filename = from.file.origin
	return r.Origin()
}

// scopeOf gives the scope of the expressions in a contribution.
func (n *node) scopeOf(from *contribution) *expr.Scope {
	if from.scope == nil {
		from.scope = (&place{ev: n.ev, file: from.file, owner: from.owner, self: ownerOr(from.owner, n)}).scope(from.bound)
	}
	return from.scope
}

// ownScope gives the scope of what the block's declaration says: defaults,
// validations, outputs.
func (n *node) ownScope() *expr.Scope {
	root := n
	for root.parent != nil {
		root = root.parent
	}
	return (&place{ev: n.ev, file: n.ev.declaredIn(root.typ.Name), owner: root, self: n}).scope(nil)
}

func (ev *evaluator) declaredIn(module string) *file {
	for _, u := range ev.config.units {
		if u.module == module && len(u.files) > 0 {
			return u.files[0]
		}
	}
	return nil
}

// contributions gives the written blocks that count: those whose `when` holds.
func (n *node) contributions() ([]*contribution, diagnostic.List) {
	if n.gate.state == known {
		return n.live, n.gate.diags
	}
	if !n.gated() {
		n.gate.state, n.live = known, n.from
		return n.live, nil
	}
	_, diags := n.ev.force(&n.gate, func() string { return "when of " + n.address() }, n.gateAt(), func() (expr.Term, diagnostic.List) {
		var diags diagnostic.List
		for _, from := range n.from {
			attr, ok := from.body.Attributes["when"]
			yes := true
			if ok {
				var more diagnostic.List
				yes, _, more = expr.Condition(attr.Expr, n.scopeOf(from), "when")
				diags = diags.Add(more...)
			}
			if yes {
				n.live = append(n.live, from)
			}
		}
		return expr.Term{}, diags
	})
	return n.live, diags
}

func (n *node) gated() bool {
	for _, from := range n.from {
		if _, ok := from.body.Attributes["when"]; ok {
			return true
		}
	}
	return false
}

func (n *node) gateAt() hcl.Range {
	for _, from := range n.from {
		if attr, ok := from.body.Attributes["when"]; ok {
			return attr.SrcRange
		}
	}
	return n.at()
}

// exists reports whether the block is there: some definition counts and
// `absent` is not true.
func (n *node) exists() (bool, diagnostic.List) {
	live, diags := n.contributions()
	if diags.HasErrors() {
		return false, diags
	}
	if !n.typ.Labelled && !n.typ.Separate && n.parent == nil {
		return true, diags
	}
	if len(live) == 0 && len(n.ev.sets[n.address()]) == 0 {
		return false, diags
	}
	return n.notAbsent(live)
}

func (n *node) notAbsent(live []*contribution) (bool, diagnostic.List) {
	if n.typ.Option("absent") == nil || n.typ.Module {
		return true, nil
	}
	mentioned := len(n.ev.sets) > 0
	for _, from := range live {
		if _, ok := from.body.Attributes["absent"]; ok {
			mentioned = true
		}
	}
	if !mentioned {
		return true, nil
	}
	v, diags := n.value("absent")
	return !diags.HasErrors() && !v.True(), diags
}

// gone words a reference to a block that was taken out.
func (n *node) gone(at hcl.Range) diagnostic.List {
	for _, from := range n.live {
		if attr, ok := from.body.Attributes["absent"]; ok {
			return related(expr.Errorf(at, "Reference to an absent block", "%s was taken out by absent = true at %s.", n.address(), rangeOf(attr.SrcRange)), attr.SrcRange)
		}
	}
	return related(expr.Errorf(at, "Reference to a missing block", "%s is written, but its `when` at %s does not hold.", n.address(), rangeOf(n.gateAt())), n.gateAt())
}

// Attr gives an option, a nested block or a computed attribute.
func (n *node) Attr(name string, at hcl.Range) (expr.Term, diagnostic.List) {
	if t, diags, ok := n.lookup(name); ok {
		return t, diags
	}
	return expr.Term{}, n.noSuch(name, at)
}

func (n *node) noSuch(name string, at hcl.Range) diagnostic.List {
	return related(expr.Errorf(at, "Unsupported attribute", "%s has no attribute %q.%s", n.address(), name, expr.DidYouMean(name, n.typ.Names())), n.typ.Range)
}

// lookup is Attr without an error for an unknown name.
func (n *node) lookup(name string) (expr.Term, diagnostic.List, bool) {
	if n.typ.Labelled && name == n.typ.Identity {
		return expr.Data(cty.StringVal(n.shownIdentity())), nil, true
	}
	if o := n.typ.Option(name); o != nil {
		t, diags := n.option(o)
		if t.Lazy == nil && !diags.HasErrors() && t.Val.IsNull() {
			t = n.derived(name, t)
		}
		return t, diags, true
	}
	if b := n.typ.Block(name); b != nil {
		t, diags := n.nested(b)
		return t, diags, true
	}
	if c := n.typ.ComputedOf(name); c != nil {
		t, diags := n.computed(c)
		return t, diags, true
	}
	return expr.Term{}, nil, false
}

// nested gives the blocks of a nested type: a collection when they have
// labels, else the one block, null when nobody wrote it.
func (n *node) nested(b *schema.Block) (expr.Term, diagnostic.List) {
	c := n.children(b)
	if b.Labelled {
		return expr.Term{Lazy: c}, nil
	}
	kid, diags := c.only()
	if diags.HasErrors() {
		return expr.Term{}, diags
	}
	if kid == nil && n.isModule() {
		kid = c.blank()
	}
	if kid == nil {
		return expr.Data(cty.NullVal(cty.DynamicPseudoType)), nil
	}
	return expr.Term{Lazy: kid}, nil
}

func (n *node) isModule() bool {
	for n.parent != nil {
		n = n.parent
	}
	return n.typ.Module
}

// nests tells whether anybody wrote a block inside of this one.
func (n *node) nests() bool {
	return slices.ContainsFunc(n.from, func(c *contribution) bool { return len(c.body.Blocks) > 0 })
}

// children gives the collection of a nested block type.
func (n *node) children(b *schema.Block) *collection {
	if c, ok := n.kids[b.Name]; ok {
		return c
	}
	if n.kids == nil {
		n.kids = map[string]*collection{}
	}
	c := &collection{ev: n.ev, typ: b, parent: n, nodes: map[string]*node{}}
	n.kids[b.Name] = c
	return c
}

// only gives the block of a type without labels, nil when nobody wrote it.
func (c *collection) only() (*node, diagnostic.List) {
	diags := c.index()
	if diags.HasErrors() {
		return nil, diags
	}
	kid, ok := c.nodes[""]
	if !ok {
		return nil, nil
	}
	there, diags := kid.exists()
	if !there {
		return nil, diags
	}
	return kid, diags
}

// blank gives a group of options that nobody wrote, with its defaults.
func (c *collection) blank() *node {
	n, ok := c.nodes[""]
	if !ok {
		n = &node{ev: c.ev, typ: c.typ, parent: c.parent}
		c.nodes[""] = n
	}
	return n
}

// computed gives an output.
func (n *node) computed(c *schema.Computed) (expr.Term, diagnostic.List) {
	if c.Value == nil {
		return n.derivedOutput(c.Name)
	}
	s := n.slot(c.Name)
	return n.ev.force(s, func() string { return n.address() + "." + c.Name }, c.Value.Range(), func() (expr.Term, diagnostic.List) {
		t, diags := expr.Eval(c.Value, n.ownScope())
		if !c.Sensitive || diags.HasErrors() {
			return t, diags
		}
		v, diags := t.Whole()
		if diags.HasErrors() {
			return expr.Term{}, diags
		}
		return expr.Data(v.Mark(expr.Sensitive{})), nil
	})
}

func (n *node) slot(name string) *slot {
	if s, ok := n.slots[name]; ok {
		return s
	}
	if n.slots == nil {
		n.slots = map[string]*slot{}
	}
	s := &slot{}
	n.slots[name] = s
	return s
}

// Keys gives the names of everything that has a value.
func (n *node) Keys() ([]string, diagnostic.List) {
	var keys []string
	for _, name := range n.typ.Names() {
		if name == "absent" && !n.typ.Module {
			continue
		}
		keys = append(keys, name)
	}
	return keys, nil
}

// Data computes everything in the block that has a value.
func (n *node) Data() (cty.Value, diagnostic.List) {
	return n.ev.wholly(n, func() string { return "everything in " + n.address() }, n.at(), n.data)
}

// part is one attribute of a block, as a key of evaluator.entire.
type part struct {
	n    *node
	name string
}

// wholePart computes everything in the lazy value of an attribute.
func (n *node) wholePart(name string, t expr.Term) (cty.Value, diagnostic.List) {
	if t.Lazy == nil {
		return t.Val, nil
	}
	at := n.at()
	if o := n.typ.Option(name); o != nil {
		at = n.optionAt(o)
	} else if c := n.typ.ComputedOf(name); c != nil && c.Value != nil {
		at = c.Value.Range()
	}
	return n.ev.wholly(part{n, name}, func() string { return n.address() + "." + name }, at, t.Whole)
}

func (n *node) data() (cty.Value, diagnostic.List) {
	keys, _ := n.Keys()
	var diags diagnostic.List
	vals := map[string]cty.Value{}
	for _, k := range keys {
		t, more := n.Attr(k, n.at())
		diags = diags.Add(more...)
		if more.HasErrors() {
			continue
		}
		v, more := n.wholePart(k, t)
		diags = diags.Add(more...)
		if more.HasErrors() || v.IsNull() && !n.nullable(k) {
			continue
		}
		vals[k] = v
	}
	if diags.HasErrors() {
		return cty.NilVal, diags
	}
	return cty.ObjectVal(vals), nil
}

func (n *node) nullable(name string) bool {
	o := n.typ.Option(name)
	return o != nil && o.Nullable
}

func (n *node) String() string {
	if n.typ.Labelled {
		return n.typ.Name + ` "` + n.label + `"`
	}
	return n.typ.Name
}
