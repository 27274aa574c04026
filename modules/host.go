package modules

import (
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/activate-agent/activate/modules/diagnostic"
	"github.com/activate-agent/activate/modules/expr"
)

// facts is host: each fact is noted when it is read, so that a cached result
// depends on those alone.
type facts struct {
	ev     *evaluator
	prefix string
	values map[string]cty.Value
	nested map[string]*facts
}

func (ev *evaluator) host() *facts {
	h := ev.config.options.Host
	return &facts{
		ev: ev, prefix: "host",
		values: map[string]cty.Value{
			"hostname": cty.StringVal(h.Hostname), "arch": cty.StringVal(h.Arch), "kernel": cty.StringVal(h.Kernel),
			"init": cty.StringVal(h.Init), "cpus": cty.NumberIntVal(int64(h.CPUs)), "memory_mb": cty.NumberIntVal(int64(h.MemoryMB)),
		},
		nested: map[string]*facts{"os": {ev: ev, prefix: "host.os", values: map[string]cty.Value{
			"id": cty.StringVal(h.OSID), "version_id": cty.StringVal(h.OSVersionID),
		}}},
	}
}

func (f *facts) Attr(name string, at hcl.Range) (expr.Term, diagnostic.List) {
	if inner, ok := f.nested[name]; ok {
		return expr.Term{Lazy: inner}, nil
	}
	v, ok := f.values[name]
	if !ok {
		keys, _ := f.Keys()
		return expr.Term{}, expr.Errorf(at, "Unknown fact", "There is no fact %s.%s.%s", f.prefix, name, expr.DidYouMean(name, keys))
	}
	f.ev.reads.facts[f.prefix+"."+name] = v
	return expr.Data(v), nil
}

// fact gives the value of a fact by its full name, host.os.id.
func (ev *evaluator) fact(name string) (cty.Value, bool) {
	f := ev.host()
	for _, part := range []*facts{f, f.nested["os"]} {
		if short, ok := strings.CutPrefix(name, part.prefix+"."); ok {
			if v, ok := part.values[short]; ok {
				return v, true
			}
		}
	}
	return cty.NilVal, false
}

func (f *facts) Keys() ([]string, diagnostic.List) {
	return slices.Sorted(slices.Values(slices.Concat(slices.Collect(maps.Keys(f.values)), slices.Collect(maps.Keys(f.nested))))), nil
}

func (f *facts) Data() (cty.Value, diagnostic.List) { return expr.DataOf(f) }

func (f *facts) String() string { return "the facts of " + f.prefix }
