package schema

import (
	"maps"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"
)

// Conflict is two values of one option that cannot both hold.
type Conflict struct {
	// First and Second index the values that disagree.
	First, Second int
	// Path leads to the part that disagrees: `["a"]`, or "".
	Path string
}

// Merge makes one value of several converted ones of equal priority, in
// order: lists concatenate, maps and objects merge key by key, lines join, and
// scalars must agree.
func (t *Type) Merge(vals []cty.Value) (cty.Value, *Conflict) {
	if len(vals) == 1 {
		return vals[0], nil
	}
	var marks []cty.ValueMarks
	plain := make([]cty.Value, len(vals))
	from := make([]int, len(vals))
	for i, v := range vals {
		u, m := v.Unmark()
		plain[i], from[i] = u, i
		marks = append(marks, m)
	}
	out, conflict := t.merge(plain, from)
	if conflict != nil {
		return cty.NilVal, conflict
	}
	return out.WithMarks(marks...), nil
}

func (t *Type) merge(vals []cty.Value, from []int) (cty.Value, *Conflict) {
	shape := t.shape(vals)
	if slices.ContainsFunc(vals, cty.Value.IsNull) {
		// Null has nothing to add to; it agrees with null alone.
		shape = String
	}
	switch shape {
	case List, Set:
		return t.mergeSequences(vals), nil
	case Map:
		return t.mergeMaps(vals, from)
	case Lines:
		texts := make([]string, len(vals))
		for i, v := range vals {
			texts[i] = strings.TrimSuffix(v.AsString(), "\n")
		}
		return cty.StringVal(strings.Join(texts, "\n")), nil
	default:
	}
	for i, v := range vals[1:] {
		if !v.RawEquals(vals[0]) {
			return cty.NilVal, &Conflict{First: from[0], Second: from[i+1]}
		}
	}
	return vals[0], nil
}

// shape says how values merge; that of any depends on the values.
func (t *Type) shape(vals []cty.Value) Kind {
	switch t.Kind {
	case List, Set, Map, Lines:
		return t.Kind
	case ObjectOf:
		return Map
	case Any:
		return commonShape(vals)
	default:
	}
	return String
}

func commonShape(vals []cty.Value) Kind {
	lists, maps := true, true
	for _, v := range vals {
		ty := v.Type()
		lists = lists && !v.IsNull() && (ty.IsListType() || ty.IsTupleType() || ty.IsSetType())
		maps = maps && !v.IsNull() && (ty.IsMapType() || ty.IsObjectType())
	}
	switch {
	case lists:
		return List
	case maps:
		return Map
	}
	return String
}

func (t *Type) mergeSequences(vals []cty.Value) cty.Value {
	var all []cty.Value
	for _, v := range vals {
		all = append(all, v.AsValueSlice()...)
	}
	if t.Kind == Any {
		return cty.TupleVal(all)
	}
	return t.sequence(all)
}

func (t *Type) mergeMaps(vals []cty.Value, from []int) (cty.Value, *Conflict) {
	parts := map[string][]cty.Value{}
	origin := map[string][]int{}
	for i, v := range vals {
		for k, e := range v.AsValueMap() {
			if e.IsNull() && t.Kind == ObjectOf {
				continue
			}
			parts[k] = append(parts[k], e)
			origin[k] = append(origin[k], from[i])
		}
	}
	out := make(map[string]cty.Value, len(parts))
	for _, k := range slices.Sorted(maps.Keys(parts)) {
		p := parts[k]
		v, conflict := t.at(k).mergePart(p, origin[k])
		if conflict != nil {
			conflict.Path = `["` + k + `"]` + conflict.Path
			return cty.NilVal, conflict
		}
		out[k] = v
	}
	return t.merged(out), nil
}

func (t *Type) mergePart(vals []cty.Value, from []int) (cty.Value, *Conflict) {
	if len(vals) == 1 {
		return vals[0], nil
	}
	var marks []cty.ValueMarks
	plain := make([]cty.Value, len(vals))
	for i, v := range vals {
		u, m := v.Unmark()
		plain[i] = u
		marks = append(marks, m)
	}
	out, conflict := t.merge(plain, from)
	if conflict != nil {
		return cty.NilVal, conflict
	}
	return out.WithMarks(marks...), nil
}

// at is the type of one part of a map or object.
func (t *Type) at(key string) *Type {
	switch t.Kind {
	case Map:
		return t.Elem
	case ObjectOf:
		return t.Attrs[key].Type
	default:
	}
	return t
}

func (t *Type) merged(vals map[string]cty.Value) cty.Value {
	switch t.Kind {
	case Map:
		return t.mapping(vals)
	case ObjectOf:
		for name, a := range t.Attrs {
			if _, ok := vals[name]; !ok {
				vals[name] = cty.NullVal(a.Type.cty())
			}
		}
	default:
	}
	return cty.ObjectVal(vals)
}

// Partial is the type with nothing required, for definitions that each give
// only a part of an object. What they merge to is converted to t itself.
func (t *Type) Partial() *Type {
	switch t.Kind {
	case List, Set, Map:
		out := *t
		if t.Kind == Map {
			out.Elem = t.Elem.Partial()
		}
		return &out
	case ObjectOf:
		out := *t
		out.Attrs = make(map[string]Attr, len(t.Attrs))
		for name, a := range t.Attrs {
			out.Attrs[name] = Attr{Type: a.Type.Partial(), Optional: true}
		}
		return &out
	default:
	}
	return t
}
