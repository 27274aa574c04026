package modules

import (
	"maps"
	"slices"

	"github.com/activate-agent/activate/modules/diagnostic"
	"github.com/activate-agent/activate/modules/expr"
)

// Validate evaluates everything there is, needed or not, and gives every
// problem.
func (c *Config) Validate() Diagnostics {
	_, diags := c.System()
	diags = diags.Add(c.ev.everything()...)
	return c.finish(diags)
}

// everything computes every attribute of every block, every output and every
// local.
func (ev *evaluator) everything() diagnostic.List {
	var diags diagnostic.List
	for _, name := range slices.Sorted(maps.Keys(ev.config.types)) {
		t := ev.config.types[name]
		var nodes []*node
		switch {
		case t.Labelled || t.Separate:
			all, more := ev.topBlocks(name).all()
			nodes, diags = all, diags.Add(more...)
		case t.Module || len(ev.config.statements[name]) > 0:
			n, more := ev.singleton(name)
			nodes, diags = []*node{n}, diags.Add(more...)
		}
		for _, n := range nodes {
			diags = diags.Add(n.everything()...)
		}
	}
	return diags.Add(ev.allLocals(ev.config.main, nil)...)
}

func (n *node) everything() diagnostic.List {
	var diags diagnostic.List
	keys, _ := n.Keys()
	for _, k := range keys {
		t, more := n.Attr(k, n.at())
		diags = diags.Add(more...)
		if more.HasErrors() {
			continue
		}
		diags = diags.Add(n.everythingIn(k, t)...)
	}
	if n.typ.Module {
		diags = diags.Add(n.ev.moduleLocals(n)...)
	}
	return diags
}

// everythingIn goes on into nested blocks, so that a broken one does not hide
// the others. Blocks that an attribute refers to are not its own.
func (n *node) everythingIn(name string, t expr.Term) diagnostic.List {
	switch l := t.Lazy.(type) {
	case *node:
		if l.parent == n {
			return l.everything()
		}
	case *collection:
		if l.parent == n {
			kids, diags := l.all()
			for _, kid := range kids {
				diags = diags.Add(kid.everything()...)
			}
			return diags
		}
	}
	_, diags := n.wholePart(name, t)
	return diags
}

func (ev *evaluator) moduleLocals(owner *node) diagnostic.List {
	for _, u := range ev.config.units {
		if u.module == owner.typ.Name {
			return ev.allLocals(u, owner)
		}
	}
	return nil
}

func (ev *evaluator) allLocals(u *unit, owner *node) diagnostic.List {
	var diags diagnostic.List
	for _, name := range slices.Sorted(maps.Keys(u.locals)) {
		t, more := ev.local(u.locals[name], owner)
		diags = diags.Add(more...)
		if more.HasErrors() {
			continue
		}
		_, more = t.Whole()
		diags = diags.Add(more...)
	}
	return diags
}
