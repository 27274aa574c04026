// Package schema is what blocks may hold: block types with their options, the
// options' types, and the core blocks' table.
//
// It owns how a value is checked and converted for an option, how several
// values of one option merge, and the documentation that stands beside each
// option. It refuses to evaluate anything.
package schema

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"
)

// Kind is the outermost part of a type.
type Kind string

// The kinds of types. Those from Port on are the language's own; they are
// strings or numbers of a certain form.
const (
	Any      Kind = "any"
	Bool     Kind = "bool"
	Number   Kind = "number"
	String   Kind = "string"
	List     Kind = "list"
	Set      Kind = "set"
	Map      Kind = "map"
	ObjectOf Kind = "object"
	TupleOf  Kind = "tuple"
	Port     Kind = "port"
	Path     Kind = "path"
	Mode     Kind = "mode"
	Duration Kind = "duration"
	Lines    Kind = "lines"
	Enum     Kind = "enum"

	// Those below are of core blocks only.
	account   Kind = "name"
	reference Kind = "owner"
	field     Kind = "field"
	command   Kind = "command"
	integer   Kind = "integer"
	source    Kind = "source"
	// linkMode is a mode, or "symlink".
	linkMode Kind = "mode or symlink"
)

// Type is the type of an option.
type Type struct {
	Kind Kind
	// Elem is the element of a list, set or map.
	Elem *Type
	// Lone says that a list may be written as its single element.
	Lone bool
	// Attrs are the attributes of an object.
	Attrs map[string]Attr
	// Elems are the elements of a tuple.
	Elems []*Type
	// Values are what an enum allows.
	Values []string
	// Min and Max bound an integer.
	Min, Max int64
}

// Attr is one attribute of an object type.
type Attr struct {
	Type     *Type
	Optional bool
	// Default is what an optional attribute is when it is not given; NilVal
	// means null.
	Default cty.Value
}

// String writes the type as a configuration does.
func (t *Type) String() string {
	switch t.Kind {
	case List, Set, Map:
		return fmt.Sprintf("%s(%s)", t.Kind, t.Elem)
	case Enum:
		quoted := make([]string, len(t.Values))
		for i, v := range t.Values {
			quoted[i] = fmt.Sprintf("%q", v)
		}
		return "enum(" + strings.Join(quoted, ", ") + ")"
	case ObjectOf:
		parts := make([]string, 0, len(t.Attrs))
		for _, name := range slices.Sorted(maps.Keys(t.Attrs)) {
			parts = append(parts, name+" = "+t.Attrs[name].String())
		}
		return "object({ " + strings.Join(parts, ", ") + " })"
	case TupleOf:
		parts := make([]string, len(t.Elems))
		for i, e := range t.Elems {
			parts[i] = e.String()
		}
		return "tuple([" + strings.Join(parts, ", ") + "])"
	case account, reference, field, source, linkMode:
		return "string"
	case integer:
		return "number"
	case command:
		return "list(string)"
	default:
	}
	return string(t.Kind)
}

// String writes the attribute's type, with optional() around it where it is.
func (a Attr) String() string {
	if a.Optional {
		return "optional(" + a.Type.String() + ")"
	}
	return a.Type.String()
}

// cty gives the type of converted values; DynamicPseudoType where it depends
// on the value.
func (t *Type) cty() cty.Type {
	switch t.Kind {
	case Bool:
		return cty.Bool
	case Number, Port, integer:
		return cty.Number
	case List, Set, Map:
		return t.collection(t.Elem.cty())
	case command:
		return cty.List(cty.String)
	case ObjectOf:
		attrs := make(map[string]cty.Type, len(t.Attrs))
		for name, a := range t.Attrs {
			attrs[name] = a.Type.cty()
		}
		return cty.Object(attrs)
	case TupleOf:
		elems := make([]cty.Type, len(t.Elems))
		for i, e := range t.Elems {
			elems[i] = e.cty()
		}
		return cty.Tuple(elems)
	case Any:
		return cty.DynamicPseudoType
	default:
	}
	return cty.String
}

func (t *Type) collection(elem cty.Type) cty.Type {
	if elem.HasDynamicTypes() {
		return cty.DynamicPseudoType
	}
	switch t.Kind {
	case List:
		return cty.List(elem)
	case Set:
		return cty.Set(elem)
	default:
	}
	return cty.Map(elem)
}
