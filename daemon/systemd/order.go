package systemd

import (
	"context"
	"slices"

	systemd "github.com/coreos/go-systemd/v22/dbus"

	"github.com/activate-agent/activate/daemon"
)

// queue gives the names in the order their jobs are to be queued: systemd may
// begin with the first before it knows of the second, and orders only what it
// knows of. What comes after another is queued after it, and for a stop before.
func queue(ctx context.Context, conn *systemd.Conn, verb daemon.Verb, names []string) []string {
	after := map[string][]string{}
	for _, name := range names {
		p, err := conn.GetUnitPropertyContext(ctx, name, "After")
		if err != nil {
			// Its own job will say so.
			continue
		}
		after[name], _ = p.Value.Value().([]string)
	}
	var out []string
	seen := map[string]bool{}
	var visit func(name string)
	visit = func(name string) {
		if seen[name] || !slices.Contains(names, name) {
			return
		}
		seen[name] = true
		for _, first := range after[name] {
			visit(first)
		}
		out = append(out, name)
	}
	for _, name := range names {
		visit(name)
	}
	if verb == daemon.VerbStop {
		slices.Reverse(out)
	}
	return out
}
