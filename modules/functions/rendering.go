package functions

import (
	"errors"
	"strings"

	yaml "github.com/zclconf/go-cty-yaml"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
)

func rendering() []Entry {
	const group = "configuration files"
	return []Entry{
		entry(group, "shellquote(value)", "A string, or each of a list, as one word of a shell command.", oneValue(shellquote)),
		entry(group, "toini(value)", "An object of objects as an INI file; plain values come before the first section.", oneValue(toini)),
		entry(group, "tokeyvalue(value)", "An object as lines of key=value.", oneValue(tokeyvalue)),
		entry(group, "toyaml(value)", "The value as YAML.", yaml.YAMLEncodeFunc),
	}
}

func oneValue(f func(cty.Value) (string, error)) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{anyParam("value")},
		Type:   function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			s, err := f(args[0])
			if err != nil {
				return cty.NilVal, function.NewArgError(0, err)
			}
			return cty.StringVal(s), nil
		},
	})
}

// ShellQuote gives s as one word for a POSIX shell.
func ShellQuote(s string) string {
	safe := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("@%+=:,./_-", r)
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !safe(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

func shellquote(v cty.Value) (string, error) {
	if ty := v.Type(); ty.IsListType() || ty.IsTupleType() || ty.IsSetType() {
		var words []string
		for it := v.ElementIterator(); it.Next(); {
			_, e := it.Element()
			s, err := scalar(e)
			if err != nil {
				return "", err
			}
			words = append(words, ShellQuote(s))
		}
		return strings.Join(words, " "), nil
	}
	s, err := scalar(v)
	return ShellQuote(s), err
}

func scalar(v cty.Value) (string, error) {
	if v.IsNull() {
		return "", errors.New("it holds null")
	}
	s, err := convert.Convert(v, cty.String)
	if err != nil {
		return "", errors.New("it holds something that is neither a string, a number nor a bool")
	}
	return s.AsString(), nil
}

func isMap(v cty.Value) bool { return v.Type().IsMapType() || v.Type().IsObjectType() }

func isList(v cty.Value) bool {
	return v.Type().IsListType() || v.Type().IsTupleType() || v.Type().IsSetType()
}

// lines gives key=value lines; null leaves a key out and a list repeats it.
func lines(b *strings.Builder, key string, v cty.Value) error {
	if v.IsNull() {
		return nil
	}
	if isList(v) {
		for it := v.ElementIterator(); it.Next(); {
			_, e := it.Element()
			if err := lines(b, key, e); err != nil {
				return err
			}
		}
		return nil
	}
	s, err := scalar(v)
	if err != nil {
		return err
	}
	if strings.ContainsAny(s+key, "\n\r") {
		return errors.New("a key or value holds a newline")
	}
	b.WriteString(key + "=" + s + "\n")
	return nil
}

func tokeyvalue(v cty.Value) (string, error) {
	if !isMap(v) {
		return "", errors.New("an object is needed")
	}
	var b strings.Builder
	for it := v.ElementIterator(); it.Next(); {
		k, e := it.Element()
		if err := lines(&b, k.AsString(), e); err != nil {
			return "", err
		}
	}
	return b.String(), nil
}

func toini(v cty.Value) (string, error) {
	if !isMap(v) {
		return "", errors.New("an object is needed")
	}
	var top, sections strings.Builder
	for it := v.ElementIterator(); it.Next(); {
		k, e := it.Element()
		if e.IsNull() || !isMap(e) {
			if err := lines(&top, k.AsString(), e); err != nil {
				return "", err
			}
			continue
		}
		if strings.ContainsAny(k.AsString(), "\n\r]") {
			return "", errors.New("the name of a section holds ] or a newline")
		}
		body, err := tokeyvalue(e)
		if err != nil {
			return "", err
		}
		if sections.Len() > 0 {
			sections.WriteString("\n")
		}
		sections.WriteString("[" + k.AsString() + "]\n" + body)
	}
	if top.Len() > 0 && sections.Len() > 0 {
		top.WriteString("\n")
	}
	return top.String() + sections.String(), nil
}
