package modules

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/activate-agent/activate/modules/diagnostic"
	"github.com/activate-agent/activate/modules/expr"
	"github.com/activate-agent/activate/modules/schema"
)

// collection is all blocks of one type: of the top level, or nested in one
// block. Which there are is found out when it is needed.
type collection struct {
	ev     *evaluator
	typ    *schema.Block
	parent *node
	nodes  map[string]*node
	slot   slot
	live   slot
	alive  []*node
}

// contribution is one written block that takes part in a node.
type contribution struct {
	block *hclsyntax.Block
	body  *hclsyntax.Body
	file  *file
	owner *node
	bound []bound
	scope *expr.Scope
}

func (c *collection) what() string {
	if c.parent != nil {
		return "the list of " + c.parent.address() + "'s " + c.typ.Name + " blocks"
	}
	return "the list of " + c.typ.Name + " blocks"
}

func (c *collection) at() hcl.Range {
	if c.parent != nil {
		return c.parent.at()
	}
	for _, st := range c.ev.config.statements[c.typ.Name] {
		if attr, ok := st.block.Body.Attributes["for_each"]; ok {
			return attr.SrcRange
		}
	}
	for _, st := range c.ev.config.statements[c.typ.Name] {
		return st.block.DefRange()
	}
	return c.typ.Range
}

// index finds the identities of all blocks. What could not be found is in the
// findings; the rest is usable.
func (c *collection) index() diagnostic.List {
	if c.slot.state == known {
		return c.slot.diags
	}
	_, diags := c.ev.force(&c.slot, c.what, c.at(), func() (expr.Term, diagnostic.List) {
		if c.parent != nil {
			return expr.Term{}, c.indexNested()
		}
		return expr.Term{}, c.indexTop()
	})
	return diags
}

func (c *collection) indexTop() diagnostic.List {
	var diags diagnostic.List
	for _, st := range c.ev.config.statements[c.typ.Name] {
		if st.file.unit.module == "" {
			diags = append(diags, c.expand(st.block, st.block.Body, st.file, nil, nil)...)
			continue
		}
		owners, more := c.ev.instances(st.file.unit.module)
		diags = diags.Add(more...)
		for _, owner := range owners {
			diags = diags.Add(c.expand(st.block, st.block.Body, st.file, owner, nil)...)
		}
	}
	return diags
}

// instances gives the instances of a declared module.
func (ev *evaluator) instances(module string) ([]*node, diagnostic.List) {
	if !ev.config.types[module].Labelled {
		n, diags := ev.singleton(module)
		return []*node{n}, diags
	}
	return ev.topBlocks(module).all()
}

func (c *collection) indexNested() diagnostic.List {
	var diags diagnostic.List
	live, more := c.parent.contributions()
	diags = diags.Add(more...)
	for _, from := range live {
		for _, b := range from.body.Blocks {
			switch {
			case b.Type == c.typ.Name:
				diags = diags.Add(c.expand(b, b.Body, from.file, from.owner, from.bound)...)
			case b.Type == "dynamic" && len(b.Labels) == 1 && b.Labels[0] == c.typ.Name:
				diags = diags.Add(c.expandDynamic(b, from)...)
			}
		}
	}
	return diags
}

// expand adds a block once, or once for each element of its for_each.
func (c *collection) expand(b *hclsyntax.Block, body *hclsyntax.Body, f *file, owner *node, outer []bound) diagnostic.List {
	attr, ok := body.Attributes["for_each"]
	if !ok {
		return c.add(b, &contribution{block: b, body: body, file: f, owner: owner, bound: outer}, nil)
	}
	if c.typ.Labelled && c.typ.Identity != "" && body.Attributes[c.typ.Identity] == nil {
		return expr.Errorf(attr.NameRange, "Identity missing",
			"With for_each every block needs a name of its own: set %s = ..., with each.key or each.value in it.", c.typ.Identity)
	}
	s := (&place{ev: c.ev, file: f, owner: owner, self: ownerOr(owner, c.parent)}).scope(outer)
	items, diags := forEach(attr.Expr, s)
	for i := range items {
		each := expr.Term{Lazy: &items[i]}
		inner := append(slices.Clip(outer), bound{"each", each})
		diags = append(diags, c.add(b, &contribution{block: b, body: body, file: f, owner: owner, bound: inner}, nil)...)
	}
	return diags
}

func ownerOr(owner, parent *node) *node {
	if owner != nil {
		return owner
	}
	return parent
}

// forEach gives the elements of a for_each: a map's, or a set's.
func forEach(e hclsyntax.Expression, s *expr.Scope) ([]expr.Item, diagnostic.List) {
	if call, ok := e.(*hclsyntax.FunctionCallExpr); ok && call.Name == "toset" && len(call.Args) == 1 && !call.ExpandFinal {
		if items, ok := setItems(call.Args[0], s); ok {
			return items, nil
		}
	}
	t, diags := expr.Eval(e, s)
	if diags.HasErrors() {
		return nil, diags
	}
	_, isList := t.Lazy.(*expr.Tuple)
	if t.Lazy == nil && !t.Val.IsNull() {
		ty := t.Val.Type()
		isList = ty.IsTupleType() || ty.IsListType()
	}
	if isList {
		return nil, expr.Errorf(e.Range(), "for_each of a list", "for_each goes through a map or a set, so that every block has a lasting name. Write toset(...) around a list of strings.")
	}
	items, marks, diags := expr.Items(t, e.Range(), "for_each")
	if len(marks) > 0 {
		return nil, expr.Errorf(e.Range(), "for_each of a sensitive value", "The names of blocks are shown, so for_each cannot go through a sensitive value. Use nonsensitive() when its keys are no secret.")
	}
	for i, item := range items {
		if item.Value.Lazy == nil && item.Value.Val.Type() == cty.String && item.Key.RawEquals(item.Value.Val) {
			continue
		}
		if item.Key.Type() != cty.String {
			items[i].Key = item.Value.Val
			if items[i].Key.Type() != cty.String {
				str, err := convert.Convert(items[i].Key, cty.String)
				if err != nil {
					return nil, expr.Errorf(e.Range(), "for_each of a set of objects", "The elements of the set must be strings or numbers. Use a map, with a name for each.")
				}
				items[i].Key = str
			}
		}
	}
	return items, diags
}

// setItems goes through toset(LIST OF STRINGS) without making the set, which
// would be sorted by comparing every pair of values.
func setItems(list hclsyntax.Expression, s *expr.Scope) ([]expr.Item, bool) {
	v, diags := expr.Value(list, s)
	if diags.HasErrors() || v.IsMarked() || v.IsNull() || !v.Type().IsTupleType() && !v.Type().IsListType() {
		return nil, false
	}
	elems := v.AsValueSlice()
	for _, e := range elems {
		if e.IsMarked() || e.IsNull() || e.Type() != cty.String {
			return nil, false
		}
	}
	slices.SortFunc(elems, func(a, b cty.Value) int { return strings.Compare(a.AsString(), b.AsString()) })
	elems = slices.CompactFunc(elems, func(a, b cty.Value) bool { return a.AsString() == b.AsString() })
	items := make([]expr.Item, len(elems))
	for i, e := range elems {
		items[i] = expr.Item{Key: e, Value: expr.Data(e)}
	}
	return items, true
}

// add puts a contribution to the node of its identity.
func (c *collection) add(b *hclsyntax.Block, from *contribution, label *string) diagnostic.List {
	name := ""
	if c.typ.Separate {
		name = fmt.Sprintf("%08d", len(c.nodes))
	}
	if c.typ.Labelled {
		var diags diagnostic.List
		if name, diags = c.identity(b, from, label); diags.HasErrors() || name == "" {
			return diags
		}
	}
	n, ok := c.nodes[name]
	if !ok {
		n = &node{ev: c.ev, typ: c.typ, label: name, parent: c.parent}
		c.nodes[name] = n
	}
	n.from = append(n.from, from)
	return nil
}

func (c *collection) identity(b *hclsyntax.Block, from *contribution, label *string) (string, diagnostic.List) {
	attr, ok := from.body.Attributes[c.typ.Identity]
	at := b.DefRange()
	var name string
	switch {
	case ok:
		v, diags := expr.Value(attr.Expr, c.scopeOf(from))
		if diags.HasErrors() {
			return "", diags
		}
		at = attr.Expr.Range()
		str, err := convert.Convert(v, cty.String)
		if err != nil || str.IsNull() || str.IsMarked() {
			return "", expr.Errorf(at, "Invalid identity", "The %s of a %s block is a string that is not sensitive.", c.typ.Identity, c.typ.Name)
		}
		name = str.AsString()
	case label != nil:
		name = *label
	case len(b.Labels) > 0:
		at = b.LabelRanges[0]
		name = b.Labels[0]
	default:
		// Load reported that the label is missing.
		return "", nil
	}
	return c.checkedIdentity(name, at)
}

func (c *collection) checkedIdentity(name string, at hcl.Range) (string, diagnostic.List) {
	if name == "" {
		return "", expr.Errorf(at, "Name missing", "The %s of a %s block must not be empty.", c.typ.Identity, c.typ.Name)
	}
	if c.typ.Identity != "path" && c.typ.Identity != "where" {
		return name, nil
	}
	if slices.Contains(strings.Split(name, "/"), "..") {
		return "", expr.Errorf(at, "Invalid path", "%q has a .. part; write where it leads.", name)
	}
	return path.Clean(name), nil
}

func (c *collection) scopeOf(from *contribution) *expr.Scope {
	return (&place{ev: c.ev, file: from.file, owner: from.owner, self: ownerOr(from.owner, c.parent)}).scope(from.bound)
}

// all gives the blocks that are there, sorted by identity: those with a
// contribution whose `when` holds, and not absent.
func (c *collection) all() ([]*node, diagnostic.List) {
	if c.live.state == known {
		return c.alive, c.live.diags
	}
	_, diags := c.ev.force(&c.live, c.what, c.at(), func() (expr.Term, diagnostic.List) {
		diags := c.index()
		names := make([]string, 0, len(c.nodes))
		for name := range c.nodes {
			names = append(names, name)
		}
		slices.Sort(names)
		c.alive = make([]*node, 0, len(names))
		for _, name := range names {
			n := c.nodes[name]
			there, more := n.exists()
			diags = diags.Add(more...)
			if there {
				c.alive = append(c.alive, n)
			}
		}
		return expr.Term{}, diags
	})
	return c.alive, diags
}

// Attr gives one block.
func (c *collection) Attr(name string, at hcl.Range) (expr.Term, diagnostic.List) {
	diags := c.index()
	if c.typ.Identity == "path" || c.typ.Identity == "where" {
		name = path.Clean(name)
	}
	n, ok := c.nodes[name]
	if !ok {
		if diags.HasErrors() {
			return expr.Term{}, diags
		}
		return expr.Term{}, c.noSuch(name, at)
	}
	there, more := n.exists()
	if more.HasErrors() {
		return expr.Term{}, more
	}
	if !there {
		return expr.Term{}, n.gone(at)
	}
	return expr.Term{Lazy: n}, nil
}

func (c *collection) noSuch(name string, at hcl.Range) diagnostic.List {
	known := make([]string, 0, len(c.nodes))
	for k := range c.nodes {
		known = append(known, k)
	}
	hint := suggest(name, known)
	if len(known) == 0 {
		hint = " There are no blocks of this type."
	}
	of := ""
	if c.parent != nil {
		of = " in " + c.parent.address()
	}
	return expr.Errorf(at, "Unknown reference", "There is no %s %q%s.%s", c.typ.Name, name, of, hint)
}

// suggest gives the name that may be meant, or all when they are few.
func suggest(name string, known []string) string {
	hint := expr.DidYouMean(name, known)
	if hint != "" || len(known) == 0 || len(known) > 10 {
		return hint
	}
	slices.Sort(known)
	return " There is: " + strings.Join(known, ", ") + "."
}

// Keys gives the identities of the blocks that are there.
func (c *collection) Keys() ([]string, diagnostic.List) {
	nodes, diags := c.all()
	if diags.HasErrors() {
		return nil, diags
	}
	keys := make([]string, len(nodes))
	for i, n := range nodes {
		keys[i] = n.label
	}
	return keys, nil
}

// Data computes everything of every block.
func (c *collection) Data() (cty.Value, diagnostic.List) { return expr.DataOf(c) }

// Many says that a splat goes through the blocks.
func (c *collection) Many() bool { return true }

func (c *collection) String() string { return "all " + c.typ.Name + " blocks" }
