package modules

import "github.com/activate-agent/activate/modules/page"

// OptionsPage gives the documentation of all blocks as one self-contained HTML
// page with a search.
func (c *Config) OptionsPage() []byte {
	p := page.Page{Title: "activate: options"}
	for _, b := range c.Blocks() {
		block := page.Block{Name: b.Name, Description: b.Description, Declared: b.Declared, Usage: usage(b)}
		for _, o := range b.Options {
			block.Options = append(block.Options, page.Option{
				Name: b.Name + "." + o.Name, Type: o.Type, Description: o.Description, Default: o.Default, Example: o.Example,
				Declared: o.Declared, Deprecated: o.Deprecated, Notes: o.notes(),
			})
		}
		p.Blocks = append(p.Blocks, block)
	}
	return p.HTML()
}

func usage(b BlockDoc) string {
	if b.Labelled {
		return b.Name + ` "NAME" { … }`
	}
	return b.Name + " { … }"
}

func (o OptionDoc) notes() []string {
	var out []string
	for _, note := range []struct {
		is   bool
		word string
	}{{o.Required, "required"}, {o.ReadOnly, "read-only"}, {o.Sensitive, "sensitive"}, {o.Nullable, "may be null"}} {
		if note.is {
			out = append(out, note.word)
		}
	}
	return out
}
