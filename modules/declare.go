package modules

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/activate-agent/activate/modules/diagnostic"
	"github.com/activate-agent/activate/modules/expr"
	"github.com/activate-agent/activate/modules/schema"
)

func rangeOf(r hcl.Range) Range { return expr.Range(r) }

// declare makes the block types of the declared modules, collects locals and
// sorts the other blocks by type.
func (c *Config) declare() diagnostic.List {
	var diags diagnostic.List
	for _, b := range schema.Core() {
		c.types[b.Name] = b
	}
	for _, u := range c.units {
		diags = diags.Add(c.declareUnit(u)...)
	}
	for _, f := range c.files {
		for _, b := range f.body.Blocks {
			switch b.Type {
			case "module", "option", "output", "locals":
				continue
			}
			c.statements[b.Type] = append(c.statements[b.Type], statement{b, f})
		}
	}
	return diags
}

func (c *Config) declareUnit(u *unit) diagnostic.List {
	var diags diagnostic.List
	var block *schema.Block
	for _, f := range u.files {
		if f.header == nil {
			continue
		}
		b, more := c.declareModule(f.header, block)
		diags = diags.Add(more...)
		if b != nil {
			block = b
			u.module = b.Name
		}
	}
	for _, f := range u.files {
		diags = diags.Add(declareIn(f, u, block)...)
	}
	if block != nil {
		block.Index()
	}
	return diags
}

func (c *Config) declareModule(header *hclsyntax.Block, earlier *schema.Block) (*schema.Block, diagnostic.List) {
	name, diags := oneLabel(header, "module")
	if diags.HasErrors() {
		return nil, diags
	}
	if earlier != nil {
		return nil, related(expr.Errorf(header.DefRange(), "Second module header",
			"The files of a directory are one module together, so only one has a header. Import the other file by itself."), earlier.Range)
	}
	if slices.Contains(schema.Reserved(), name) {
		return nil, expr.Errorf(header.LabelRanges[0], "Reserved name", "%q has a meaning of its own in the language. Give the module another name.", name)
	}
	if !hclsyntax.ValidIdentifier(name) {
		return nil, expr.Errorf(header.LabelRanges[0], "Invalid name", "A module's name is a word of letters, digits, _ and -: it becomes a block type.")
	}
	if other, ok := c.types[name]; ok {
		return nil, related(expr.Errorf(header.DefRange(), "Module declared twice",
			"There are two modules %q. Rename one, or import only one.", name), other.Range)
	}
	block := &schema.Block{Name: name, Module: true, Range: header.DefRange()}
	h := head{body: header.Body, what: "module header", known: []string{"description", "labelled"}}
	diags = h.check()
	block.Description, diags = h.text("description", diags)
	block.Labelled, diags = h.flag("labelled", diags)
	if block.Labelled {
		block.Identity = "name"
	}
	c.types[name] = block
	return block, diags
}

func declareIn(f *file, u *unit, block *schema.Block) diagnostic.List {
	var diags diagnostic.List
	for _, b := range f.body.Blocks {
		switch b.Type {
		case "locals":
			diags = diags.Add(declareLocals(b, f, u)...)
		case "option", "output":
			if block == nil {
				diags = diags.Add(expr.Errorf(b.DefRange(), "Not in a module",
					`%s blocks belong into a declared module. Put module "NAME" { description = "..." } into this file, or into one beside it that is imported with it.`, b.Type)...)
				continue
			}
			if b.Type == "option" {
				diags = diags.Add(declareOption(b, block, f.src)...)
			} else {
				diags = diags.Add(declareOutput(b, block)...)
			}
		}
	}
	return diags
}

func oneLabel(b *hclsyntax.Block, what string) (string, diagnostic.List) {
	if len(b.Labels) != 1 || b.Labels[0] == "" {
		return "", expr.Errorf(b.DefRange(), "Name missing", `It is written %s "NAME" { ... }, with one name.`, what)
	}
	return b.Labels[0], nil
}

func declareLocals(b *hclsyntax.Block, f *file, u *unit) diagnostic.List {
	var diags diagnostic.List
	for _, nested := range b.Body.Blocks {
		diags = diags.Add(expr.Errorf(nested.DefRange(), "Unsupported block", "A locals block holds only name = value.")...)
	}
	for name, attr := range b.Body.Attributes {
		if other, twice := u.locals[name]; twice {
			diags = diags.Add(related(expr.Errorf(attr.NameRange, "Local defined twice", "local.%s already has a value. Locals do not merge: rename one.", name), other.at)...)
			continue
		}
		u.locals[name] = &local{name: name, expr: attr.Expr, file: f, at: attr.NameRange}
	}
	return diags
}

func declareOutput(b *hclsyntax.Block, block *schema.Block) diagnostic.List {
	name, diags := oneLabel(b, "output")
	if diags.HasErrors() {
		return diags
	}
	h := head{body: b.Body, what: "output", known: []string{"value", "description", "sensitive"}}
	diags = h.check()
	out := &schema.Computed{Name: name, Range: b.DefRange()}
	out.Description, diags = h.text("description", diags)
	out.Sensitive, diags = h.flag("sensitive", diags)
	attr, ok := b.Body.Attributes["value"]
	if !ok {
		return diags.Add(expr.Errorf(b.DefRange(), "Value missing", "An output needs value = EXPRESSION.")...)
	}
	out.Value = attr.Expr
	if more := unusedName(name, b, block); more.HasErrors() {
		return diags.Add(more...)
	}
	block.Computed = append(block.Computed, out)
	return diags
}

// unusedName refuses a second option or output of one name, and names that a
// block has anyway.
func unusedName(name string, b *hclsyntax.Block, block *schema.Block) diagnostic.List {
	if !hclsyntax.ValidIdentifier(name) {
		return expr.Errorf(b.LabelRanges[0], "Invalid name", "The name of an %s is a word of letters, digits, _ and -.", b.Type)
	}
	if slices.Contains([]string{"when", "for_each", "dynamic"}, name) {
		return expr.Errorf(b.LabelRanges[0], "Reserved name", "Every block understands %q already.", name)
	}
	const twice = "The module %q already has %q. Rename one."
	if o := block.Option(name); o != nil {
		return related(expr.Errorf(b.DefRange(), "Declared twice", twice, block.Name, name), o.Range)
	}
	if o := block.ComputedOf(name); o != nil {
		return related(expr.Errorf(b.DefRange(), "Declared twice", twice, block.Name, name), o.Range)
	}
	if o := block.Block(name); o != nil {
		return related(expr.Errorf(b.DefRange(), "Declared twice", twice, block.Name, name), o.Range)
	}
	return nil
}

func declareOption(b *hclsyntax.Block, block *schema.Block, src []byte) diagnostic.List {
	name, diags := oneLabel(b, "option")
	if diags.HasErrors() {
		return diags
	}
	if more := unusedName(name, b, block); more.HasErrors() {
		return more
	}
	if holdsOptions(b) {
		return declareGroup(name, b, block, src)
	}
	h := head{body: b.Body, what: "option", known: []string{"type", "default", "description", "example", "nullable", "sensitive", "deprecated"}, blocks: []string{"validation", "option"}}
	diags = h.check()
	o := &schema.Option{Name: name, Range: b.DefRange(), Type: &schema.Type{Kind: schema.Any}}
	o.Description, diags = h.text("description", diags)
	o.Deprecated, diags = h.text("deprecated", diags)
	o.Nullable, diags = h.flag("nullable", diags)
	o.Sensitive, diags = h.flag("sensitive", diags)
	if attr, ok := b.Body.Attributes["type"]; ok {
		t, more := schema.ParseType(attr.Expr)
		diags = diags.Add(more...)
		if !more.HasErrors() {
			o.Type = t
		}
	}
	o.Example = sourceText(b.Body.Attributes["example"], src)
	o.DefaultText = sourceText(b.Body.Attributes["default"], src)
	for _, v := range b.Body.Blocks {
		if v.Type == "validation" {
			diags = diags.Add(declareValidation(o, v)...)
		}
	}
	diags = diags.Add(declareDefault(o, b)...)
	if diags.HasErrors() {
		// What is missing or wrong in its values would be a consequence.
		o.Type, o.Required, o.Nullable, o.Default, o.DefaultValue = &schema.Type{Kind: schema.Any}, false, true, nil, cty.NilVal
	}
	block.Options = append(block.Options, o)
	return diags
}

// sourceText gives an attribute's expression as it is written.
func sourceText(attr *hclsyntax.Attribute, src []byte) string {
	if attr == nil {
		return ""
	}
	return strings.TrimSpace(string(attr.Expr.Range().SliceBytes(src)))
}

func declareDefault(o *schema.Option, b *hclsyntax.Block) diagnostic.List {
	attr, ok := b.Body.Attributes["default"]
	o.Required = !ok && !o.Nullable
	if !ok {
		return nil
	}
	v, literal := expr.Literal(attr.Expr)
	if literal && v.IsNull() {
		o.Nullable = true
		return nil
	}
	o.Default = attr.Expr
	if !literal {
		return nil
	}
	out, problem := o.Type.Convert(v)
	if problem != nil {
		return expr.Errorf(attr.Expr.Range(), "Invalid default", "The default of %q does not fit its type: %s", o.Name, problem.Text())
	}
	if len(o.Validations) == 0 {
		o.DefaultValue = out
	}
	return nil
}

func declareValidation(o *schema.Option, v *hclsyntax.Block) diagnostic.List {
	h := head{body: v.Body, what: "validation", known: []string{"condition", "message", "error_message"}}
	diags := h.check()
	condition, message := v.Body.Attributes["condition"], v.Body.Attributes["message"]
	if message == nil {
		message = v.Body.Attributes["error_message"]
	}
	if condition == nil || message == nil {
		return diags.Add(expr.Errorf(v.DefRange(), "Incomplete validation", "A validation needs condition and message.")...)
	}
	o.Validations = append(o.Validations, schema.Validation{Condition: condition.Expr, Message: message.Expr})
	return diags
}

func holdsOptions(b *hclsyntax.Block) bool {
	if _, ok := b.Body.Attributes["labelled"]; ok {
		return true
	}
	return slices.ContainsFunc(b.Body.Blocks, func(n *hclsyntax.Block) bool { return n.Type == "option" || n.Type == "output" })
}

// declareGroup declares an option that holds options: a nested block type.
func declareGroup(name string, b *hclsyntax.Block, block *schema.Block, src []byte) diagnostic.List {
	h := head{body: b.Body, what: "option", known: []string{"description", "labelled"}, blocks: []string{"option", "output"}}
	diags := h.check()
	nested := &schema.Block{Name: name, Range: b.DefRange()}
	nested.Description, diags = h.text("description", diags)
	nested.Labelled, diags = h.flag("labelled", diags)
	if nested.Labelled {
		nested.Identity = "name"
	}
	for _, n := range b.Body.Blocks {
		switch n.Type {
		case "option":
			diags = diags.Add(declareOption(n, nested, src)...)
		case "output":
			diags = diags.Add(declareOutput(n, nested)...)
		}
	}
	block.Blocks = append(block.Blocks, nested)
	return diags
}

// head reads the literal attributes of a declaration.
type head struct {
	body   *hclsyntax.Body
	what   string
	known  []string
	blocks []string
}

func (h head) check() diagnostic.List {
	var diags diagnostic.List
	for _, attr := range sortedAttributes(h.body) {
		if !slices.Contains(h.known, attr.Name) {
			diags = diags.Add(expr.Errorf(attr.NameRange, "Unsupported attribute", "There is no attribute %q in this %s.%s", attr.Name, h.what, expr.DidYouMean(attr.Name, h.known))...)
		}
	}
	for _, b := range h.body.Blocks {
		if !slices.Contains(h.blocks, b.Type) {
			diags = diags.Add(expr.Errorf(b.TypeRange, "Unsupported block", "There is no block %q in this %s.%s", b.Type, h.what, expr.DidYouMean(b.Type, h.blocks))...)
		}
	}
	return diags
}

func (h head) literal(name string, want cty.Type, diags diagnostic.List) (cty.Value, diagnostic.List) {
	attr, ok := h.body.Attributes[name]
	if !ok {
		return cty.NilVal, diags
	}
	v, problems := attr.Expr.Value(nil)
	if problems.HasErrors() || v.IsNull() || v.Type() != want {
		return cty.NilVal, diags.Add(expr.Errorf(attr.Expr.Range(), "Invalid declaration", "%s of this %s must be a literal %s.", name, h.what, want.FriendlyName())...)
	}
	return v, diags
}

func (h head) text(name string, diags diagnostic.List) (string, diagnostic.List) {
	v, diags := h.literal(name, cty.String, diags)
	if v == cty.NilVal {
		return "", diags
	}
	return v.AsString(), diags
}

func (h head) flag(name string, diags diagnostic.List) (bool, diagnostic.List) {
	v, diags := h.literal(name, cty.Bool, diags)
	return v != cty.NilVal && v.True(), diags
}

func sortedAttributes(body *hclsyntax.Body) []*hclsyntax.Attribute {
	out := make([]*hclsyntax.Attribute, 0, len(body.Attributes))
	for _, a := range body.Attributes {
		out = append(out, a)
	}
	slices.SortFunc(out, func(a, b *hclsyntax.Attribute) int { return a.NameRange.Start.Byte - b.NameRange.Start.Byte })
	return out
}
