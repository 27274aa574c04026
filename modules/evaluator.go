package modules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/activate-agent/activate/modules/diagnostic"
	"github.com/activate-agent/activate/modules/expr"
)

// evaluator holds what was computed so far. Everything is computed at most
// once, when it is first needed.
type evaluator struct {
	config    *Config
	functions map[string]function.Function
	// blocks are the top-level blocks by type.
	blocks map[string]*collection
	sets   map[string][]*set
	stack  []frame
	// entire is what everything in is being computed of, by key.
	entire map[any]*slot
	reads  *reads
}

func newEvaluator(c *Config, table map[string]function.Function) *evaluator {
	return &evaluator{config: c, functions: table, blocks: map[string]*collection{}, sets: map[string][]*set{}, entire: map[any]*slot{}, reads: newReads()}
}

// frame is one computation that is under way.
type frame struct {
	slot *slot
	what func() string
	at   hcl.Range
}

// slot is a place for a value that is computed once.
type slot struct {
	state slotState
	term  expr.Term
	diags diagnostic.List
}

type slotState byte

const (
	untouched slotState = iota
	underWay
	known
)

// depthLimit keeps a chain of references from using up the stack.
const depthLimit = 20000

// force gives the slot's value, computing it the first time. A slot that needs
// itself is a cycle.
func (ev *evaluator) force(s *slot, what func() string, at hcl.Range, compute func() (expr.Term, diagnostic.List)) (expr.Term, diagnostic.List) {
	switch s.state {
	case known:
		return s.term, s.diags
	case underWay:
		return expr.Term{}, ev.cycle(s)
	default:
	}
	if len(ev.stack) > depthLimit {
		return expr.Term{}, expr.Errorf(at, "References nested too deeply", "More than %d values need one another in a row.", depthLimit)
	}
	s.state = underWay
	ev.stack = append(ev.stack, frame{slot: s, what: what, at: at})
	term, diags := compute()
	ev.stack = ev.stack[:len(ev.stack)-1]
	s.term, s.diags, s.state = term, diags, known
	return term, diags
}

// wholly computes everything in a lazy value, which the key stands for. One
// that holds itself is a cycle.
func (ev *evaluator) wholly(key any, what func() string, at hcl.Range, compute func() (cty.Value, diagnostic.List)) (cty.Value, diagnostic.List) {
	if s := ev.entire[key]; s != nil {
		return cty.NilVal, ev.cycle(s)
	}
	s := &slot{state: underWay}
	ev.entire[key] = s
	ev.stack = append(ev.stack, frame{slot: s, what: what, at: at})
	v, diags := compute()
	ev.stack = ev.stack[:len(ev.stack)-1]
	delete(ev.entire, key)
	return v, diags
}

// cycle words a circle of references, each with its position.
func (ev *evaluator) cycle(s *slot) diagnostic.List {
	first := 0
	for i, f := range ev.stack {
		if f.slot == s {
			first = i
		}
	}
	chain := slices.CompactFunc(slices.Clone(ev.stack[first:]), func(a, b frame) bool { return a.at == b.at && a.what() == b.what() })
	var b strings.Builder
	b.WriteString("These values need each other, so none can be computed:\n")
	for i, f := range chain {
		next := chain[(i+1)%len(chain)].what()
		if next == f.what() && len(chain) == 1 {
			next = "itself"
		}
		fmt.Fprintf(&b, "  %s (%s) needs %s\n", f.what(), rangeOf(f.at), next)
	}
	b.WriteString("Give one of them a value that does not depend on the others.")
	diags := expr.Errorf(chain[0].at, "Cycle", "%s", b.String())
	for _, f := range chain[1:] {
		diags = related(diags, f.at)
	}
	return diags
}

// place is where an expression stands: it gives the names the expression may
// use.
type place struct {
	ev   *evaluator
	file *file
	// owner is the module instance whose body the expression is in; nil in
	// the configuration.
	owner *node
	// self is the innermost block that self means.
	self *node
}

// scope makes the expression scope of a place, with the names that for_each
// and dynamic bind.
func (p *place) scope(bound []bound) *expr.Scope {
	s := expr.NewScope(p, p.ev.functions, &reader{ev: p.ev, file: p.file})
	for _, b := range bound {
		s = s.Bind(b.name, b.term)
	}
	return s
}

// bound is a name that for_each or dynamic gives.
type bound struct {
	name string
	term expr.Term
}

// topBlocks gives the blocks of a type of the top level.
func (ev *evaluator) topBlocks(typ string) *collection {
	if c, ok := ev.blocks[typ]; ok {
		return c
	}
	c := &collection{ev: ev, typ: ev.config.types[typ], nodes: map[string]*node{}}
	ev.blocks[typ] = c
	return c
}

// singleton gives the one block of a type without labels. A module's is there
// as soon as the module is imported.
func (ev *evaluator) singleton(typ string) (*node, diagnostic.List) {
	c := ev.topBlocks(typ)
	diags := c.index()
	if n, ok := c.nodes[""]; ok {
		return n, diags
	}
	n := &node{ev: ev, typ: c.typ}
	c.nodes[""] = n
	return n, diags
}
