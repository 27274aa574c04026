package schema

import (
	"github.com/zclconf/go-cty/cty"
)

// Core gives the core block types. They are made anew at each call, so nobody
// can change another's.
func Core() []*Block {
	blocks := []*Block{
		userBlock(), groupBlock(), etcBlock(), fileBlock(), directoryBlock(), symlinkBlock(), mountBlock(),
		serviceBlock(true), socketBlock(), timerBlock(), targetBlock(), unitBlock(), snippetBlock(),
		environmentBlock(), dirsBlock(), assertBlock("assert"), assertBlock("warning"), activationBlock(), initBlock(),
	}
	for _, b := range blocks {
		b.Index()
	}
	return blocks
}

// Reserved are the names that no module can have.
func Reserved() []string {
	names := []string{"self", "each", "local", "locals", "host", "path", "module", "option", "output", "imports", "default", "force"}
	for _, b := range Core() {
		names = append(names, b.Name)
	}
	return names
}

// kind makes a type of one word.
func kind(k Kind) *Type { return &Type{Kind: k} }

func listOf(t *Type) *Type { return &Type{Kind: List, Elem: t} }

func mapOf(t *Type) *Type { return &Type{Kind: Map, Elem: t} }

func enum(values ...string) *Type { return &Type{Kind: Enum, Values: values} }

func whole(low, high int64) *Type { return &Type{Kind: integer, Min: low, Max: high} }

// opt is an option that may be left out.
func opt(name string, t *Type, description, example string) *Option {
	return &Option{Name: name, Type: t, Description: description, Example: example}
}

func required(o *Option) *Option {
	o.Required = true
	return o
}

func secret(o *Option) *Option {
	o.Sensitive = true
	return o
}

// by gives an option a default value.
func by(o *Option, v cty.Value, text string) *Option {
	o.DefaultValue, o.DefaultText = v, text
	return o
}

func flag(name, description string, value bool) *Option {
	text := "false"
	if value {
		text = "true"
	}
	return by(opt(name, kind(Bool), description, ""), cty.BoolVal(value), text)
}

func texts(name, description, example string) *Option {
	return by(opt(name, listOf(kind(String)), description, example), cty.ListValEmpty(cty.String), "[]")
}

// oneOrMany is texts of which a single one needs no brackets.
func oneOrMany(name, description, example string) *Option {
	o := texts(name, description, example)
	o.Type.Lone = true
	return o
}

// absent is the option every core block has.
func absent() *Option {
	return flag("absent", "Takes the whole block out again, whoever contributed it.", false)
}

func labelled(name, identity, description string, options ...*Option) *Block {
	return &Block{Name: name, Labelled: true, Identity: identity, Description: description, Options: append(options, absent())}
}
