package supervise

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/activate-agent/activate/daemon"
	"github.com/activate-agent/activate/daemon/keep"
)

// bootBundle is the bundle that starts with the host.
const bootBundle = "default"

// bundle is a target, or a service that runs nothing.
type bundle struct {
	dependsOn, after, before, partOf []string
	autostart                        bool
}

// resolver knows what names mean.
type resolver struct {
	services map[string]*keep.Spec
	bundles  map[string]bundle
	// members are those of each bundle, bundles among them.
	members map[string][]string
}

// Specs gives a spec for every service and bundle, sorted by name, or why one
// cannot be run: it names something that does not exist, or itself.
func Specs(d daemon.Desired) ([]keep.Spec, error) {
	if err := supported(d); err != nil {
		return nil, err
	}
	r := newResolver(d)
	for _, s := range r.sorted() {
		if err := r.relate(s); err != nil {
			return nil, fmt.Errorf("%scannot order %s: %w", place(s.Origin), s.Name, err)
		}
	}
	r.reverse()
	if err := r.cycle(); err != nil {
		return nil, err
	}
	r.boot()
	r.levels()
	var out []keep.Spec
	for _, s := range r.sorted() {
		out = append(out, *s)
	}
	return out, nil
}

func place(origin string) string {
	if origin == "" {
		return ""
	}
	return origin + ": "
}

// supported refuses what no init but systemd has.
func supported(d daemon.Desired) error {
	switch {
	case len(d.Sockets) > 0:
		return fmt.Errorf("%scannot listen for socket %s: only systemd holds sockets for services", place(d.Sockets[0].Origin), d.Sockets[0].Name)
	case len(d.Timers) > 0:
		return fmt.Errorf("%scannot keep timer %s: only systemd has timers", place(d.Timers[0].Origin), d.Timers[0].Name)
	case len(d.Units) > 0:
		return fmt.Errorf("%scannot write unit %s: it is systemd's", place(d.Units[0].Origin), d.Units[0].Name)
	}
	return nil
}

func newResolver(d daemon.Desired) *resolver {
	r := &resolver{services: map[string]*keep.Spec{}, bundles: map[string]bundle{}, members: map[string][]string{}}
	for _, t := range d.Targets {
		r.bundles[t.Name] = bundle{t.DependsOn, t.After, t.Before, t.PartOf, t.Autostart}
		r.services[t.Name] = &keep.Spec{Service: daemon.Service{
			Name: t.Name, Description: t.Description, PartOf: t.PartOf, Autostart: t.Autostart, Origin: t.Origin,
		}}
	}
	for _, s := range d.Services {
		spec := &keep.Spec{
			Service:        s,
			RestartTrigger: daemon.TriggerHash(s.RestartTriggers, s.ConfigData, "restart"),
			ReloadTrigger:  daemon.TriggerHash(s.ReloadTriggers, s.ConfigData, "reload"),
		}
		// The hashes stand for these, and texts may be long or secret.
		spec.RestartTriggers, spec.ReloadTriggers, spec.ConfigData = nil, nil, nil
		r.services[s.Name] = spec
		if spec.Bundle() {
			r.bundles[s.Name] = bundle{s.DependsOn, s.After, s.Before, s.PartOf, s.Autostart}
		}
	}
	for _, m := range d.Mounts {
		spec := mountService(m)
		r.services[spec.Name] = &spec
	}
	for _, s := range r.sorted() {
		for _, b := range s.PartOf {
			if _, ok := r.bundles[b]; ok {
				r.members[b] = append(r.members[b], s.Name)
			}
		}
	}
	return r
}

func (r *resolver) sorted() []*keep.Spec {
	out := make([]*keep.Spec, 0, len(r.services))
	for _, s := range r.services {
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b *keep.Spec) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// expand gives the services that a name means: of a bundle all that is in it.
func (r *resolver) expand(name string) (names []string, known bool) {
	seen := map[string]bool{}
	var visit func(string)
	visit = func(n string) {
		if seen[n] {
			return
		}
		seen[n] = true
		if _, ok := r.bundles[n]; !ok {
			names = append(names, n)
			return
		}
		for _, m := range r.members[n] {
			visit(m)
		}
	}
	name = plain(name)
	if _, known = r.services[name]; known {
		visit(name)
	}
	return names, known
}

// plain takes the suffix of a unit off, which systemd's names have.
func plain(name string) string {
	switch path.Ext(name) {
	case keep.Suffix, keep.BundleSuffix:
		return strings.TrimSuffix(name, path.Ext(name))
	}
	return name
}

// ancestors are the bundles that the service is in, directly or not.
func (r *resolver) ancestors(s *keep.Spec) []string {
	var out []string
	pending := slices.Clone(s.PartOf)
	for len(pending) > 0 {
		name := pending[0]
		pending = pending[1:]
		b, ok := r.bundles[name]
		if !ok || slices.Contains(out, name) {
			continue
		}
		out = append(out, name)
		pending = append(pending, b.partOf...)
	}
	return out
}

// relate resolves what s names, and what the bundles that it is in name.
func (r *resolver) relate(s *keep.Spec) error {
	if s.Bundle() {
		s.Members, _ = r.expand(s.Name)
	}
	needs, follows, before := s.DependsOn, s.After, s.Before
	for _, name := range r.ancestors(s) {
		b := r.bundles[name]
		needs, follows, before = slices.Concat(needs, b.dependsOn), slices.Concat(follows, b.after), slices.Concat(before, b.before)
	}
	for _, name := range needs {
		found, known := r.expand(name)
		if !known && !foreign(name) {
			return fmt.Errorf("it depends on %s, which is not declared; write after = [%q] where it is the host's own", name, name)
		}
		s.Needs = union(s.Needs, found, s.Name)
	}
	s.Follows = r.expandAll(s.Follows, follows, s.Name)
	s.Pulls = r.expandAll(s.Pulls, s.Wants, s.Name)
	for _, name := range r.expandAll(nil, before, s.Name) {
		other := r.services[name]
		other.Follows = union(other.Follows, []string{s.Name}, other.Name)
	}
	for _, name := range r.expandAll(nil, s.RequiredBy, s.Name) {
		other := r.services[name]
		other.Needs = union(other.Needs, []string{s.Name}, other.Name)
	}
	return nil
}

// foreign names a unit or facility of the host, which another init may not
// have.
func foreign(name string) bool {
	return strings.HasPrefix(name, "$") || slices.Contains([]string{".service", ".target", ".socket", ".mount", ".device", ".slice"}, path.Ext(name))
}

func (r *resolver) expandAll(have, names []string, self string) []string {
	for _, name := range names {
		found, _ := r.expand(name)
		have = union(have, found, self)
	}
	return have
}

// union adds to a what is new in b, but never a service to itself: a member
// of a bundle is not before itself.
func union(a, b []string, self string) []string {
	for _, x := range b {
		if x != self && !slices.Contains(a, x) {
			a = append(a, x)
		}
	}
	return a
}

func (r *resolver) reverse() {
	for _, s := range r.sorted() {
		slices.Sort(s.Needs)
		slices.Sort(s.Follows)
		slices.Sort(s.Pulls)
		slices.Sort(s.Members)
		if s.Bundle() {
			// Its members have them.
			s.Needs, s.Follows = nil, nil
			continue
		}
		for _, name := range s.Needs {
			other := r.services[name]
			other.NeededBy = append(other.NeededBy, s.Name)
		}
	}
}

// boot marks what starts with the host, and what that needs.
func (r *resolver) boot() {
	var mark func(s *keep.Spec)
	mark = func(s *keep.Spec) {
		if s.Boot {
			return
		}
		s.Boot = true
		for _, name := range slices.Concat(s.Needs, s.Pulls, s.Members) {
			mark(r.services[name])
		}
	}
	for _, s := range r.sorted() {
		if s.Autostart && (slices.Contains(s.PartOf, bootBundle) || s.Bundle() && len(s.PartOf) == 0) {
			mark(s)
		}
	}
}
