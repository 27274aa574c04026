package functions

import (
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

func text() []Entry {
	const group = "strings"
	return []Entry{
		entry(group, "chomp(text)", "The text without newlines at its end.", stdlib.ChompFunc),
		entry(group, "endswith(text, suffix)", "True when the text ends with the suffix.", predicate("suffix", strings.HasSuffix)),
		entry(group, "format(form, value, ...)", "The form with the values put in, as printf does.", stdlib.FormatFunc),
		entry(group, "formatlist(form, list, ...)", "format() for every element of the lists.", stdlib.FormatListFunc),
		entry(group, "indent(spaces, text)", "The text with spaces before every line but the first.", stdlib.IndentFunc),
		entry(group, "join(separator, list, ...)", "The elements with the separator between them.", stdlib.JoinFunc),
		entry(group, "lower(text)", "The text in lower case.", stdlib.LowerFunc),
		entry(group, "regex(pattern, text)", "What the pattern matches first: text, or its groups.", stdlib.RegexFunc),
		entry(group, "regexall(pattern, text)", "Everything the pattern matches.", stdlib.RegexAllFunc),
		entry(group, "replace(text, part, by)", "The text with every part replaced; a part in /slashes/ is a pattern.", replaceFunc()),
		entry(group, "split(separator, text)", "The parts of a text between separators.", stdlib.SplitFunc),
		entry(group, "startswith(text, prefix)", "True when the text starts with the prefix.", predicate("prefix", strings.HasPrefix)),
		entry(group, "strcontains(text, part)", "True when the text holds the part.", predicate("part", strings.Contains)),
		entry(group, "strrev(text)", "The text backwards.", stdlib.ReverseFunc),
		entry(group, "substr(text, offset, length)", "A part of the text; a length of -1 goes to the end.", stdlib.SubstrFunc),
		entry(group, "title(text)", "The text with every word capitalised.", stdlib.TitleFunc),
		entry(group, "trim(text, characters)", "The text without those characters at both ends.", stdlib.TrimFunc),
		entry(group, "trimprefix(text, prefix)", "The text without the prefix.", stdlib.TrimPrefixFunc),
		entry(group, "trimspace(text)", "The text without white space at both ends.", stdlib.TrimSpaceFunc),
		entry(group, "trimsuffix(text, suffix)", "The text without the suffix.", stdlib.TrimSuffixFunc),
		entry(group, "upper(text)", "The text in upper case.", stdlib.UpperFunc),
		entry(group, "basename(path)", "The last part of a path.", pathPart(false)),
		entry(group, "dirname(path)", "The path without its last part.", pathPart(true)),
	}
}

func textParam(name string) function.Parameter {
	return function.Parameter{Name: name, Type: cty.String}
}

func predicate(second string, f func(string, string) bool) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{textParam("text"), textParam(second)},
		Type:   function.StaticReturnType(cty.Bool),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			return cty.BoolVal(f(args[0].AsString(), args[1].AsString())), nil
		},
	})
}

// replaceFunc is Terraform's replace: a part between slashes is a pattern.
func replaceFunc() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{textParam("text"), textParam("part"), textParam("by")},
		Type:   function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			part := args[1].AsString()
			if len(part) > 1 && strings.HasPrefix(part, "/") && strings.HasSuffix(part, "/") {
				return stdlib.RegexReplace(args[0], cty.StringVal(part[1:len(part)-1]), args[2])
			}
			return stdlib.Replace(args[0], args[1], args[2])
		},
	})
}

// textFunc makes a function of one string.
func textFunc(name string, f func(string) (string, error)) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{textParam(name)},
		Type:   function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			out, err := f(args[0].AsString())
			if err != nil {
				return cty.NilVal, err
			}
			return cty.StringVal(out), nil
		},
	})
}

func pathPart(dir bool) function.Function {
	return textFunc("path", func(path string) (string, error) {
		trimmed := strings.TrimRight(path, "/")
		if trimmed == "" && path != "" {
			return "/", nil
		}
		i := strings.LastIndexByte(trimmed, '/')
		if !dir {
			return trimmed[i+1:], nil
		}
		switch i {
		case -1:
			return ".", nil
		case 0:
			return "/", nil
		}
		return strings.TrimRight(trimmed[:i], "/"), nil
	})
}
