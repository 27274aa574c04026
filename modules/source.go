package modules

import (
	"embed"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/activate-agent/activate/modules/diagnostic"
	"github.com/activate-agent/activate/modules/expr"
)

//go:embed std
var builtin embed.FS

// builtinPrefix starts the shown name of a file that is a part of the program.
const builtinPrefix = "builtin:"

// file is one configuration file, parsed.
type file struct {
	// name is shown in diagnostics; origin is the shorter form for plans.
	name, origin string
	// key identifies the file however it is reached.
	key string
	// full is the path it was opened by, before links were followed.
	full    string
	dir     string
	builtin bool
	src     []byte
	body    *hclsyntax.Body
	// garbled tells that the text is not all in the body, and not as it was meant.
	garbled bool
	header  *hclsyntax.Block
	imports []importRef
	unit    *unit
	// importer is the import that first brought the file in.
	importer *importRef
}

// importRef is one entry of an imports list.
type importRef struct {
	from   *file
	target string
	at     hcl.Range
}

// unit is what shares locals: the configuration with its fragments, or one
// declared module.
type unit struct {
	module string
	dir    string
	files  []*file
	locals map[string]*local
}

// local is one entry of a locals block.
type local struct {
	name string
	expr hclsyntax.Expression
	file *file
	at   hcl.Range
	slot slot
}

// BuiltinModules gives the names that imports may use without a path.
func BuiltinModules() []string {
	entries, err := builtin.ReadDir("std")
	if err != nil {
		panic("internal error: the built-in modules are not embedded: " + err.Error())
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names
}

// reason words why a file cannot be read.
func reason(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "there is no such file or directory"
	case errors.Is(err, fs.ErrPermission):
		return "permission is denied"
	case errors.Is(err, errTooLarge):
		return err.Error()
	case errors.Is(err, syscall.ELOOP), strings.HasSuffix(err.Error(), "too many links"):
		// The latter is filepath.EvalSymlinks.
		return "its links lead in a circle; make one of them lead to a file"
	}
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		return pathErr.Err.Error()
	}
	return "it cannot be opened"
}

// hclFiles lists the *.hcl files of a directory in name order.
func hclFiles(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".hcl") && !strings.HasPrefix(e.Name(), ".") && !e.IsDir() {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return names, nil
}

// largestFile is the most bytes that a configuration file, or a value that is read
// from one, may have: the parser needs many times as much memory, and values are
// copied. Contents come as sources, of any size.
const largestFile = 16 << 20

var errTooLarge = errors.New("it is larger than 16 MiB, the most that a configuration file may have; large contents are named as a source")

// ReadFrom reads the text of a configuration file to its end. The error is that of r,
// or says that there is more of it than a file may have, 16 MiB.
func ReadFrom(r io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, largestFile+1))
	if err == nil && len(text) > largestFile {
		return nil, errTooLarge
	}
	return text, err
}

// readConfiguration gives the bytes of a configuration file.
func readConfiguration(path string) ([]byte, string) {
	f, why := openRegular(path)
	if why != "" {
		return nil, why
	}
	defer func() { _ = f.Close() }()
	text, err := ReadFrom(f)
	if err != nil {
		return nil, reason(err)
	}
	return text, ""
}

// openRegular opens a regular file, or says why it can't be read.
func openRegular(path string) (*os.File, string) {
	if why := notRegular(path); why != "" {
		return nil, why
	}
	// os.Open would ask for this mode and, of a regular file, take it back: four system
	// calls for each of many sources. A FIFO that came since does not hang either.
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, reason(err)
	}
	return f, ""
}

// notRegular says why path can't be read as a file. A FIFO or device could hang
// or never end.
func notRegular(path string) string {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return reason(err)
	case !info.Mode().IsRegular():
		return "it is not a regular file"
	}
	return ""
}

// parse reads the file's text. It is safe to call for several files at once.
func (f *file) parse() diagnostic.List {
	if deepest(f.src) > nestingLimit {
		return expr.Errorf(hcl.Range{Filename: f.name, Start: hcl.InitialPos, End: hcl.InitialPos}, "Nested too deeply",
			"Brackets, operators or templates are nested more than %d deep in this file. Move parts of it into locals.", nestingLimit)
	}
	body, problems := parseBody(f.src, f.name)
	diags := expr.FromHCL(labelsPlain(octalsPlain(withoutEchoes(problems), f.src)))
	f.body, f.garbled = body, diags.HasErrors()
	more := f.readImports()
	return diags.Add(more...).Add(f.findHeader()...)
}

// withoutEchoes leaves out what the parser finds behind a string that does not end,
// text that is none, or a character that is none of the language: it has lost its
// way there.
func withoutEchoes(problems hcl.Diagnostics) hcl.Diagnostics {
	lost := slices.IndexFunc(problems, func(d *hcl.Diagnostic) bool {
		return slices.Contains([]string{"Invalid multi-line string", "Invalid character encoding", "Invalid character"}, d.Summary)
	})
	if lost < 0 {
		return problems
	}
	return problems[:lost+1]
}

// labelsPlain says what to write instead of a template in a label: the parser only
// says how to have its characters.
func labelsPlain(problems hcl.Diagnostics) hcl.Diagnostics {
	for _, d := range problems {
		if d.Summary == "Invalid string literal" && strings.HasPrefix(d.Detail, "Template sequences") {
			d.Detail = `A label is plain text. Leave it out, and write name = "..." in the block, or path = "..." where it is a path.`
		}
	}
	return problems
}

func (f *file) findHeader() diagnostic.List {
	for _, b := range f.body.Blocks {
		if b.Type != "module" {
			continue
		}
		if f.header != nil {
			return related(expr.Errorf(b.DefRange(), "Second module header",
				"A file declares one module. Put the other into a file of its own."), f.header.DefRange())
		}
		f.header = b
	}
	return nil
}

func related(diags diagnostic.List, at ...hcl.Range) diagnostic.List {
	for _, r := range at {
		if r.Filename != "" {
			diags[0].Related = append(diags[0].Related, expr.Range(r))
		}
	}
	return diags
}

func (f *file) readImports() diagnostic.List {
	attr, ok := f.body.Attributes["imports"]
	if !ok {
		return nil
	}
	const advice = `imports is a list of strings in quotes, ["nix", "./webapp"]: what is imported must be known before anything is evaluated.`
	list, ok := attr.Expr.(*hclsyntax.TupleConsExpr)
	if !ok {
		return expr.Errorf(attr.Expr.Range(), "Invalid imports", advice)
	}
	var diags diagnostic.List
	for _, e := range list.Exprs {
		target, ok := literalString(e)
		if !ok {
			diags = diags.Add(expr.Errorf(e.Range(), "Invalid imports", advice)...)
			continue
		}
		f.imports = append(f.imports, importRef{from: f, target: target, at: e.Range()})
	}
	return diags
}

func literalString(e hclsyntax.Expression) (string, bool) {
	v, ok := expr.Literal(e)
	if !ok || v.IsNull() || v.Type().FriendlyName() != "string" {
		return "", false
	}
	return v.AsString(), true
}

// nestingLimit keeps a hostile file from using up the parser's stack.
const nestingLimit = 400

// deepest estimates how deep the parser would have to go. It counts brackets
// wherever they stand, in text too, so the end of a top-level block starts
// anew; ten operators of which each waits for the next count as one bracket.
func deepest(src []byte) int {
	depth, most, signs, choices := 0, 0, 0, 0
	before := byte('\n')
	for _, c := range src {
		switch c {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			depth = max(0, depth-1)
			if c == '}' && before == '\n' {
				depth = 0
			}
		case '!', '-':
			signs += 2
		case '?':
			choices++
		case '\n':
			if depth == 0 {
				choices = 0
			}
		}
		signs = max(0, signs-1)
		most = max(most, depth, signs/10, choices/10)
		before = c
	}
	return most
}

// underOf reports whether path lies in dir, both absolute and clean.
func underOf(path, dir string) bool {
	return path == dir || strings.HasPrefix(path, strings.TrimSuffix(dir, string(filepath.Separator))+string(filepath.Separator))
}
