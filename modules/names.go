package modules

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/activate-agent/activate/modules/diagnostic"
	"github.com/activate-agent/activate/modules/expr"
)

// Name gives what a name at the start of a reference stands for.
func (p *place) Name(name string, at hcl.Range) (expr.Term, diagnostic.List) {
	switch name {
	case "self":
		if p.self == nil {
			return expr.Term{}, expr.Errorf(at, "No self here", "self is the block that an expression stands in; this one stands in none. In an expression of the configuration, name the block: webapp.blue.port.")
		}
		return expr.Term{Lazy: &selfNames{p.self}}, nil
	case "local":
		return expr.Term{Lazy: &localNames{p}}, nil
	case "each":
		return expr.Term{}, expr.Errorf(at, "No each here", "each.key and each.value are there in a block with for_each = ...")
	case "host":
		return expr.Term{Lazy: p.ev.host()}, nil
	case "path":
		return p.paths(), nil
	}
	t, ok := p.ev.config.types[name]
	switch {
	case !ok:
		return expr.Term{}, p.unknown(name, at)
	case t.Labelled:
		return expr.Term{Lazy: p.ev.topBlocks(name)}, nil
	}
	n, diags := p.ev.singleton(name)
	if diags.HasErrors() {
		return expr.Term{}, diags
	}
	return expr.Term{Lazy: n}, nil
}

func (p *place) unknown(name string, at hcl.Range) diagnostic.List {
	if slices.Contains(BuiltinModules(), name) {
		return expr.Errorf(at, "Module not imported", "%q is a built-in module. Put imports = [%q] at the top of a file to use it.", name, name)
	}
	known := append(slices.Collect(maps.Keys(p.ev.config.types)), "self", "local", "each", "host", "path")
	hint := expr.DidYouMean(name, known)
	if p.self != nil && slices.Contains(p.self.typ.Names(), name) {
		hint = " Did you mean self." + name + "?"
	}
	if _, ok := p.unit().locals[name]; ok {
		hint = " Did you mean local." + name + "?"
	}
	switch {
	case hint != "":
	case name == strings.ToUpper(name):
		hint = fmt.Sprintf(" If it is a shell's variable, $${%s} in a text stands for ${%s}.", name, name)
	default:
		hint = " A string is written in quotes."
	}
	return expr.Errorf(at, "Unknown name", "Nothing is called %q here.%s", name, hint)
}

func (p *place) unit() *unit {
	if p.file == nil {
		return p.ev.config.main
	}
	return p.file.unit
}

func (p *place) paths() expr.Term {
	dir := p.ev.config.rootDir
	if p.file != nil {
		dir = p.file.dir
	}
	return expr.Data(cty.ObjectVal(map[string]cty.Value{
		"module": cty.StringVal(dir), "root": cty.StringVal(p.ev.config.rootDir),
	}))
}

// selfNames is self: the innermost block, and what it lacks is looked up in
// the blocks around it.
type selfNames struct{ n *node }

func (s *selfNames) Attr(name string, at hcl.Range) (expr.Term, diagnostic.List) {
	for n := s.n; n != nil; n = n.parent {
		if t, diags, ok := n.lookup(name); ok {
			return t, diags
		}
	}
	return expr.Term{}, s.n.noSuch(name, at)
}

func (s *selfNames) Keys() ([]string, diagnostic.List) { return s.n.Keys() }

func (s *selfNames) Data() (cty.Value, diagnostic.List) { return s.n.Data() }

func (s *selfNames) String() string { return s.n.String() }

// localNames is local: what the locals blocks of a unit define. Those of a
// module are computed once for each instance, because they may read self.
type localNames struct{ p *place }

func (l *localNames) Attr(name string, at hcl.Range) (expr.Term, diagnostic.List) {
	u := l.p.unit()
	def, ok := u.locals[name]
	if !ok {
		return expr.Term{}, expr.Errorf(at, "Unknown local", "There is no local value %q.%s", name, suggest(name, slices.Collect(maps.Keys(u.locals))))
	}
	return l.p.ev.local(def, l.p.owner)
}

func (l *localNames) Keys() ([]string, diagnostic.List) {
	return slices.Sorted(maps.Keys(l.p.unit().locals)), nil
}

func (l *localNames) Data() (cty.Value, diagnostic.List) {
	at := hcl.Range{}
	for _, def := range l.p.unit().locals {
		if at.Filename == "" || def.at.Start.Byte < at.Start.Byte {
			at = def.at
		}
	}
	return l.p.ev.wholly(localsOf{l.p.unit(), l.p.owner}, l.String, at, func() (cty.Value, diagnostic.List) { return expr.DataOf(l) })
}

// localsOf is all locals of a unit in an instance, as a key of
// evaluator.entire.
type localsOf struct {
	unit  *unit
	owner *node
}

func (l *localNames) String() string { return "all locals" }

func (ev *evaluator) local(def *local, owner *node) (expr.Term, diagnostic.List) {
	s := &def.slot
	if owner != nil {
		if owner.locals == nil {
			owner.locals = map[string]*slot{}
		}
		if owner.locals[def.name] == nil {
			owner.locals[def.name] = &slot{}
		}
		s = owner.locals[def.name]
	}
	p := &place{ev: ev, file: def.file, owner: owner, self: owner}
	return ev.force(s, func() string { return "local." + def.name }, def.at, func() (expr.Term, diagnostic.List) {
		if set := ev.localSet(def); set != nil {
			return expr.Eval(set.value, p.scope(nil))
		}
		return expr.Eval(def.expr, p.scope(nil))
	})
}
