package modules

import (
	"bytes"
	"slices"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/activate-agent/activate/modules/schema"
)

// holdsSecrets reports whether the text of the configuration itself gives a
// sensitive option a value, needed or not: its copy is then for root alone.
func (c *Config) holdsSecrets() bool {
	for _, f := range c.files {
		if !f.builtin && bytes.Contains(f.src, []byte("sensitive(")) {
			return true
		}
	}
	for name, statements := range c.statements {
		t := c.types[name]
		if t == nil || !t.HasSensitive() {
			continue
		}
		if slices.ContainsFunc(statements, func(st statement) bool { return givesSecret(st.block.Body, t) }) {
			return true
		}
	}
	for _, sets := range c.ev.sets {
		for _, s := range sets {
			if len(s.way) > 0 && s.way[len(s.way)-1].typ.Option(s.option).Sensitive {
				return true
			}
		}
	}
	return false
}

func givesSecret(body *hclsyntax.Body, t *schema.Block) bool {
	for _, o := range t.Options {
		if _, ok := body.Attributes[o.Name]; ok && o.Sensitive {
			return true
		}
	}
	for _, b := range body.Blocks {
		name, inner := b.Type, b.Body
		if name == "dynamic" && len(b.Labels) == 1 {
			name, inner = b.Labels[0], contentOf(b)
		}
		if nested := t.Block(name); nested != nil && inner != nil && givesSecret(inner, nested) {
			return true
		}
	}
	return false
}
