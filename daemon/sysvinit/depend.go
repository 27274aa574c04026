package sysvinit

import (
	"slices"
	"strings"
)

// dependencies are one of insserv's files: what there is to run, and what has
// to end before each. A line is "name: name...", the first two are
// "TARGETS = name..." and, but for stops, "INTERACTIVE = name...".
type dependencies struct {
	targets, interactive []string
	// asks says that there is the second line.
	asks bool
	// names are those of the lines, in order.
	names []string
	lines map[string][]string
}

func parseDependencies(text string) dependencies {
	d := dependencies{lines: map[string][]string{}}
	for line := range strings.Lines(text) {
		if list, ok := strings.CutPrefix(line, "TARGETS ="); ok {
			d.targets = strings.Fields(list)
		} else if list, ok := strings.CutPrefix(line, "INTERACTIVE ="); ok {
			d.interactive, d.asks = strings.Fields(list), true
		} else if name, list, ok := strings.Cut(line, ":"); ok {
			d.add(name, strings.Fields(list)...)
		}
	}
	return d
}

func (d *dependencies) add(name string, on ...string) {
	if len(on) == 0 {
		return
	}
	if _, known := d.lines[name]; !known {
		d.names = append(d.names, name)
	}
	d.lines[name] = append(d.lines[name], on...)
}

// String writes the file as insserv does.
func (d dependencies) String() string {
	var b strings.Builder
	head := func(name string, list []string) {
		b.WriteString(strings.Join(append([]string{name, "="}, list...), " ") + "\n")
	}
	head("TARGETS", d.targets)
	if d.asks {
		head("INTERACTIVE", d.interactive)
	}
	for _, name := range d.names {
		b.WriteString(name + ": " + strings.Join(d.lines[name], " ") + "\n")
	}
	return b.String()
}

// without gives d less the names that drop says.
func (d dependencies) without(drop func(string) bool) dependencies {
	keep := func(list []string) []string { return slices.DeleteFunc(slices.Clone(list), drop) }
	out := dependencies{targets: keep(d.targets), interactive: keep(d.interactive), asks: d.asks, lines: map[string][]string{}}
	for _, name := range keep(d.names) {
		out.add(name, keep(d.lines[name])...)
	}
	return out
}

// merge has in the host's file what insserv would now say of our scripts, and
// nothing else changed, so that it is as it was once they are gone.
func merge(host, fresh string, ours func(string) bool) string {
	now := parseDependencies(fresh)
	out := parseDependencies(host).without(func(name string) bool { return ours(name) || !slices.Contains(now.targets, name) })
	for _, name := range now.targets {
		if ours(name) {
			out.targets = append(out.targets, name)
		}
	}
	for _, name := range now.names {
		if ours(name) {
			out.add(name, now.lines[name]...)
		} else if slices.Contains(out.targets, name) {
			out.add(name, slices.DeleteFunc(slices.Clone(now.lines[name]), func(on string) bool { return !ours(on) })...)
		}
	}
	return out.String()
}
