package modules

import (
	"context"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/activate-agent/activate/modules/expr"
	"github.com/activate-agent/activate/modules/functions"
	"github.com/activate-agent/activate/modules/schema"
)

// BlockDoc documents one block type: a core block or a declared module.
type BlockDoc struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	// Module tells a declared module from a core block.
	Module bool `json:"module"`
	// Labelled says that the block has a name: webapp "blue" { … }.
	Labelled bool `json:"labelled"`
	// Declared is where the module's header stands, "webapp.hcl:1".
	Declared string      `json:"declared,omitempty"`
	Options  []OptionDoc `json:"options"`
}

// OptionDoc documents one option. Those of nested blocks have the block's name
// before theirs: "process.argv", "virtual_host.*.root".
type OptionDoc struct {
	Name        string `json:"name"`
	Type        string `json:"type"`
	Description string `json:"description"`
	// Default and Example are HCL text, empty for none.
	Default   string `json:"default,omitempty"`
	Example   string `json:"example,omitempty"`
	Required  bool   `json:"required"`
	Nullable  bool   `json:"nullable,omitempty"`
	Sensitive bool   `json:"sensitive,omitempty"`
	// ReadOnly is set for outputs and other computed values.
	ReadOnly bool `json:"read_only,omitempty"`
	// Deprecated says what to use instead, empty for an option that stays.
	Deprecated string `json:"deprecated,omitempty"`
	Declared   string `json:"declared,omitempty"`
}

// FunctionDoc documents one function.
type FunctionDoc struct {
	Name        string `json:"name"`
	Usage       string `json:"usage"`
	Group       string `json:"group"`
	Description string `json:"description"`
}

// Functions documents every function that expressions may call, by group.
func Functions() []FunctionDoc {
	var out []FunctionDoc
	for _, e := range functions.Entries() {
		out = append(out, FunctionDoc{Name: e.Name, Usage: e.Usage, Group: e.Group, Description: e.Description})
	}
	return out
}

// LoadBuiltin loads a configuration that imports every built-in module and
// nothing else, for documentation without a configuration at hand.
func LoadBuiltin(ctx context.Context, host Host) (*Config, Diagnostics) {
	l := newLoader()
	src := []byte("imports = [\"" + strings.Join(BuiltinModules(), `", "`) + "\"]\n")
	root := &group{key: "builtin", root: true}
	root.files = []*file{l.add(&file{name: "builtin", origin: "builtin", key: "builtin", builtin: true, src: src})}
	l.wave(ctx, []*group{root})
	return build(l, root, Options{Host: host})
}

// Blocks documents every block type the configuration may use, core blocks
// first, each part by name.
func (c *Config) Blocks() []BlockDoc {
	var out []BlockDoc
	for _, name := range sortedKeys(c.types) {
		t := c.types[name]
		doc := BlockDoc{Name: name, Description: t.Description, Module: t.Module, Labelled: t.Labelled, Declared: c.declaredAt(t.Range)}
		doc.Options = c.optionDocs("", t)
		slices.SortStableFunc(doc.Options, func(a, b OptionDoc) int { return strings.Compare(a.Name, b.Name) })
		out = append(out, doc)
	}
	slices.SortStableFunc(out, func(a, b BlockDoc) int {
		switch {
		case a.Module == b.Module:
			return 0
		case b.Module:
			return -1
		}
		return 1
	})
	return out
}

// Block documents one block type. An unknown name is an error with the name
// that may be meant.
func (c *Config) Block(name string) (BlockDoc, Diagnostics) {
	for _, b := range c.Blocks() {
		if b.Name == name {
			return b, nil
		}
	}
	return BlockDoc{}, expr.Errorf(hcl.Range{}, "Unknown block type", "There is no module or core block %q.%s", name, expr.DidYouMean(name, sortedKeys(c.types)))
}

func (c *Config) optionDocs(prefix string, t *schema.Block) []OptionDoc {
	var out []OptionDoc
	for _, o := range t.Options {
		out = append(out, OptionDoc{
			Name: prefix + o.Name, Type: o.Type.String(), Description: o.Description, Default: defaultText(o), Example: o.Example,
			Required: o.Required, Nullable: o.Nullable, Sensitive: o.Sensitive, Deprecated: o.Deprecated, Declared: c.declaredAt(o.Range),
		})
	}
	for _, o := range t.Computed {
		out = append(out, OptionDoc{
			Name: prefix + o.Name, Type: "any", Description: o.Description, Sensitive: o.Sensitive, ReadOnly: true, Declared: c.declaredAt(o.Range),
		})
	}
	for _, b := range t.Blocks {
		name := prefix + b.Name
		out = append(out, OptionDoc{Name: name, Type: "block", Description: b.Description, Declared: c.declaredAt(b.Range)})
		if b.Labelled {
			name += ".*"
		}
		out = append(out, c.optionDocs(name+".", b)...)
	}
	return out
}

// defaultText is an option's default as everybody may read it.
func defaultText(o *schema.Option) string {
	if o.Sensitive && o.DefaultText != "" && o.DefaultText != "null" {
		return "(sensitive value)"
	}
	return o.DefaultText
}

// declaredAt gives a position as plans show it, "" for core blocks.
func (c *Config) declaredAt(at hcl.Range) string {
	if at.Filename == "" {
		return ""
	}
	r := rangeOf(at)
	for _, f := range c.files {
		if f.name == at.Filename {
			r.Filename = f.origin
		}
	}
	return r.Origin()
}

func newLoader() *loader {
	return &loader{dirs: map[string][]string{}, ways: map[string]string{}, files: map[string]*file{}, groups: map[string]*group{}, targets: map[*file][]*group{}}
}
