package modules

import (
	"context"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/activate-agent/activate/modules/diagnostic"
	"github.com/activate-agent/activate/modules/functions"
	"github.com/activate-agent/activate/modules/schema"
)

// Config is a loaded configuration: every file parsed and every module
// declared, nothing evaluated that nobody asked for. It is not safe for
// concurrent use.
type Config struct {
	options Options
	rootDir string
	files   []*file
	units   []*unit
	// main is the unit of the configuration itself.
	main  *unit
	types map[string]*schema.Block
	// statements are the top-level blocks by type, in import order.
	statements map[string][]statement
	sources    map[string][]byte
	// dirs are the names of the files of every directory read as a whole.
	dirs map[string][]string
	// ways are where the path of the configuration and those of imports lead.
	ways map[string]string
	// targets are the groups of files that each file imports.
	targets map[*file][]*group
	ev      *evaluator
	// warned says that loading found something to warn of at every run.
	warned bool
}

// statement is one block of a file's top level.
type statement struct {
	block *hclsyntax.Block
	file  *file
}

// Load reads the configuration at o.Path with everything it imports, and
// checks what can be checked without evaluating: syntax, names of blocks and
// attributes, declarations. The Config is nil when there are errors.
func Load(ctx context.Context, o Options) (*Config, Diagnostics) {
	l := newLoader()
	root := l.load(ctx, o.Path)
	return build(l, root, o)
}

// build makes the configuration of the files that were read.
func build(l *loader, root *group, o Options) (*Config, Diagnostics) {
	c := &Config{
		options: o, rootDir: l.rootDir, dirs: l.dirs, ways: l.ways, targets: l.targets,
		types: map[string]*schema.Block{}, statements: map[string][]statement{}, sources: map[string][]byte{},
	}
	for _, f := range l.files {
		c.sources[f.name] = f.src
	}
	c.assemble(l.ordered(root))
	c.ev = newEvaluator(c, functions.Map())
	diags := l.diags.Add(c.declare()...).Add(c.check(l.diags.HasErrors())...)
	diags = diags.Add(c.ev.readSets(o.Sets)...)
	if diags.HasErrors() {
		return nil, c.finish(c.alsoEvaluated(l.diags.HasErrors(), diags))
	}
	c.warned = len(diags) > 0
	return c, c.finish(diags)
}

// alsoEvaluated adds what evaluation finds, so that one run shows every
// problem. Where text could not be read that would only give consequences of
// it.
func (c *Config) alsoEvaluated(incomplete bool, diags diagnostic.List) diagnostic.List {
	if incomplete || len(c.files) == 0 {
		return diags
	}
	return diags.Add(c.Validate()...)
}

// assemble sorts the files into units.
func (c *Config) assemble(groups []*group) {
	c.main = &unit{dir: c.rootDir, locals: map[string]*local{}}
	for _, g := range groups {
		var module *unit
		for _, f := range g.files {
			if f.unit != nil {
				continue
			}
			switch {
			case g.module:
				if module == nil {
					module = &unit{dir: f.dir, locals: map[string]*local{}}
					c.units = append(c.units, module)
				}
				f.unit = module
			case f.header != nil:
				f.unit = &unit{dir: f.dir, locals: map[string]*local{}}
				c.units = append(c.units, f.unit)
			default:
				f.unit = c.main
			}
			f.unit.files = append(f.unit.files, f)
			c.files = append(c.files, f)
		}
	}
	c.units = append(c.units, c.main)
}

// finish completes findings for the caller: the lines they quote and the
// imports that lead to them.
func (c *Config) finish(diags diagnostic.List) Diagnostics {
	out := distinct(diags)
	for _, d := range out {
		if d.Range == nil {
			continue
		}
		for _, r := range append([]Range{*d.Range}, d.Related...) {
			if src, ok := c.sources[r.Filename]; ok {
				d.Quote(r, src)
			}
		}
		if d.ImportedFrom == nil {
			d.ImportedFrom = c.importChain(d.Range.Filename)
		}
	}
	return out
}

// distinct leaves out findings that say the same of the same place: a block is
// read for more than one purpose.
func distinct(diags diagnostic.List) Diagnostics {
	var out Diagnostics
	seen := map[string]bool{}
	for _, d := range diags {
		key := d.Summary + "\x00" + d.Detail
		if d.Range != nil {
			key += d.Range.String()
		}
		if !seen[key] {
			seen[key] = true
			out = append(out, d)
		}
	}
	return out
}

func (c *Config) importChain(name string) []Range {
	var chain []Range
	for _, f := range c.files {
		if f.name != name {
			continue
		}
		for ref := f.importer; ref != nil && len(chain) < 20; ref = ref.from.importer {
			chain = append(chain, rangeOf(ref.at))
		}
		break
	}
	return chain
}

// Files gives every configuration file that was read.
func (c *Config) sourceFiles() []SourceFile {
	out := make([]SourceFile, len(c.files))
	for i, f := range c.files {
		out[i] = SourceFile{Name: f.origin, Bytes: f.src, Builtin: f.builtin}
	}
	return out
}
