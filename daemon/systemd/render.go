package systemd

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/daemon"
)

// Render writes every unit of d, sorted by path. The error names the unit and
// the setting that cannot be written, after the place that declares it.
func (s *Systemd) Render(d daemon.Desired) ([]daemon.File, error) {
	r := newRenderer(d, s.scope)
	for i := range d.Services {
		r.service(&d.Services[i])
	}
	for i := range d.Sockets {
		r.socket(&d.Sockets[i])
	}
	for i := range d.Timers {
		r.timer(&d.Timers[i])
	}
	for i := range d.Targets {
		r.target(&d.Targets[i])
	}
	for i := range d.Mounts {
		r.mount(&d.Mounts[i])
	}
	for i := range d.Units {
		r.raw(&d.Units[i])
	}
	return r.finish()
}

// renderer collects files and knows which names mean which units.
type renderer struct {
	scope
	files []daemon.File
	err   error
	// units maps a portable name to its unit.
	units map[string]string
	// accepted are services of which every connection gets an instance.
	accepted map[string]bool
	// sockets maps a service to sockets of other names that start it.
	sockets map[string][]string
}

func newRenderer(d daemon.Desired, in scope) *renderer {
	r := &renderer{scope: in, units: map[string]string{}, accepted: map[string]bool{}, sockets: map[string][]string{}}
	for _, s := range d.Sockets {
		service := cmp.Or(s.Service, s.Name)
		if s.Accept {
			r.accepted[service] = true
		} else if service != s.Name {
			r.sockets[service] = append(r.sockets[service], s.Name+".socket")
		}
	}
	// A service outranks a target of its name, as the more usual meaning.
	for _, t := range d.Targets {
		r.units[t.Name] = t.Name + ".target"
	}
	for _, s := range d.Services {
		r.units[s.Name] = r.serviceUnit(&s)
	}
	return r
}

// serviceUnit is the unit of a service: a bundle is a target, and one that a
// socket starts for each connection a template.
func (r *renderer) serviceUnit(s *daemon.Service) string {
	switch {
	case s.Process == nil && s.Oneshot == nil:
		return s.Name + ".target"
	case r.accepted[s.Name]:
		return s.Name + "@.service"
	}
	return s.Name + ".service"
}

// unit gives the unit that a name in the configuration means: with a suffix
// that unit, else what is declared under that name, else a service of the
// host.
func (r *renderer) unit(name string) string {
	if name == "default" {
		return r.bootTarget
	}
	if unitType(name) != "" {
		return name
	}
	if unit, ok := r.units[name]; ok {
		return unit
	}
	return name + ".service"
}

func (r *renderer) named(names []string) []string {
	out := make([]string, 0, len(names))
	for _, name := range names {
		if unit := r.unit(name); !slices.Contains(out, unit) {
			out = append(out, unit)
		}
	}
	return out
}

// add finishes one unit's text and makes a file of it.
func (r *renderer) add(unit, origin string, t *text) *daemon.File {
	content, err := t.bytes()
	if err == nil {
		err = checkUnitName(unit)
	}
	if err != nil {
		r.fail(unit, origin, err)
	}
	r.files = append(r.files, daemon.File{
		Address: plan.NewAddress(plan.KindUnit, r.prefix+unit),
		Unit:    unit,
		Path:    path.Join(r.unitDir, unit),
		Content: content,
		Mode:    0o644,
		Origin:  origin,
	})
	return &r.files[len(r.files)-1]
}

func (r *renderer) fail(unit, origin string, err error) {
	if r.err != nil {
		return
	}
	r.err = fmt.Errorf("cannot write %s: %w", unit, err)
	if origin != "" {
		r.err = fmt.Errorf("%s: %w", origin, r.err)
	}
}

// finish gives the files in order. Two blocks for one file are an error that
// names both.
func (r *renderer) finish() ([]daemon.File, error) {
	if r.err != nil {
		return nil, r.err
	}
	slices.SortStableFunc(r.files, func(a, b daemon.File) int { return strings.Compare(a.Path, b.Path) })
	for i := 1; i < len(r.files); i++ {
		if a, b := r.files[i-1], r.files[i]; a.Path == b.Path {
			return nil, fmt.Errorf("cannot write %s: %s and %s both declare it", b.Unit, place(a), place(b))
		}
	}
	for i := range r.files {
		if err := r.install(&r.files[i]); err != nil {
			return nil, err
		}
	}
	r.spreadRun()
	return r.files, nil
}

func place(f daemon.File) string {
	return cmp.Or(f.Origin, string(f.Address))
}
