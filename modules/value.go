package modules

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"
)

// hidden stands for every sensitive value.
const hidden = "(sensitive value)"

// Value is the answer to an expression, without HCL or cty to be seen of it.
// The zero Value is none.
type Value struct {
	v cty.Value
}

// JSON gives the value as one JSON document without a final newline; what is
// sensitive is the string "(sensitive value)". There is nothing of none.
func (v Value) JSON() []byte {
	if v.v == cty.NilVal {
		return nil
	}
	return appendJSON(nil, v.v)
}

// Text gives the value as HCL would write it, without a final newline; what
// is sensitive is (sensitive value).
func (v Value) Text() string {
	if v.v == cty.NilVal {
		return ""
	}
	return string(appendText(nil, v.v, ""))
}

func appendJSON(b []byte, v cty.Value) []byte {
	switch ty := v.Type(); {
	case v.IsMarked():
		return append(b, `"`+hidden+`"`...)
	case v.IsNull():
		return append(b, "null"...)
	case ty == cty.String:
		return appendString(b, v.AsString())
	case ty == cty.Number:
		return append(b, numberText(v)...)
	case ty == cty.Bool:
		return append(b, boolText(v)...)
	case ty.IsMapType() || ty.IsObjectType():
		return appendObject(b, v)
	}
	b = append(b, '[')
	for i, e := range v.AsValueSlice() {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendJSON(b, e)
	}
	return append(b, ']')
}

func appendObject(b []byte, v cty.Value) []byte {
	vals := v.AsValueMap()
	b = append(b, '{')
	for i, k := range slices.Sorted(maps.Keys(vals)) {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendString(b, k), ':')
		b = appendJSON(b, vals[k])
	}
	return append(b, '}')
}

func appendString(b []byte, s string) []byte {
	var out strings.Builder
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		panic("internal error: cannot write a string as JSON: " + err.Error())
	}
	return append(b, strings.TrimSuffix(out.String(), "\n")...)
}

func numberText(v cty.Value) string {
	f := v.AsBigFloat()
	if f.IsInt() && f.MantExp(nil) < 128 {
		return f.Text('f', 0)
	}
	return f.Text('f', -1)
}

func boolText(v cty.Value) string {
	if v.True() {
		return "true"
	}
	return "false"
}

func appendText(b []byte, v cty.Value, indent string) []byte {
	switch ty := v.Type(); {
	case v.IsMarked():
		return append(b, hidden...)
	case v.IsNull():
		return append(b, "null"...)
	case ty == cty.String:
		return append(b, stringText(v.AsString())...)
	case ty == cty.Number:
		return append(b, numberText(v)...)
	case ty == cty.Bool:
		return append(b, boolText(v)...)
	case ty.IsMapType() || ty.IsObjectType():
		return appendObjectText(b, v, indent)
	case v.LengthInt() == 0:
		return append(b, "[]"...)
	}
	b = append(b, "[\n"...)
	for _, e := range v.AsValueSlice() {
		b = append(b, indent+"  "...)
		b = append(appendText(b, e, indent+"  "), ",\n"...)
	}
	return append(b, indent+"]"...)
}

func appendObjectText(b []byte, v cty.Value, indent string) []byte {
	vals := v.AsValueMap()
	if len(vals) == 0 {
		return append(b, "{}"...)
	}
	keys := slices.Sorted(maps.Keys(vals))
	width := 0
	for _, k := range keys {
		width = max(width, len(keyText(k)))
	}
	b = append(b, "{\n"...)
	for _, k := range keys {
		name := keyText(k)
		b = append(b, indent+"  "+name+strings.Repeat(" ", width-len(name))+" = "...)
		b = append(appendText(b, vals[k], indent+"  "), '\n')
	}
	return append(b, indent+"}"...)
}

func keyText(k string) string {
	if isWord(k) {
		return k
	}
	return stringText(k)
}

// stringText quotes a string as HCL does, so that it can be pasted back.
func stringText(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i, c := range s {
		switch c {
		case '"', '\\':
			b.WriteRune('\\')
			b.WriteRune(c)
		case '\n':
			b.WriteString(`\n`)
		case '\t':
			b.WriteString(`\t`)
		case '\r':
			b.WriteString(`\r`)
		case '$', '%':
			b.WriteRune(c)
			if strings.HasPrefix(s[i+1:], "{") {
				b.WriteRune(c)
			}
		default:
			b.WriteRune(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// brief gives a value for a message, in one line and not too long.
func brief(v cty.Value) string {
	s := string(appendJSON(nil, v))
	if runes := []rune(s); len(runes) > 60 {
		s = string(runes[:57]) + "..."
	}
	return s
}
