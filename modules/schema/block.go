package schema

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// Block is one block type: a core block, a declared module, or an option that
// holds options.
type Block struct {
	Name        string
	Description string
	// Labelled says that the block has a label, its identity.
	Labelled bool
	// Identity is the option that defaults to the label; "" for a block
	// without one.
	Identity string
	// Freeform allows any attribute, and blocks of attributes: the
	// init-specific parts of a service.
	Freeform bool
	// Separate says that blocks of the type do not merge: each is by itself.
	Separate bool
	// Module is set for the block of a declared module.
	Module  bool
	Options []*Option
	Blocks  []*Block
	// Computed are attributes that can be read and not written: a module's
	// outputs, or what a core block derives.
	Computed []*Computed
	// Range is the module's header or the option's; empty for core blocks.
	Range hcl.Range

	byName map[string]*Option
}

// Option is one attribute a block may have.
type Option struct {
	Name        string
	Description string
	Type        *Type
	// Default is evaluated in the block; or DefaultValue is the value. With
	// neither and Required the option must be set.
	Default      hclsyntax.Expression
	DefaultValue cty.Value
	// DefaultText is the default as documentation shows it.
	DefaultText string
	Required    bool
	Nullable    bool
	Sensitive   bool
	// Example is HCL text.
	Example     string
	Validations []Validation
	Deprecated  string
	Range       hcl.Range
}

// Validation is a condition on an option's value, with the message shown when
// it does not hold.
type Validation struct {
	Condition hclsyntax.Expression
	Message   hclsyntax.Expression
}

// Computed is an attribute that can only be read.
type Computed struct {
	Name        string
	Description string
	// Value is evaluated in the block; nil for a core block's, which are
	// derived in Go.
	Value     hclsyntax.Expression
	Sensitive bool
	Range     hcl.Range
}

// Option gives the option of a name, or nil.
func (b *Block) Option(name string) *Option {
	if b.byName != nil {
		return b.byName[name]
	}
	for _, o := range b.Options {
		if o.Name == name {
			return o
		}
	}
	return nil
}

// Index makes looking up options fast; it is called once when the block is
// complete.
func (b *Block) Index() *Block {
	b.byName = make(map[string]*Option, len(b.Options))
	for _, o := range b.Options {
		b.byName[o.Name] = o
	}
	for _, nested := range b.Blocks {
		if nested.byName == nil {
			nested.Index()
		}
	}
	return b
}

// Block gives the nested block type of a name, or nil.
func (b *Block) Block(name string) *Block {
	for _, n := range b.Blocks {
		if n.Name == name {
			return n
		}
	}
	return nil
}

// ComputedOf gives the computed attribute of a name, or nil.
func (b *Block) ComputedOf(name string) *Computed {
	for _, c := range b.Computed {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// Names gives everything that can be read of the block, sorted.
func (b *Block) Names() []string {
	var names []string
	for _, o := range b.Options {
		names = append(names, o.Name)
	}
	for _, n := range b.Blocks {
		names = append(names, n.Name)
	}
	for _, c := range b.Computed {
		names = append(names, c.Name)
	}
	if b.Labelled && b.Identity != "" && !slices.Contains(names, b.Identity) {
		names = append(names, b.Identity)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// HasSensitive reports whether the block or one nested in it has a sensitive
// option.
func (b *Block) HasSensitive() bool {
	return slices.ContainsFunc(b.Options, func(o *Option) bool { return o.Sensitive }) ||
		slices.ContainsFunc(b.Blocks, (*Block).HasSensitive)
}
