package expr

import (
	"io"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/activate-agent/activate/modules/diagnostic"
)

// Names gives the outermost names an expression may use, such as self or the
// name of a block type.
type Names interface {
	// Name gives what a name stands for, or an error at the range.
	Name(name string, at hcl.Range) (Term, diagnostic.List)
}

// Files reads what a configuration names, seen from the file an expression
// stands in.
type Files interface {
	// Read gives the content of a file that is no larger than a value may be; the
	// reason it cannot be read is a clause for a person, "there is no such file".
	Read(path string) (content []byte, reason string)
	// Pass writes the content of a file of any size.
	Pass(path string, to io.Writer) (reason string)
	// Glob gives the regular files below dir whose path matches the pattern,
	// relative to dir.
	Glob(dir, pattern string) (paths []string, reason string)
}

// Scope is everything an expression may refer to.
type Scope struct {
	names     Names
	functions map[string]function.Function
	files     Files

	outer *Scope
	bound []binding
	anon  *hclsyntax.AnonSymbolExpr
	item  Term
	depth int
}

type binding struct {
	name string
	term Term
}

// NewScope makes the outermost scope.
func NewScope(names Names, functions map[string]function.Function, files Files) *Scope {
	return &Scope{names: names, functions: functions, files: files}
}

// Bind gives a scope in which a further name is known; it hides an outer one.
func (s *Scope) Bind(name string, t Term) *Scope {
	return s.child([]binding{{name, t}})
}

func (s *Scope) child(bound []binding) *Scope {
	return &Scope{names: s.names, functions: s.functions, files: s.files, outer: s, bound: bound, depth: s.depth}
}

func (s *Scope) name(name string, at hcl.Range) (Term, diagnostic.List) {
	for sc := s; sc != nil; sc = sc.outer {
		for _, b := range sc.bound {
			if b.name == name {
				return b.term, nil
			}
		}
	}
	return s.names.Name(name, at)
}

func (s *Scope) anonymous(e *hclsyntax.AnonSymbolExpr) (Term, bool) {
	for sc := s; sc != nil; sc = sc.outer {
		if sc.anon == e {
			return sc.item, true
		}
	}
	return Term{}, false
}
