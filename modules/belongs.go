package modules

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/activate-agent/activate/modules/expr"
	"github.com/activate-agent/activate/modules/schema"
)

// attributeAdvice says what to do about an attribute that blocks of type t do
// not have: what it is called here, where it belongs, else what was meant.
func (c *Config) attributeAdvice(name string, t *schema.Block) string {
	return cmp.Or(habitAdvice(name, t), c.nearby(name, t), instead(name, t))
}

// blockAdvice says the same of a block.
func (c *Config) blockAdvice(name string, t *schema.Block) string {
	if place := c.nearby(name, t); place != "" {
		return place
	}
	if _, ok := c.types[name]; ok {
		return fmt.Sprintf(" A %s block stands at the top of a file, in no other block.", name)
	}
	return cmp.Or(expr.DidYouMean(name, t.Names()), c.elsewhere(name), instead(name, t))
}

// nearby says where a name belongs that stands in a block of type t, a level
// too deep or too high; "" when it does not look so.
func (c *Config) nearby(name string, t *schema.Block) string {
	for _, outer := range slices.Backward(c.around(t)) {
		if has(outer, name) {
			return fmt.Sprintf(" It belongs into the %s block around this one.", outer.Name)
		}
	}
	var inner []string
	for _, b := range t.Blocks {
		if has(b, name) {
			inner = append(inner, b.Name)
		}
	}
	if len(inner) == 0 {
		return ""
	}
	return fmt.Sprintf(" It belongs into the %s block in it.", strings.Join(inner, " or "))
}

// elsewhere names the block types that have blocks called name, "" for none.
func (c *Config) elsewhere(name string) string {
	var in []string
	for _, root := range slices.Sorted(maps.Keys(c.types)) {
		if c.types[root].Block(name) != nil {
			in = append(in, root)
		}
	}
	if len(in) == 0 {
		return ""
	}
	return fmt.Sprintf(" It belongs into %s blocks.", strings.Join(in, " or "))
}

// around gives the block types that t is nested in, outermost first.
func (c *Config) around(t *schema.Block) []*schema.Block {
	for _, root := range slices.Sorted(maps.Keys(c.types)) {
		if path, ok := pathTo(c.types[root], t); ok {
			return path
		}
	}
	return nil
}

// pathTo gives the block types from b down to t, without t itself.
func pathTo(b, t *schema.Block) ([]*schema.Block, bool) {
	if b == t {
		return nil, true
	}
	for _, nested := range b.Blocks {
		if path, ok := pathTo(nested, t); ok {
			return append([]*schema.Block{b}, path...), true
		}
	}
	return nil, false
}

func has(b *schema.Block, name string) bool { return b.Option(name) != nil || b.Block(name) != nil }
