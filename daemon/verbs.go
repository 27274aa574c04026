package daemon

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/activate-agent/activate/activation/plan"
)

// Verbs decides what the switch does to units: those that changes concern,
// and those that should run and do not. Without a running init it is empty.
// It reads only and must be called before Apply. Changes of other kinds than
// units and mounts may be among changes.
func (u *Units) Verbs(ctx context.Context, changes []plan.Change) (plan.Units, error) {
	if !u.cfg.Init.Running() {
		return plan.Units{}, nil
	}
	before, after, err := u.views(changes)
	if err != nil {
		return plan.Units{}, err
	}
	units := u.ours()
	u.addOthers(units, changes)
	status, err := u.cfg.Init.Status(ctx, slices.Sorted(maps.Keys(units)))
	if err != nil {
		return plan.Units{}, err
	}
	addInstances(units, status)
	d := decider{units: u, status: status, verdicts: map[string]verdict{}, transitions: map[string]transition{}}
	for _, name := range slices.Sorted(maps.Keys(units)) {
		t, err := u.transition(before, after, units[name], status)
		if err != nil {
			return plan.Units{}, err
		}
		d.transitions[name] = t
	}
	d.decide()
	if err := d.follow(ctx); err != nil {
		return plan.Units{}, err
	}
	lists := d.lists()
	lists.Refresh = slices.ContainsFunc(changes, u.concernsInit)
	lists.Renew = slices.ContainsFunc(changes, u.changesSettings)
	for _, name := range slices.Sorted(maps.Keys(status)) {
		if status[name].Failed {
			lists.Failed = append(lists.Failed, name)
		}
	}
	return lists, nil
}

// concernsInit tells whether the init has to read its definitions again: for
// files of ours, and for any other that goes into its directory.
func (u *Units) concernsInit(ch plan.Change) bool {
	_, inside := u.inside(ch)
	return inside || ch.Kind == plan.KindUnit || ch.Kind == plan.KindMount
}

// changesSettings tells whether the init has to begin anew: for files of its own
// settings.
func (u *Units) changesSettings(ch plan.Change) bool {
	if ch.Kind != plan.KindEtc && ch.Kind != plan.KindFile && ch.Kind != plan.KindSymlink {
		return false
	}
	p := strings.TrimPrefix(ch.Address.Name(), "/")
	if ch.Kind == plan.KindEtc {
		p = "etc/" + p
	}
	return slices.ContainsFunc(u.cfg.Init.Settings(), func(s string) bool { return p == s || strings.HasPrefix(p, s+"/") })
}

// addOthers adds the units of files that other subsystems put into the init's
// directory or take away.
func (u *Units) addOthers(units map[string]concern, changes []plan.Change) {
	for _, ch := range changes {
		p, ok := u.inside(ch)
		if !ok {
			continue
		}
		unit := unitAt(p)
		if _, listed := units[unit]; !listed {
			units[unit] = concern{name: unit, last: ch.Before != nil, origin: ch.Origin}
		}
	}
}

// concern is a unit that some file of ours, now or in the last generation,
// has to do with.
type concern struct {
	name string
	// last says that the last generation had a file for it.
	last bool
	// run says that it is to be running.
	run bool
	// wantedBy are units that want it running when they are.
	wantedBy []string
	// instance says that it is here for its template's sake only.
	instance bool
	origin   string
}

// ours gives the units of the desired files and of the last generation's.
func (u *Units) ours() map[string]concern {
	out := map[string]concern{}
	for a, raw := range u.cfg.Last {
		// A record that cannot be read has made New fail.
		last, _ := decode(a, raw)
		if last.Path == "" {
			continue
		}
		unit := unitAt(last.Path)
		out[unit] = concern{name: unit, last: true}
	}
	for _, f := range u.files {
		c := out[f.Unit]
		c.name = f.Unit
		if c.origin == "" {
			c.origin = f.Origin
		}
		c.wantedBy = append(c.wantedBy, f.WantedBy...)
		out[f.Unit] = c
		for _, unit := range f.Run {
			c := out[unit]
			c.name, c.run, c.origin = unit, true, f.Origin
			c.last = c.last || out[f.Unit].last
			out[unit] = c
		}
	}
	return out
}

// addInstances adds the loaded instances of templates.
func addInstances(units map[string]concern, status map[string]Status) {
	for name := range status {
		template, ok := templateOf(name)
		if !ok {
			continue
		}
		t, ours := units[template]
		if _, listed := units[name]; ours && !listed {
			units[name] = concern{name: name, last: t.last, instance: true, origin: t.origin}
		}
	}
}

// transition is one unit's way from old to new, and how it stands now.
type transition struct {
	concern
	old, new   Definition
	was, will  Traits
	difference Difference
	status     Status
}

func (u *Units) transition(before, after view, c concern, status map[string]Status) (transition, error) {
	t := transition{concern: c, status: status[c.name]}
	var err error
	if t.old, err = before.definition(c.name); err != nil {
		return t, err
	}
	if t.new, err = after.definition(c.name); err != nil {
		return t, err
	}
	if c.instance {
		own, err := after.own(c.name)
		if err != nil {
			return t, err
		}
		if own {
			// A file of somebody's own for this instance hides the template.
			t.new = t.old
		}
	}
	init := u.cfg.Init
	t.was, t.will = init.Traits(t.old), init.Traits(t.new)
	if t.old.Present() && t.new.Present() {
		t.difference = init.Compare(t.old, t.new)
	}
	for _, by := range c.wantedBy {
		t.run = t.run || status[by].Up() && !isTemplate(c.name)
	}
	return t, nil
}
