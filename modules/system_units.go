package modules

import (
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/activate-agent/activate/daemon"
	"github.com/activate-agent/activate/modules/expr"
	"github.com/activate-agent/activate/modules/schema"
)

// rangeOfOrigin finds the block that a plan would call by this origin.
func (ev *evaluator) rangeOfOrigin(origin string) hcl.Range {
	for _, statements := range ev.config.statements {
		for _, st := range statements {
			if at := rangeIn(st.block, st.file, origin); at.Filename != "" {
				return at
			}
		}
	}
	return hcl.Range{}
}

// rangeIn finds it in a block or those inside.
func rangeIn(b *hclsyntax.Block, f *file, origin string) hcl.Range {
	if (&contribution{block: b, file: f}).origin() == origin {
		return b.DefRange()
	}
	for _, inner := range b.Body.Blocks {
		if at := rangeIn(inner, f, origin); at.Filename != "" {
			return at
		}
	}
	return hcl.Range{}
}

func (r *reading) unit() daemon.Unit {
	name := r.n.label
	r.unitNameOK(name)
	if !strings.Contains(name, ".") {
		r.d.add(expr.Errorf(r.n.at(), "Invalid name", "%q needs the suffix of its type, such as .service or .slice.", name))
	}
	u := daemon.Unit{Name: name, Origin: r.n.origin()}
	sections, sensitive := r.value("sections")
	text, textSensitive := r.value("text")
	if sensitive || textSensitive {
		r.d.add(expr.Errorf(r.n.at(), "Sensitive value in a public place", "%s: unit files can be read by everybody, so they must not hold a sensitive value.", r.n.address()))
		return u
	}
	if !text.IsNull() {
		s := text.AsString()
		u.Text = &s
	}
	u.Sections = r.sections(sections, "sections", "")
	r.sectionsOK(u.Sections)
	if both := u.Text != nil && len(u.Sections) > 0; both || u.Text == nil && len(u.Sections) == 0 && !r.unclear() {
		r.d.add(expr.Errorf(r.n.at(), "Content missing or ambiguous", "%s needs either sections or text.", r.n.address()))
	}
	return u
}

// sections reads { SECTION = { KEY = value } }; a key outside of a section
// goes to the main one.
func (r *reading) sections(v cty.Value, option, main string) daemon.Sections {
	if v.IsNull() || v.LengthInt() == 0 {
		return nil
	}
	out := daemon.Sections{}
	for name, e := range v.AsValueMap() {
		if !e.IsNull() && (e.Type().IsObjectType() || e.Type().IsMapType()) {
			for key, value := range e.AsValueMap() {
				r.setting(out, name, key, value, option)
			}
			continue
		}
		r.setting(out, main, name, e, option)
	}
	return out
}

// sectionsOK refuses a section that systemd would pass over because of its case alone.
// Others are let pass: a later systemd may know them.
func (r *reading) sectionsOK(s daemon.Sections) {
	for _, name := range slices.Sorted(maps.Keys(s)) {
		for _, known := range [...]string{"Unit", "Install", "Service", "Socket", "Timer", "Mount", "Automount", "Swap", "Path", "Slice", "Scope"} {
			if name != known && strings.EqualFold(name, known) {
				at := r.n.at()
				if o := r.n.typ.Option("sections"); o != nil {
					at = r.n.definedAt(o)
				}
				r.d.add(expr.Errorf(at, "Unknown section", "%s: systemd passes over a section %q. Did you mean %q?", r.n.address(), name, known))
			}
		}
	}
}

// setting adds one key. An empty list stays: it takes out what the portable
// part gave.
func (r *reading) setting(out daemon.Sections, section, key string, v cty.Value, option string) {
	if v.IsNull() {
		return
	}
	values, ok := settingTexts(v)
	if !ok {
		r.badSetting(option, key)
		return
	}
	for _, s := range values {
		if strings.ContainsAny(s, "\n\x00") {
			r.badSetting(option, key)
			return
		}
	}
	if out[section] == nil {
		out[section] = map[string][]string{}
	}
	out[section][key] = append(out[section][key], values...)
}

func (r *reading) badSetting(option, key string) {
	at := r.n.at()
	if o := r.n.typ.Option(option); o != nil {
		at = r.n.definedAt(o)
	}
	r.d.add(expr.Errorf(at, "Invalid setting", "%s: %s must be a string, a number, a bool or a list of them, without newlines.", r.n.address(), key))
}

func settingTexts(v cty.Value) ([]string, bool) {
	if v.Type().IsTupleType() || v.Type().IsListType() || v.Type().IsSetType() {
		out := []string{}
		for _, e := range v.AsValueSlice() {
			inner, ok := settingTexts(e)
			if !ok || e.IsNull() {
				return nil, false
			}
			out = append(out, inner...)
		}
		return out, true
	}
	s, err := convert.Convert(v, cty.String)
	if err != nil || s.IsNull() {
		return nil, false
	}
	return []string{s.AsString()}, true
}

// initSections reads the blocks for single inits: systemd { ... }.
func (r *reading) initSections(main string) map[string]daemon.Sections {
	var out map[string]daemon.Sections
	for _, name := range schema.Inits() {
		kid, diags := r.n.children(r.n.typ.Block(name)).only()
		r.d.add(diags)
		if kid == nil || diags.HasErrors() {
			continue
		}
		section := ""
		if name == "systemd" {
			section = main
		}
		v, diags := kid.freeform()
		r.d.add(diags)
		if diags.HasErrors() {
			continue
		}
		if v.ContainsMarked() {
			r.d.add(expr.Errorf(kid.at(), "Sensitive value in a public place", "%s: unit files can be read by everybody, so they must not hold a sensitive value.", kid.address()))
			continue
		}
		inner := &reading{d: r.d, n: kid}
		if s := inner.sections(withoutSections(v), "", section); len(s) > 0 {
			if name == "systemd" {
				inner.sectionsOK(s)
			}
			if out == nil {
				out = map[string]daemon.Sections{}
			}
			out[name] = s
		}
	}
	return out
}

// withoutSections reads sections = { SECTION = { ... } }, as the unit block has
// it, like the same sections written out.
func withoutSections(v cty.Value) cty.Value {
	all := v.AsValueMap()
	inner, ok := all["sections"]
	if !ok || inner.IsNull() || !inner.Type().IsObjectType() && !inner.Type().IsMapType() {
		return v
	}
	delete(all, "sections")
	for name, section := range inner.AsValueMap() {
		if _, twice := all[name]; twice {
			return v
		}
		all[name] = section
	}
	return cty.ObjectVal(all)
}

// freeform merges the attributes of a block without options of its own, and
// its inner blocks as objects.
func (n *node) freeform() (cty.Value, []*Diagnostic) {
	typ := &schema.Type{Kind: schema.Any}
	live, diags := n.contributions()
	names := map[string][]candidate{}
	for _, from := range live {
		for _, attr := range sortedAttributes(from.body) {
			if attr.Name == "when" || attr.Name == "for_each" {
				continue
			}
			d := definition{expr: attr.Expr, priority: plainPriority, at: attr.SrcRange}
			diags = diags.Add(d.unwrap()...)
			v, more := expr.Value(d.expr, n.scopeOf(from))
			diags = diags.Add(more...)
			if !more.HasErrors() {
				names[attr.Name] = append(names[attr.Name], candidate{d, expr.Data(v)})
			}
		}
		for _, b := range from.body.Blocks {
			inner := &node{ev: n.ev, typ: n.typ, parent: n, from: []*contribution{{block: b, body: b.Body, file: from.file, owner: from.owner, bound: from.bound}}}
			v, more := inner.freeform()
			diags = diags.Add(more...)
			if len(more) == 0 {
				d := definition{priority: plainPriority, at: b.DefRange()}
				names[b.Type] = append(names[b.Type], candidate{d, expr.Data(v)})
			}
		}
	}
	if diags.HasErrors() {
		return cty.NilVal, diags
	}
	vals := map[string]cty.Value{}
	for name, found := range names {
		v, more := n.mergeFree(typ, name, found)
		diags = diags.Add(more...)
		vals[name] = v
	}
	if diags.HasErrors() {
		return cty.NilVal, diags
	}
	return cty.ObjectVal(vals), nil
}

func (n *node) mergeFree(typ *schema.Type, name string, found []candidate) (cty.Value, []*Diagnostic) {
	highest := defaultPriority
	for _, c := range found {
		highest = max(highest, c.priority)
	}
	var kept []candidate
	var vals []cty.Value
	for _, c := range found {
		if c.priority == highest {
			kept = append(kept, c)
			vals = append(vals, c.term.Val)
		}
	}
	v, conflict := typ.Merge(vals)
	if conflict != nil {
		return cty.NilVal, n.conflict(&schema.Option{Name: name, Type: typ}, kept, vals, conflict)
	}
	return v, nil
}
