package sysvinit

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/activate-agent/activate/daemon/keep"
	"github.com/activate-agent/activate/daemon/supervise"
)

// header is the comment by which insserv(8) orders a script, keyword by
// keyword; the LSB's chapter 22.3 has the keywords.
type header []keyword

type keyword struct {
	name   string
	values []string
}

// headerOf makes the header of a service. What its sysvinit block says is added
// to a list of facilities and replaces all else.
func headerOf(s keep.Spec) header {
	start := []string{"2", "3", "4", "5"}
	if !s.Boot {
		start = nil
	}
	description := supervise.Comment(s.Description)
	if description == "" {
		description = s.Name
	}
	required := append([]string{"$remote_fs", "$syslog"}, s.Needs...)
	for _, name := range s.DependsOn {
		if strings.HasPrefix(name, "$") {
			required = append(required, name)
		}
	}
	should := append([]string{"$network"}, s.Follows...)
	h := header{
		{"Provides", []string{s.Name}},
		{"Required-Start", required},
		{"Required-Stop", required},
		{"Should-Start", should},
		{"Should-Stop", should},
		{"Default-Start", start},
		{"Default-Stop", []string{"0", "1", "6"}},
		{"Short-Description", []string{description}},
		{"Description", []string{description}},
	}
	own := s.Init["sysvinit"][""]
	for _, name := range slices.Sorted(maps.Keys(own)) {
		h = h.with(name, own[name])
	}
	return h
}

// with adds or replaces what a keyword says.
func (h header) with(name string, values []string) header {
	values = slices.Clone(values)
	for i, v := range values {
		values[i] = supervise.Comment(v)
	}
	i := slices.IndexFunc(h, func(k keyword) bool { return k.name == name })
	switch {
	case i < 0:
		return append(h, keyword{name, values})
	case facilities(name):
		h[i].values = slices.Concat(h[i].values, values)
	default:
		h[i].values = values
	}
	return h
}

// facilities tells the keywords that name other scripts, one and all.
func facilities(name string) bool {
	return name == "Provides" || strings.HasPrefix(name, "Required-") || strings.HasPrefix(name, "Should-")
}

// levels gives the runlevels that a keyword names, written as a list or as one
// string.
func (h header) levels(name string) []string {
	for _, k := range h {
		if k.name == name {
			return strings.Fields(strings.Join(k.values, " "))
		}
	}
	return nil
}

// String is the header as a script has it.
func (h header) String() string {
	var b strings.Builder
	b.WriteString("### BEGIN INIT INFO\n")
	for _, k := range h {
		line := fmt.Sprintf("# %-18s %s", k.name+":", strings.Join(k.values, " "))
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	b.WriteString("### END INIT INFO\n")
	return b.String()
}
