package functions

import (
	"errors"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

func collections() []Entry {
	const group = "collections"
	return []Entry{
		entry(group, "alltrue(list)", "True when all elements are.", boolsFunc(false)),
		entry(group, "anytrue(list)", "True when any element is.", boolsFunc(true)),
		entry(group, "chunklist(list, size)", "The list cut into lists of that size.", stdlib.ChunklistFunc),
		entry(group, "coalesce(value, ...)", "The first value that is neither null nor an empty string.", coalesceFunc()),
		entry(group, "coalescelist(list, ...)", "The first list that is not empty.", stdlib.CoalesceListFunc),
		entry(group, "compact(list)", "The strings that are neither null nor empty.", stdlib.CompactFunc),
		entry(group, "concat(list, ...)", "The lists one after another.", stdlib.ConcatFunc),
		entry(group, "contains(list, value)", "True when the value is in the list.", stdlib.ContainsFunc),
		entry(group, "distinct(list)", "The list without repetitions.", stdlib.DistinctFunc),
		entry(group, "element(list, index)", "The element at an index that wraps around.", stdlib.ElementFunc),
		entry(group, "flatten(list)", "The list with the lists in it laid out flat.", stdlib.FlattenFunc),
		entry(group, "index(list, value)", "Where in the list the value is.", indexFunc()),
		entry(group, "keys(map)", "The keys, sorted.", stdlib.KeysFunc),
		entry(group, "length(value)", "How many elements a collection has, or characters a string.", lengthFunc()),
		entry(group, "lookup(map, key, default)", "The value at a key, or the default.", stdlib.LookupFunc),
		entry(group, "matchkeys(values, keys, wanted)", "The values whose key at the same index is wanted.", matchkeysFunc()),
		entry(group, "merge(map, ...)", "The maps in one; the last one wins.", stdlib.MergeFunc),
		entry(group, "one(list)", "The only element, or null of an empty list.", oneFunc()),
		entry(group, "reverse(list)", "The list backwards.", stdlib.ReverseListFunc),
		entry(group, "slice(list, from, to)", "The elements from an index up to another.", stdlib.SliceFunc),
		entry(group, "sort(list)", "The strings in order.", stdlib.SortFunc),
		entry(group, "transpose(map)", "A map of lists with keys and elements exchanged.", transposeFunc()),
		entry(group, "values(map)", "The values in the order of their keys.", stdlib.ValuesFunc),
		entry(group, "zipmap(keys, values)", "A map of a list of keys and a list of values.", stdlib.ZipmapFunc),
	}
}

func anyParam(name string) function.Parameter {
	return function.Parameter{Name: name, Type: cty.DynamicPseudoType}
}

// elements gives the members of a list, tuple or set, each converted.
func elements(v cty.Value, want cty.Type) ([]cty.Value, error) {
	if ty := v.Type(); !ty.IsListType() && !ty.IsTupleType() && !ty.IsSetType() {
		return nil, function.NewArgErrorf(0, "a list is needed")
	}
	out := make([]cty.Value, 0, v.LengthInt())
	for it := v.ElementIterator(); it.Next(); {
		_, e := it.Element()
		c, err := convert.Convert(e, want)
		if err != nil || c.IsNull() {
			return nil, function.NewArgErrorf(0, "every element must be a %s", want.FriendlyName())
		}
		out = append(out, c)
	}
	return out, nil
}

func boolsFunc(decisive bool) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{anyParam("list")},
		Type:   function.StaticReturnType(cty.Bool),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			elems, err := elements(args[0], cty.Bool)
			if err != nil {
				return cty.NilVal, err
			}
			for _, e := range elems {
				if e.True() == decisive {
					return cty.BoolVal(decisive), nil
				}
			}
			return cty.BoolVal(!decisive), nil
		},
	})
}

func coalesceFunc() function.Function {
	return function.New(&function.Spec{
		VarParam: &function.Parameter{Name: "value", Type: cty.DynamicPseudoType, AllowNull: true, AllowDynamicType: true},
		Type:     function.StaticReturnType(cty.DynamicPseudoType),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			for _, a := range args {
				if a.IsNull() || a.Type() == cty.String && a.AsString() == "" {
					continue
				}
				return a, nil
			}
			return cty.NilVal, errors.New("every argument is null or an empty string")
		},
	})
}

// dynamic makes a function whose result has the type of its value.
func dynamic(params []function.Parameter, f func([]cty.Value) (cty.Value, error)) function.Function {
	return function.New(&function.Spec{
		Params: params,
		Type: func(args []cty.Value) (cty.Type, error) {
			for _, a := range args {
				if !a.IsWhollyKnown() {
					return cty.DynamicPseudoType, nil
				}
			}
			plain := make([]cty.Value, len(args))
			for i, a := range args {
				plain[i], _ = a.UnmarkDeep()
			}
			v, err := f(plain)
			if err != nil {
				return cty.NilType, err
			}
			return v.Type(), nil
		},
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) { return f(args) },
	})
}

func oneFunc() function.Function {
	return dynamic([]function.Parameter{anyParam("list")}, func(args []cty.Value) (cty.Value, error) {
		elems, err := elements(args[0], cty.DynamicPseudoType)
		switch {
		case err != nil:
			return cty.NilVal, err
		case len(elems) == 0:
			return cty.NullVal(cty.DynamicPseudoType), nil
		case len(elems) == 1:
			return elems[0], nil
		}
		return cty.NilVal, function.NewArgErrorf(0, "it has %d elements, not one or none", len(elems))
	})
}

func indexFunc() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{anyParam("list"), anyParam("value")},
		Type:   function.StaticReturnType(cty.Number),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			elems, err := elements(args[0], cty.DynamicPseudoType)
			if err != nil {
				return cty.NilVal, err
			}
			for i, e := range elems {
				if same(e, args[1]) {
					return cty.NumberIntVal(int64(i)), nil
				}
			}
			return cty.NilVal, function.NewArgErrorf(1, "it is not in the list")
		},
	})
}

func same(a, b cty.Value) bool {
	eq := a.Equals(b)
	return eq.IsKnown() && !eq.IsNull() && eq.True()
}

// lengthFunc takes anything that has a length, strings and objects too.
func lengthFunc() function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{{Name: "value", Type: cty.DynamicPseudoType, AllowMarked: false}},
		Type:   function.StaticReturnType(cty.Number),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			switch ty := args[0].Type(); {
			case ty == cty.String:
				return stdlib.Strlen(args[0])
			case ty.IsObjectType():
				return cty.NumberIntVal(int64(len(ty.AttributeTypes()))), nil
			case args[0].CanIterateElements():
				return cty.NumberIntVal(int64(args[0].LengthInt())), nil
			}
			return cty.NilVal, function.NewArgErrorf(0, "a collection or a string is needed")
		},
	})
}

func matchkeysFunc() function.Function {
	params := []function.Parameter{anyParam("values"), anyParam("keys"), anyParam("wanted")}
	return dynamic(params, func(args []cty.Value) (cty.Value, error) {
		var lists [3][]cty.Value
		for i := range args {
			elems, err := elements(args[i], cty.DynamicPseudoType)
			if err != nil {
				return cty.NilVal, function.NewArgErrorf(i, "a list is needed")
			}
			lists[i] = elems
		}
		if len(lists[0]) != len(lists[1]) {
			return cty.NilVal, function.NewArgErrorf(1, "there must be as many keys as values")
		}
		out := []cty.Value{}
		for i, key := range lists[1] {
			for _, wanted := range lists[2] {
				if same(key, wanted) {
					out = append(out, lists[0][i])
					break
				}
			}
		}
		return cty.TupleVal(out), nil
	})
}

func transposeFunc() function.Function {
	params := []function.Parameter{{Name: "map", Type: cty.Map(cty.List(cty.String))}}
	return function.New(&function.Spec{
		Params: params,
		Type:   function.StaticReturnType(cty.Map(cty.List(cty.String))),
		Impl: func(args []cty.Value, ty cty.Type) (cty.Value, error) {
			lists := map[string][]cty.Value{}
			for it := args[0].ElementIterator(); it.Next(); {
				key, list := it.Element()
				if list.IsNull() {
					continue
				}
				for elems := list.ElementIterator(); elems.Next(); {
					_, e := elems.Element()
					if e.IsNull() {
						return cty.NilVal, function.NewArgErrorf(0, "an element is null")
					}
					lists[e.AsString()] = append(lists[e.AsString()], key)
				}
			}
			out := make(map[string]cty.Value, len(lists))
			for k, l := range lists {
				out[k] = cty.ListVal(l)
			}
			if len(out) == 0 {
				return cty.MapValEmpty(ty.ElementType()), nil
			}
			return cty.MapVal(out), nil
		},
	})
}

func sets() []Entry {
	const group = "sets"
	return []Entry{
		entry(group, "setintersection(set, ...)", "The elements that are in all sets.", stdlib.SetIntersectionFunc),
		entry(group, "setproduct(set, ...)", "Every combination of one element of each.", stdlib.SetProductFunc),
		entry(group, "setsubtract(set, other)", "The elements that are not in the other set.", stdlib.SetSubtractFunc),
		entry(group, "setunion(set, ...)", "The elements that are in any set.", stdlib.SetUnionFunc),
	}
}
