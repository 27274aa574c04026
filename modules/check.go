package modules

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/activate-agent/activate/modules/diagnostic"
	"github.com/activate-agent/activate/modules/expr"
	"github.com/activate-agent/activate/modules/schema"
)

// check finds what is wrong without evaluating anything: names of blocks and
// attributes, and labels.
//
// An incomplete configuration lacks modules, so unknown block types say
// nothing there.
func (c *Config) check(incomplete bool) diagnostic.List {
	var diags diagnostic.List
	for _, f := range c.files {
		if f.garbled {
			continue
		}
		for _, attr := range sortedAttributes(f.body) {
			if attr.Name != "imports" {
				diags = diags.Add(expr.Errorf(attr.NameRange, "Unsupported attribute",
					"Only imports stands at the top of a file; other values belong into blocks. A value for use in this configuration is written locals { %s = ... }.", attr.Name)...)
			}
		}
		for _, b := range f.body.Blocks {
			diags = append(diags, c.checkTop(b, incomplete)...)
		}
	}
	return diags
}

func (c *Config) checkTop(b *hclsyntax.Block, incomplete bool) diagnostic.List {
	switch b.Type {
	case "module", "option", "output":
		return nil
	case "locals":
		if len(b.Labels) > 0 {
			return expr.Errorf(b.LabelRanges[0], "Unexpected label", "A locals block has no name.")
		}
		return nil
	}
	t, ok := c.types[b.Type]
	switch {
	case ok:
		return c.checkBlock(b, t)
	case incomplete:
		return nil
	}
	return c.unknownBlock(b)
}

func (c *Config) unknownBlock(b *hclsyntax.Block) diagnostic.List {
	if slices.Contains(BuiltinModules(), b.Type) {
		return expr.Errorf(b.TypeRange, "Module not imported", "%q is a built-in module. Put imports = [%q] at the top of a file to use it.", b.Type, b.Type)
	}
	if place := c.elsewhere(b.Type); place != "" {
		return expr.Errorf(b.TypeRange, "Block out of place", "There is no block type %q at the top of a file.%s", b.Type, place)
	}
	known := slices.Concat(slices.Collect(maps.Keys(c.types)), []string{"locals", "module", "option", "output"})
	return expr.Errorf(b.TypeRange, "Unknown block type",
		"There is no block type %q.%s A module becomes a block type when it is imported.", b.Type, expr.DidYouMean(b.Type, known))
}

// checkBlock checks one block and those in it. Nearly all blocks of a large
// configuration are right, so that path allocates nothing.
func (c *Config) checkBlock(b *hclsyntax.Block, t *schema.Block) diagnostic.List {
	diags := checkLabels(b, t)
	odd := 0
	for name := range b.Body.Attributes {
		if !knownAttribute(name, t) || deprecation(name, t) != "" {
			odd++
		}
	}
	if odd > 0 {
		diags = diags.Add(c.wrongAttributes(b.Body, t)...)
	}
	for _, nested := range b.Body.Blocks {
		diags = diags.Add(c.checkNested(nested, t)...)
	}
	return diags
}

func knownAttribute(name string, t *schema.Block) bool {
	switch name {
	case "when", "for_each":
		return true
	}
	return t.Freeform || t.Option(name) != nil || name == t.Identity && t.Labelled
}

// misread tells that the block has names in it that its type does not know: each
// is a finding, and may be meant for what the block lacks.
func (n *node) misread() bool {
	return slices.ContainsFunc(n.live, func(c *contribution) bool {
		for name := range c.body.Attributes {
			if !knownAttribute(name, n.typ) {
				return true
			}
		}
		return slices.ContainsFunc([]*hclsyntax.Block(c.body.Blocks), func(b *hclsyntax.Block) bool { return n.typ.Block(b.Type) == nil })
	})
}

// deprecation is what an option's declaration says to use instead of it.
func deprecation(name string, t *schema.Block) string {
	if o := t.Option(name); o != nil {
		return o.Deprecated
	}
	return ""
}

// wrongAttributes finds what is not known, and warns of what should no longer
// be used.
func (c *Config) wrongAttributes(body *hclsyntax.Body, t *schema.Block) diagnostic.List {
	var diags diagnostic.List
	for _, attr := range sortedAttributes(body) {
		switch {
		case deprecation(attr.Name, t) != "":
			found := expr.Errorf(attr.NameRange, "Deprecated option", "%s of %s is deprecated: %s", attr.Name, t.Name, deprecation(attr.Name, t))
			found[0].Severity = diagnostic.Warning
			diags = diags.Add(related(found, t.Option(attr.Name).Range)...)
		case knownAttribute(attr.Name, t):
		case t.Block(attr.Name) != nil:
			diags = diags.Add(expr.Errorf(attr.NameRange, "Block written as attribute", "%q is a block: write %s { ... }, without the equals sign.", attr.Name, attr.Name)...)
		case t.ComputedOf(attr.Name) != nil:
			diags = diags.Add(readOnly(attr.Name, t, attr.NameRange)...)
		default:
			diags = diags.Add(related(expr.Errorf(attr.NameRange, "Unsupported attribute", "There is no attribute %q in %s blocks.%s", attr.Name, t.Name, c.attributeAdvice(attr.Name, t)), t.Range)...)
		}
	}
	return diags
}

// manyNames are more than anybody wants to read in a finding.
const manyNames = 16

// instead says what to write for a name that a block does not have: the one it
// is close to, else all there are.
func instead(name string, t *schema.Block) string {
	if near := expr.DidYouMean(name, t.Names()); near != "" {
		return near
	}
	names := slices.Sorted(slices.Values(t.Names()))
	if len(names) == 0 || len(names) > manyNames {
		return fmt.Sprintf(" \"activate options %s\" lists what there is.", t.Name)
	}
	return fmt.Sprintf(" There are %s.", strings.Join(names, ", "))
}

// readOnly says of an output that nothing defines it.
func readOnly(name string, t *schema.Block, at hcl.Range) diagnostic.List {
	return expr.Errorf(at, "Read-only attribute", "%q of %s is computed and can only be read.", name, t.Name)
}

func checkLabels(b *hclsyntax.Block, t *schema.Block) diagnostic.List {
	switch {
	case !t.Labelled && len(b.Labels) > 0:
		return expr.Errorf(b.LabelRanges[0], "Unexpected label", "There is one %s, and its definitions merge, so it has no name. Write %s { ... }.", t.Name, t.Name)
	case t.Labelled && len(b.Labels) > 1:
		return expr.Errorf(b.LabelRanges[1], "Unexpected label", "Blocks of the type %s have one name.", t.Name)
	case t.Labelled && len(b.Labels) == 0 && b.Body.Attributes[t.Identity] == nil:
		return expr.Errorf(b.DefRange(), "Name missing", "It is written %s \"NAME\" { ... }%s.", t.Name, identityHint(t))
	}
	return nil
}

func identityHint(t *schema.Block) string {
	if t.Identity == "" {
		return ""
	}
	return fmt.Sprintf(", or with %s = ... in it", t.Identity)
}

func (c *Config) checkNested(b *hclsyntax.Block, t *schema.Block) diagnostic.List {
	if b.Type == "dynamic" {
		return c.checkDynamic(b, t)
	}
	if t.Freeform {
		return nil
	}
	nested := t.Block(b.Type)
	if nested != nil {
		return c.checkBlock(b, nested)
	}
	if t.Option(b.Type) != nil {
		return expr.Errorf(b.TypeRange, "Attribute written as block", "%q is an attribute: write %s = ..., with an equals sign.", b.Type, b.Type)
	}
	return expr.Errorf(b.TypeRange, "Unsupported block", "There is no block %q in %s blocks.%s", b.Type, t.Name, c.blockAdvice(b.Type, t))
}

func (c *Config) checkDynamic(b *hclsyntax.Block, t *schema.Block) diagnostic.List {
	if len(b.Labels) != 1 {
		return expr.Errorf(b.DefRange(), "Invalid dynamic block", `It is written dynamic "BLOCK" { for_each = ... content { ... } }.`)
	}
	h := head{body: b.Body, what: "dynamic block", known: []string{"for_each", "iterator", "labels", "when"}, blocks: []string{"content"}}
	diags := h.check()
	if _, ok := b.Body.Attributes["for_each"]; !ok {
		diags = diags.Add(expr.Errorf(b.DefRange(), "Invalid dynamic block", "for_each is missing: what the block is repeated for.")...)
	}
	contents := 0
	nested := t.Block(b.Labels[0])
	if nested == nil && !t.Freeform {
		return diags.Add(expr.Errorf(b.LabelRanges[0], "Unsupported block", "There is no block %q in %s blocks.%s", b.Labels[0], t.Name, c.blockAdvice(b.Labels[0], t))...)
	}
	for _, content := range b.Body.Blocks {
		if content.Type != "content" {
			continue
		}
		contents++
		if nested != nil {
			diags = diags.Add(c.checkContent(content, nested)...)
		}
	}
	if contents != 1 {
		diags = diags.Add(expr.Errorf(b.DefRange(), "Invalid dynamic block", "It needs exactly one content { ... } block.")...)
	}
	return diags
}

// checkContent is checkBlock for the content of a dynamic block, whose labels
// are given by the labels attribute.
func (c *Config) checkContent(content *hclsyntax.Block, t *schema.Block) diagnostic.List {
	shown := *t
	shown.Labelled = false
	var diags diagnostic.List
	for name := range content.Body.Attributes {
		if !knownAttribute(name, t) || deprecation(name, t) != "" {
			diags = c.wrongAttributes(content.Body, t)
			break
		}
	}
	for _, nested := range content.Body.Blocks {
		diags = diags.Add(c.checkNested(nested, &shown)...)
	}
	return diags
}

// quote gives an identity as it stands in a reference: .name or ["na/me"].
func quote(label string) string {
	if isWord(label) {
		return "." + label
	}
	return `["` + strings.ReplaceAll(label, `"`, `\"`) + `"]`
}

// isWord reports whether s can stand after a dot.
func isWord(s string) bool {
	for i, c := range s {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
		if !letter && (i == 0 || c != '-' && (c < '0' || c > '9')) {
			return false
		}
	}
	return s != ""
}
