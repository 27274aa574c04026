package functions

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"

	"github.com/activate-agent/activate/modules/expr"
)

func conversion() []Entry {
	const group = "types"
	return []Entry{
		entry(group, "tobool(value)", "The value as a bool.", stdlib.MakeToFunc(cty.Bool)),
		entry(group, "tolist(value)", "The value as a list.", stdlib.MakeToFunc(cty.List(cty.DynamicPseudoType))),
		entry(group, "tomap(value)", "The value as a map.", stdlib.MakeToFunc(cty.Map(cty.DynamicPseudoType))),
		entry(group, "tonumber(value)", "The value as a number.", stdlib.MakeToFunc(cty.Number)),
		entry(group, "toset(value)", "The value as a set.", stdlib.MakeToFunc(cty.Set(cty.DynamicPseudoType))),
		entry(group, "tostring(value)", "The value as a string.", stdlib.MakeToFunc(cty.String)),
		entry(group, "sensitive(value)", "The value, never to be shown.", markFunc(func(v cty.Value) cty.Value { return v.Mark(expr.Sensitive{}) })),
		entry(group, "nonsensitive(value)", "The value, to be shown after all.", markFunc(func(v cty.Value) cty.Value {
			v, _ = v.UnmarkDeep()
			return v
		})),
		entry(group, "issensitive(value)", "True when the value is never shown.", isSensitiveFunc()),
	}
}

func markedParam() function.Parameter {
	return function.Parameter{Name: "value", Type: cty.DynamicPseudoType, AllowNull: true, AllowMarked: true, AllowDynamicType: true}
}

func markFunc(f func(cty.Value) cty.Value) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{markedParam()},
		Type:   func(args []cty.Value) (cty.Type, error) { return args[0].Type(), nil },
		Impl:   func(args []cty.Value, _ cty.Type) (cty.Value, error) { return f(args[0]), nil },
	})
}

func isSensitiveFunc() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{markedParam()},
		Type:   function.StaticReturnType(cty.Bool),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			return cty.BoolVal(args[0].ContainsMarked()), nil
		},
	})
}

// uuidFunc is RFC 9562 section 5.5.
func uuidFunc() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{textParam("namespace"), textParam("name")},
		Type:   function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			space, err := namespace(args[0].AsString())
			if err != nil {
				return cty.NilVal, function.NewArgError(0, err)
			}
			sum := sha1.Sum(append(space, args[1].AsString()...))
			id := sum[:16]
			id[6] = id[6]&0x0f | 0x50
			id[8] = id[8]&0x3f | 0x80
			return cty.StringVal(fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])), nil
		},
	})
}

func namespace(name string) ([]byte, error) {
	switch name {
	case "dns":
		name = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
	case "url":
		name = "6ba7b811-9dad-11d1-80b4-00c04fd430c8"
	case "oid":
		name = "6ba7b812-9dad-11d1-80b4-00c04fd430c8"
	case "x500":
		name = "6ba7b814-9dad-11d1-80b4-00c04fd430c8"
	}
	out, err := hex.DecodeString(strings.ReplaceAll(name, "-", ""))
	if err != nil || len(out) != 16 {
		return nil, fmt.Errorf("it is neither dns, url, oid, x500 nor a UUID")
	}
	return out, nil
}
