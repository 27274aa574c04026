package modules

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"

	"github.com/activate-agent/activate/modules/expr"
)

// Format gives src in the canonical layout. The filename is for findings: a
// file that does not parse is not changed.
func Format(filename string, src []byte) ([]byte, Diagnostics) {
	f := &file{name: filename, src: src}
	if deepest(src) > nestingLimit {
		return nil, f.parse()
	}
	_, problems := hclsyntax.ParseConfig(src, filename, hcl.InitialPos)
	if problems.HasErrors() {
		diags := expr.FromHCL(octalsPlain(problems, src))
		for _, d := range diags {
			if d.Range != nil {
				d.Quote(*d.Range, src)
			}
		}
		return nil, diags
	}
	return hclwrite.Format(src), nil
}
