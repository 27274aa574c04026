package expr

import (
	"fmt"
	"slices"

	"github.com/agext/levenshtein"
	"github.com/hashicorp/hcl/v2"

	"github.com/activate-agent/activate/modules/diagnostic"
)

// Range gives an HCL range in the form diagnostics carry.
func Range(r hcl.Range) diagnostic.Range {
	return diagnostic.Range{Filename: r.Filename, Start: pos(r.Start), End: pos(r.End)}
}

func pos(p hcl.Pos) diagnostic.Pos {
	return diagnostic.Pos{Line: p.Line, Column: p.Column, Byte: p.Byte}
}

// Errorf makes a list of one error at a position. The detail is formatted.
func Errorf(at hcl.Range, summary, detail string, args ...any) diagnostic.List {
	d := &diagnostic.Diagnostic{Severity: diagnostic.Error, Summary: summary, Detail: fmt.Sprintf(detail, args...)}
	if at.Filename != "" || at.Start.Line != 0 {
		r := Range(at)
		d.Range = &r
	}
	return diagnostic.List{d}
}

// FromHCL takes over the findings of HCL's own parser.
func FromHCL(in hcl.Diagnostics) diagnostic.List {
	var out diagnostic.List
	for _, d := range in {
		o := &diagnostic.Diagnostic{Severity: diagnostic.Error, Summary: d.Summary, Detail: d.Detail}
		if d.Severity == hcl.DiagWarning {
			o.Severity = diagnostic.Warning
		}
		if d.Subject != nil {
			r := Range(*d.Subject)
			o.Range = &r
		}
		out = append(out, o)
	}
	return out
}

// DidYouMean gives " Did you mean …?" when one of the known names is close to
// the given one, else "".
func DidYouMean(given string, known []string) string {
	best, distance := "", max(2, len(given)/3)+1
	for _, k := range slices.Sorted(slices.Values(known)) {
		if d := levenshtein.Distance(given, k, nil); d < distance && d < len(k) {
			best, distance = k, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" Did you mean %q?", best)
}
