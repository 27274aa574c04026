package modules

// OptionName is an option of a block that is there, as --set and expressions
// write it: "nix.max_jobs", `etc["a/b"].mode`.
type OptionName struct {
	Name        string
	Description string
	// ReadOnly says that it can be read and not set.
	ReadOnly bool
}

// OptionNames gives the options of all blocks that are there, sorted by block,
// for the completion of a command line. Blocks whose names cannot be computed
// are left out.
func (c *Config) OptionNames() []OptionName {
	var out []OptionName
	for _, name := range sortedKeys(c.types) {
		for _, n := range c.ev.addressable(name) {
			out = append(out, n.optionNames()...)
		}
	}
	return out
}

// addressable gives the blocks of a type that a reference can name.
func (ev *evaluator) addressable(name string) []*node {
	t := ev.config.types[name]
	switch {
	case t.Separate:
		return nil
	case t.Labelled:
		nodes, _ := ev.topBlocks(name).all()
		return nodes
	}
	n, diags := ev.singleton(name)
	if diags.HasErrors() {
		return nil
	}
	return []*node{n}
}

func (n *node) optionNames() []OptionName {
	var out []OptionName
	for _, o := range n.typ.Options {
		out = append(out, OptionName{Name: n.address() + "." + o.Name, Description: o.Description})
	}
	for _, o := range n.typ.Computed {
		out = append(out, OptionName{Name: n.address() + "." + o.Name, Description: o.Description, ReadOnly: true})
	}
	return out
}
