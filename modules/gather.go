package modules

import (
	"runtime"

	"github.com/zclconf/go-cty/cty"
	"golang.org/x/sync/errgroup"

	"github.com/activate-agent/activate/modules/diagnostic"
	"github.com/activate-agent/activate/modules/expr"
	"github.com/activate-agent/activate/modules/schema"
)

// fewBlocks are read one after the other; more are worth a second processor.
const fewBlocks = 64

// gather adds to out what is read of the blocks of a type that are there, sorted
// by identity. The evaluator is for one goroutine, so several at once read only
// what is plain.
func gather[T any](d *decoder, out []T, typ string, read func(*reading) T) []T {
	nodes, diags := d.ev.topBlocks(typ).all()
	d.add(diags)
	before := len(out)
	out = append(out, make([]T, len(nodes))...)
	g := &gathering[T]{ev: d.ev, nodes: nodes, read: read, out: out[before:], found: make([]finding, len(nodes))}
	g.early()
	for i := range g.found {
		if !g.found[i].done {
			g.one(i)
		}
		d.add(g.found[i].diags)
		d.sensitive = d.sensitive || g.found[i].sensitive
	}
	return out
}

type gathering[T any] struct {
	ev    *evaluator
	nodes []*node
	read  func(*reading) T
	// out and found have what was read of each node, and what was found there.
	out   []T
	found []finding
}

type finding struct {
	diags     diagnostic.List
	sensitive bool
	done      bool
}

// early reads the plain blocks, where there are many.
func (g *gathering[T]) early() {
	parts := min(runtime.GOMAXPROCS(0), len(g.nodes)/fewBlocks)
	if parts < 2 || len(g.ev.sets) > 0 {
		return
	}
	asked := unsaid(g.nodes[0].typ)
	var group errgroup.Group
	for p := range parts {
		group.Go(func() error {
			for i := len(g.nodes) * p / parts; i < len(g.nodes)*(p+1)/parts; i++ {
				if g.nodes[i].plain(asked) {
					g.one(i)
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		panic("internal error: reading blocks gives diagnostics, not errors: " + err.Error())
	}
}

func (g *gathering[T]) one(i int) {
	d := &decoder{ev: g.ev}
	g.out[i] = g.read(&reading{d: d, n: g.nodes[i]})
	g.found[i] = finding{diags: d.diags, sensitive: d.sensitive, done: true}
}

// unsaid are the options of a type that need the evaluator where they are not
// written.
func unsaid(typ *schema.Block) []*schema.Option {
	var out []*schema.Option
	for _, o := range typ.Options {
		if len(o.Validations) > 0 || o.DefaultValue == cty.NilVal && (o.Required || o.Default != nil) {
			out = append(out, o)
		}
	}
	return out
}

// plain tells whether reading the block needs nothing but itself: it is written
// once, with literals that fit their options, and asks for no file. asked are the
// options that it has to say for that.
func (n *node) plain(asked []*schema.Option) bool {
	if len(n.live) != 1 || len(n.slots) > 0 || len(n.live[0].body.Blocks) > 0 {
		return false
	}
	written := n.live[0].body.Attributes
	for name, attr := range written {
		if _, literal := expr.Literal(attr.Expr); !literal || name == "source" {
			return false
		}
		if o := n.typ.Option(name); o != nil {
			if _, ok := n.quick(o); !ok {
				return false
			}
		}
	}
	for _, o := range asked {
		if written[o.Name] == nil {
			return false
		}
	}
	return true
}
