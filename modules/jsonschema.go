package modules

import (
	"bytes"
	"encoding/json"

	"github.com/activate-agent/activate/modules/schema"
)

// JSONSchema gives a schema (draft 2020-12) of the configuration's JSON form:
// block types as properties, blocks with labels as objects by label. Editors
// take names, types and documentation from it.
func (c *Config) JSONSchema() []byte {
	properties := map[string]any{
		"imports": map[string]any{"type": "array", "items": map[string]any{"type": "string"}, "description": "Built-in modules, files and directories to read as well."},
		"locals":  map[string]any{"type": "object", "description": "Values for use in this configuration."},
	}
	for _, name := range sortedKeys(c.types) {
		properties[name] = blockSchema(c.types[name])
	}
	return jsonText(map[string]any{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "activate configuration",
		"type": "object", "properties": properties, "additionalProperties": false,
	})
}

func jsonText(v any) []byte {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		panic("internal error: cannot write JSON: " + err.Error())
	}
	return buf.Bytes()
}

func blockSchema(b *schema.Block) map[string]any {
	out := bodySchema(b)
	if b.Labelled {
		out = map[string]any{"type": "object", "additionalProperties": out}
	}
	if b.Separate {
		out = map[string]any{"type": "array", "items": out}
	}
	out["description"] = b.Description
	return out
}

func bodySchema(b *schema.Block) map[string]any {
	if b.Freeform {
		return map[string]any{"type": "object"}
	}
	properties := map[string]any{
		"when":     map[string]any{"type": []string{"boolean", "string"}, "description": "The definition counts only when this holds."},
		"for_each": map[string]any{"description": "One block for each element of a map or set."},
	}
	required := []string{}
	for _, o := range b.Options {
		s := typeSchema(o.Type)
		s["description"] = o.Description
		if o.Deprecated != "" {
			s["deprecated"] = true
		}
		properties[o.Name] = s
		if o.Required {
			required = append(required, o.Name)
		}
	}
	for _, nested := range b.Blocks {
		properties[nested.Name] = blockSchema(nested)
	}
	out := map[string]any{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		out["required"] = required
	}
	return out
}

// typeSchema describes a type. Wherever a value is no string, a string with a
// template in it can stand too.
func typeSchema(t *schema.Type) map[string]any {
	template := map[string]any{"type": "string", "pattern": `\$\{`}
	switch t.Kind {
	case schema.Any:
		return map[string]any{}
	case schema.Bool:
		return map[string]any{"anyOf": []any{map[string]any{"type": "boolean"}, template}}
	case schema.Number:
		return map[string]any{"anyOf": []any{map[string]any{"type": "number"}, template}}
	case schema.Port:
		return map[string]any{"anyOf": []any{map[string]any{"type": "integer", "minimum": 1, "maximum": 65535}, template}}
	case schema.Mode:
		return map[string]any{"anyOf": []any{map[string]any{"type": "string", "pattern": "^[0-7]{3,4}$"}, template}}
	case schema.Enum:
		return map[string]any{"anyOf": []any{map[string]any{"enum": t.Values}, template}}
	case schema.List, schema.Set:
		if t.Lone {
			template = map[string]any{"type": "string"}
		}
		return map[string]any{"anyOf": []any{map[string]any{"type": "array", "items": typeSchema(t.Elem)}, template}}
	case schema.Map:
		return map[string]any{"anyOf": []any{map[string]any{"type": "object", "additionalProperties": typeSchema(t.Elem)}, template}}
	case schema.ObjectOf:
		return objectSchema(t, template)
	default:
	}
	switch t.String() {
	case "number":
		return map[string]any{"anyOf": []any{map[string]any{"type": "integer", "minimum": t.Min, "maximum": t.Max}, template}}
	case "list(string)":
		return map[string]any{"anyOf": []any{map[string]any{"type": "array", "items": map[string]any{"type": "string"}}, template}}
	}
	return map[string]any{"type": "string"}
}

func objectSchema(t *schema.Type, template map[string]any) map[string]any {
	properties := map[string]any{}
	required := []string{}
	for _, name := range sortedKeys(t.Attrs) {
		properties[name] = typeSchema(t.Attrs[name].Type)
		if !t.Attrs[name].Optional {
			required = append(required, name)
		}
	}
	object := map[string]any{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		object["required"] = required
	}
	return map[string]any{"anyOf": []any{object, template}}
}
