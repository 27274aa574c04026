package modules

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"golang.org/x/sync/errgroup"

	"github.com/activate-agent/activate/modules/diagnostic"
	"github.com/activate-agent/activate/modules/expr"
)

// group is the files that one import, or the path the user gave, stands for.
type group struct {
	key   string
	dir   string
	files []*file
	// module is set when all files together are one declared module.
	module bool
	root   bool
}

// loader reads files wave by wave: those of one wave are parsed in parallel,
// their imports are the next wave.
type loader struct {
	rootDir string
	files   map[string]*file
	groups  map[string]*group
	targets map[*file][]*group
	// dirs are the names of the files of every directory read as a whole.
	dirs map[string][]string
	// ways are where the path the user gave, and those of imports, lead through
	// their links.
	ways  map[string]string
	diags diagnostic.List
}

func (l *loader) load(ctx context.Context, root string) *group {
	first := l.open(importRef{target: root})
	if first != nil {
		first.root = true
		l.wave(ctx, []*group{first})
	}
	return first
}

// wave parses groups, then what they import, and so on.
func (l *loader) wave(ctx context.Context, groups []*group) {
	for len(groups) > 0 && ctx.Err() == nil {
		fresh := l.parse(groups)
		groups = nil
		for _, f := range fresh {
			for i := range f.imports {
				g, isNew := l.follow(&f.imports[i])
				if g != nil {
					l.targets[f] = append(l.targets[f], g)
				}
				if isNew {
					groups = append(groups, g)
				}
			}
		}
	}
	if ctx.Err() != nil {
		l.diags = l.diags.Add(&diagnostic.Diagnostic{Severity: diagnostic.Error, Summary: "Interrupted", Detail: "Reading the configuration was interrupted."})
	}
}

// parse parses what is not parsed yet of some groups.
func (l *loader) parse(groups []*group) []*file {
	var fresh []*file
	for _, g := range groups {
		for _, f := range g.files {
			if f.body == nil && !slices.Contains(fresh, f) {
				fresh = append(fresh, f)
			}
		}
	}
	results := make([]diagnostic.List, len(fresh))
	var work errgroup.Group
	work.SetLimit(runtime.GOMAXPROCS(0))
	for i, f := range fresh {
		work.Go(func() error {
			results[i] = f.parse()
			return nil
		})
	}
	if err := work.Wait(); err != nil {
		panic("internal error: parsing gives diagnostics, not errors: " + err.Error())
	}
	parsed := fresh[:0]
	for i, f := range fresh {
		l.diags = l.diags.Add(results[i]...)
		if f.body != nil {
			parsed = append(parsed, f)
		}
	}
	for _, g := range groups {
		g.files = slices.DeleteFunc(g.files, func(f *file) bool { return f.body == nil })
		g.module = g.isModule()
	}
	return parsed
}

// isModule reports whether the files are one declared module together. In the
// directory the user named, a file with a header is a module by itself, unless
// another file there has options of it.
func (g *group) isModule() bool {
	header := slices.ContainsFunc(g.files, func(f *file) bool { return f.header != nil })
	parts := slices.ContainsFunc(g.files, func(f *file) bool {
		return f.header == nil && slices.ContainsFunc(f.body.Blocks, func(b *hclsyntax.Block) bool { return b.Type == "option" })
	})
	return header && (!g.root || parts)
}

// follow resolves an import. The second result says that the group was not
// read before.
func (l *loader) follow(ref *importRef) (*group, bool) {
	target := ref.target
	if !strings.HasPrefix(target, "./") && !strings.HasPrefix(target, "../") && !filepath.IsAbs(target) && target != "." && target != ".." {
		return l.followBuiltin(ref)
	}
	if ref.from.builtin {
		l.diags = l.diags.Add(expr.Errorf(ref.at, "Invalid import", "A built-in module imports only built-in modules.")...)
		return nil, false
	}
	before := len(l.groups)
	g := l.open(*ref)
	return g, g != nil && len(l.groups) > before
}

func (l *loader) followBuiltin(ref *importRef) (*group, bool) {
	names := BuiltinModules()
	if !slices.Contains(names, ref.target) {
		hint := expr.DidYouMean(ref.target, names)
		if hint == "" {
			hint = fmt.Sprintf(" A file or directory is written with ./ before it: %q.", "./"+ref.target)
		}
		l.diags = l.diags.Add(expr.Errorf(ref.at, "Unknown module", "There is no built-in module %q.%s", ref.target, hint)...)
		return nil, false
	}
	key := builtinPrefix + ref.target
	if g, ok := l.groups[key]; ok {
		return g, false
	}
	g := &group{key: key, dir: path.Join("std", ref.target)}
	entries, err := builtin.ReadDir(g.dir)
	if err != nil {
		panic("internal error: cannot list an embedded module: " + err.Error())
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".hcl") {
			continue
		}
		src, err := builtin.ReadFile(path.Join(g.dir, e.Name()))
		if err != nil {
			panic("internal error: cannot read an embedded module: " + err.Error())
		}
		name := key + "/" + e.Name()
		g.files = append(g.files, l.add(&file{name: name, origin: name, key: name, dir: g.dir, builtin: true, src: src, importer: ref}))
	}
	l.groups[key] = g
	return g, true
}

// open finds the files a path stands for.
func (l *loader) open(ref importRef) *group {
	shown, full := ref.target, ref.target
	if ref.from != nil && !filepath.IsAbs(ref.target) {
		shown = filepath.Join(filepath.Dir(ref.from.name), ref.target)
		full = filepath.Join(ref.from.dir, ref.target)
	}
	target, err := l.resolve(full)
	if err != nil {
		l.missing(ref, shown, reason(err))
		return nil
	}
	if g, ok := l.groups[target]; ok {
		return g
	}
	info, err := os.Stat(target)
	if err != nil {
		l.missing(ref, shown, reason(err))
		return nil
	}
	if ref.from == nil {
		l.rootDir = target
		if !info.IsDir() {
			l.rootDir = filepath.Dir(target)
		}
	}
	g := &group{key: target, dir: target}
	if info.IsDir() {
		l.openDir(g, ref, shown)
	} else {
		g.dir = filepath.Dir(target)
		l.openFile(g, ref, shown, target)
	}
	if len(g.files) == 0 {
		return nil
	}
	l.groups[target] = g
	return g
}

func (l *loader) openDir(g *group, ref importRef, shown string) {
	names, err := hclFiles(g.dir)
	if err != nil {
		l.missing(ref, shown, reason(err))
		return
	}
	if len(names) == 0 {
		l.missing(ref, shown, "the directory has no .hcl files")
		return
	}
	l.dirs[g.dir] = names
	for _, name := range names {
		l.openFile(g, ref, filepath.Join(shown, name), filepath.Join(g.dir, name))
	}
}

func (l *loader) openFile(g *group, ref importRef, shown, full string) {
	target, err := realPath(full)
	if err != nil {
		l.missing(ref, shown, reason(err))
		return
	}
	if f, ok := l.files[target]; ok {
		g.files = append(g.files, f)
		return
	}
	src, why := readConfiguration(target)
	if why != "" {
		l.missing(ref, shown, why)
		return
	}
	f := &file{name: shown, origin: l.origin(full, shown), key: target, full: full, dir: filepath.Dir(full), src: src}
	if abs, err := filepath.Abs(full); err == nil {
		f.full, f.dir = abs, filepath.Dir(abs)
	}
	if ref.from != nil {
		f.importer = &ref
	}
	g.files = append(g.files, l.add(f))
}

// origin is the file's name as plans show it: seen from the configuration's
// directory, so that it does not depend on where the command was called.
func (l *loader) origin(full, shown string) string {
	if rel, err := filepath.Rel(l.rootDir, full); err == nil {
		return rel
	}
	return shown
}

func (l *loader) add(f *file) *file {
	l.files[f.key] = f
	return f
}

func (l *loader) missing(ref importRef, shown, why string) {
	if ref.from == nil {
		d := expr.Errorf(hcl.Range{}, "Cannot read the configuration", "%s: %s.", shown, why)
		l.diags = l.diags.Add(d...)
		return
	}
	l.diags = l.diags.Add(expr.Errorf(ref.at, "Cannot import", "%s: %s. The path is seen from the importing file.", shown, why)...)
}

// resolve gives the path without links and notes it: a link that leads elsewhere
// later makes the configuration another one, though no file of this one changed.
func (l *loader) resolve(p string) (string, error) {
	abs, err := filepath.Abs(p)
	if err != nil {
		return "", err
	}
	target, err := realPath(abs)
	if err == nil {
		l.ways[abs] = target
	}
	return target, err
}

// realPath gives the path without links. A pipe that a shell hands over, as
// /dev/fd/63, is behind a link whose text is no path; it keeps its own.
func realPath(p string) (string, error) {
	abs, err := filepath.Abs(p)
	if err != nil {
		return "", err
	}
	resolved, err := filepath.EvalSymlinks(abs)
	if info, there := os.Stat(abs); err != nil && there == nil && !info.Mode().IsRegular() {
		return abs, nil
	}
	return resolved, err
}

// ordered gives the groups so that what is imported comes before what imports
// it; a cycle is cut where it closes.
func (l *loader) ordered(root *group) []*group {
	var out []*group
	seen := map[*group]bool{}
	var visit func(g *group)
	visit = func(g *group) {
		if seen[g] {
			return
		}
		seen[g] = true
		for _, f := range g.files {
			for _, target := range l.targets[f] {
				visit(target)
			}
		}
		out = append(out, g)
	}
	if root != nil {
		visit(root)
	}
	return out
}
