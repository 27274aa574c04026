package expr

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"github.com/activate-agent/activate/modules/diagnostic"
)

type hclRange = hcl.Range

// fileCall is the functions that read files.
func fileCall(e *hclsyntax.FunctionCallExpr, s *Scope) (Term, diagnostic.List) {
	args, marks, diags := texts(e, s)
	if diags.HasErrors() {
		return Term{}, diags
	}
	if e.Name == "fileset" {
		return fileset(e, s, args, marks)
	}
	if len(args) != 1 {
		return Term{}, wrongCount(e, "path")
	}
	out, reason := fileResult(e, args[0], s.files)
	switch {
	case reason == notText && len(marks) == 0:
		return Term{}, Errorf(argRange(e, 0), "File is not text",
			"The file %q is not UTF-8 text. Use filebase64() for other bytes, or the source attribute of a block.", args[0])
	case reason != "":
		return Term{}, unreadable(e, args[0], marks, reason)
	}
	return Data(out.WithMarks(marks)), nil
}

// notText is the reason for which file() gives nothing of a readable file.
const notText = "it is not UTF-8 text"

// fileResult is what a function says of a file, or the reason why it cannot. Those
// that only hash it take one of any size.
func fileResult(e *hclsyntax.FunctionCallExpr, path string, files Files) (out cty.Value, reason string) {
	switch e.Name {
	case "fileexists":
		return cty.BoolVal(files.Pass(path, io.Discard) == ""), ""
	case "file", "filebase64":
		content, reason := files.Read(path)
		switch {
		case reason != "":
			return cty.NilVal, reason
		case e.Name == "filebase64":
			return cty.StringVal(base64.StdEncoding.EncodeToString(content)), ""
		case !utf8.Valid(content):
			return cty.NilVal, notText
		}
		return cty.StringVal(string(content)), ""
	}
	h, encode := digest(e.Name)
	if reason := files.Pass(path, h); reason != "" {
		return cty.NilVal, reason
	}
	return cty.StringVal(encode(h.Sum(nil))), ""
}

// digest gives what one of the functions that hash a file makes of it.
func digest(name string) (h hash.Hash, encode func([]byte) string) {
	encode = hex.EncodeToString
	switch name {
	case "filemd5":
		return md5.New(), encode
	case "filesha1":
		return sha1.New(), encode
	case "filesha256":
		return sha256.New(), encode
	case "filesha512":
		return sha512.New(), encode
	}
	encode = base64.StdEncoding.EncodeToString
	if name == "filebase64sha256" {
		return sha256.New(), encode
	}
	return sha512.New(), encode
}

func unreadable(e *hclsyntax.FunctionCallExpr, path string, marks cty.ValueMarks, reason string) diagnostic.List {
	if len(marks) > 0 {
		return Errorf(argRange(e, 0), "Cannot read file", "The file cannot be read; its name is sensitive.")
	}
	return Errorf(argRange(e, 0), "Cannot read file", "The file %q cannot be read: %s.", path, strings.TrimSuffix(reason, "."))
}

func fileset(e *hclsyntax.FunctionCallExpr, s *Scope, args []string, marks cty.ValueMarks) (Term, diagnostic.List) {
	if len(args) != 2 {
		return Term{}, wrongCount(e, "directory, pattern")
	}
	paths, reason := s.files.Glob(args[0], args[1])
	if reason != "" {
		return Term{}, unreadable(e, args[0], marks, reason)
	}
	if len(paths) == 0 {
		return Data(cty.SetValEmpty(cty.String).WithMarks(marks)), nil
	}
	vals := make([]cty.Value, len(paths))
	for i, p := range paths {
		vals[i] = cty.StringVal(p)
	}
	return Data(cty.SetVal(vals).WithMarks(marks)), nil
}

// texts evaluates arguments that must all be strings.
func texts(e *hclsyntax.FunctionCallExpr, s *Scope) ([]string, cty.ValueMarks, diagnostic.List) {
	args, diags := arguments(e, s)
	if diags.HasErrors() {
		return nil, nil, diags
	}
	out := make([]string, len(args))
	var marks cty.ValueMarks
	for i, a := range args {
		v, mark := a.UnmarkDeep()
		marks = joinMarks(marks, mark)
		str, more := textOf(v, argRange(e, i))
		diags = diags.Add(more...)
		out[i] = str
	}
	return out, marks, diags
}

// templateCall is templatefile(path, variables) and templatestring(text,
// variables): the template sees its variables and the functions, nothing else.
func templateCall(e *hclsyntax.FunctionCallExpr, s *Scope) (Term, diagnostic.List) {
	if len(e.Args) != 2 || e.ExpandFinal {
		return Term{}, wrongCount(e, "template, variables")
	}
	source, diags := Value(e.Args[0], s)
	variables, more := Eval(e.Args[1], s)
	diags = diags.Add(more...)
	if diags.HasErrors() {
		return Term{}, diags
	}
	source, marks := source.UnmarkDeep()
	name, diags := textOf(source, e.Args[0].Range())
	if diags.HasErrors() {
		return Term{}, diags
	}
	text := name
	if e.Name == "templatefile" {
		content, reason := s.files.Read(name)
		if reason != "" {
			return Term{}, unreadable(e, name, marks, reason)
		}
		text = string(content)
	} else {
		name = "template of " + e.Range().String()
	}
	t, diags := render(e, s, name, text, variables)
	switch {
	case diags.HasErrors() && len(marks) > 0:
		return Term{}, Errorf(argRange(e, 0), "Invalid template", "The template cannot be rendered; why is not shown because it is sensitive.")
	case diags.HasErrors():
		return Term{}, diags
	}
	return withMarks(t, diags, marks)
}

func render(e *hclsyntax.FunctionCallExpr, s *Scope, name, text string, variables Term) (Term, diagnostic.List) {
	if s.depth > 20 {
		return Term{}, Errorf(e.Range(), "Templates nested too deeply", "A template calls templates more than 20 deep; it may call itself.")
	}
	parsed, problems := hclsyntax.ParseTemplate([]byte(text), name, hcl.InitialPos)
	if problems.HasErrors() {
		return Term{}, FromHCL(problems)
	}
	items, marks, diags := Items(variables, e.Args[1].Range(), "map of variables")
	if diags.HasErrors() {
		return Term{}, diags
	}
	names := templateNames{items}
	if len(marks) > 0 {
		names.items = nil
	}
	inner := NewScope(names, s.functions, s.files)
	inner.depth = s.depth + 1
	for _, item := range items {
		if item.Key.Type() != cty.String {
			return Term{}, Errorf(e.Args[1].Range(), "Invalid function argument", "The variables of a template are an object: { name = value }.")
		}
		value := item.Value
		if value.Lazy == nil {
			value.Val = value.Val.WithMarks(marks)
		}
		inner = inner.Bind(item.Key.AsString(), value)
	}
	return Eval(parsed, inner)
}

// templateNames words what a template does not know. The items are those that may
// be named.
type templateNames struct{ items []Item }

func (n templateNames) Name(name string, at hcl.Range) (Term, diagnostic.List) {
	known := make([]string, len(n.items))
	for i, item := range n.items {
		known[i] = item.Key.AsString()
	}
	return Term{}, Errorf(at, "Unknown template variable",
		"The template uses %q, which is not among the variables it is given.%s", name, DidYouMean(name, known))
}
