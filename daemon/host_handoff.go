package daemon

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/activate-agent/activate/activation/plan"
)

// Verbs decides what the switch does to all units, as Units.Verbs does.
func (h *Host) Verbs(ctx context.Context, changes []plan.Change) (plan.Units, error) {
	lists, err := h.Units.Verbs(ctx, h.mine(h.Units, changes))
	if err != nil {
		return lists, err
	}
	h.refresh = map[string]bool{}
	for _, p := range h.people {
		own := p.verbs(ctx, h.mine(p.units, changes))
		h.refresh[p.name] = own.Refresh
		lists = join(lists, p.name, own)
	}
	return lists, nil
}

// verbs: a manager that is about to be started starts what is to run. One that
// answers with an error is its user's doing and keeps nobody from a switch:
// what changes for it is asked of it all the same, and fails there.
func (p person) verbs(ctx context.Context, changes []plan.Change) plan.Units {
	if !p.units.cfg.Init.Running() && p.wake != nil {
		return p.everything("the manager of " + p.name + " starts")
	}
	units, err := p.units.Verbs(ctx, changes)
	switch {
	case err == nil:
		return units
	case len(changes) == 0:
		return plan.Units{}
	}
	units = p.everything("the manager of " + p.name + " does not tell what runs: " + err.Error())
	units.Refresh = true
	return units
}

// everything starts all that is to run.
func (p person) everything(why string) plan.Units {
	lists := plan.Units{Reasons: map[string]string{}}
	for _, f := range p.units.files {
		for _, unit := range f.Run {
			lists.Start = append(lists.Start, unit)
			lists.Reasons[unit] = why
		}
	}
	slices.Sort(lists.Start)
	return lists
}

// Stop stops what has to stop first, with the old definitions.
func (h *Host) Stop(ctx context.Context, units plan.Units) []Failure {
	var failed []Failure
	for _, p := range h.people {
		failed = append(failed, named(p.name, p.units.Stop(ctx, only(units, p.name)))...)
	}
	return append(failed, h.Units.Stop(ctx, h.own(units))...)
}

// Start does the rest and gives the verdict. One manager's trouble does not
// keep the others from being asked.
func (h *Host) Start(ctx context.Context, units plan.Units) (Outcome, error) {
	out, err := h.Units.Start(ctx, h.own(units))
	for _, p := range h.people {
		lists := only(units, p.name)
		lists.Renew = false
		lists.Refresh = lists.Refresh && (h.refresh == nil || h.refresh[p.name])
		own, failed := p.start(context.WithoutCancel(ctx), lists)
		if failed != nil && p.ended(lists) {
			own, failed = Outcome{}, nil
		}
		out, err = out.with(p.name, own), errors.Join(err, failed)
	}
	return out, err
}

// ended tells that the manager is gone and had nothing more to do: logind stops it
// once its user lingers no more, maybe while it is asked to read its units again.
func (p person) ended(units plan.Units) bool {
	return len(units.Start)+len(units.Restart)+len(units.Reload) == 0 && !p.units.cfg.Init.Running()
}

func (p person) start(ctx context.Context, units plan.Units) (Outcome, error) {
	if !p.units.cfg.Init.Running() && p.wake != nil && len(units.Start) > 0 {
		err := p.wake(ctx)
		if err == nil && !p.units.cfg.Init.Running() {
			err = errors.New("the manager of " + p.name + " does not answer")
		}
		if err != nil {
			return Outcome{Failed: unstarted(units.Start, err)}, nil
		}
	}
	return p.units.Start(ctx, units)
}

func unstarted(units []string, err error) []Failure {
	var out []Failure
	for _, unit := range units {
		out = append(out, Failure{Unit: unit, Verb: VerbStart, Reason: err.Error()})
	}
	return out
}

// separator stands between a user and a unit.
const separator = ":"

func rename(list []string, to func(string) (string, bool)) []string {
	var out []string
	for _, unit := range list {
		if name, ok := to(unit); ok {
			out = append(out, name)
		}
	}
	return out
}

// selected gives the units that to names otherwise, under those names.
func selected(u plan.Units, to func(string) (string, bool)) plan.Units {
	reasons := map[string]string{}
	for unit, reason := range u.Reasons {
		if name, ok := to(unit); ok {
			reasons[name] = reason
		}
	}
	return plan.Units{
		Stop: rename(u.Stop, to), Start: rename(u.Start, to), Restart: rename(u.Restart, to), Reload: rename(u.Reload, to),
		Skip: rename(u.Skip, to), Reasons: reasons, Failed: rename(u.Failed, to), Refresh: u.Refresh, Renew: u.Renew,
	}
}

// only gives what of units is the user's, as the user's manager calls it.
func only(units plan.Units, user string) plan.Units {
	return selected(units, func(unit string) (string, bool) { return strings.CutPrefix(unit, user+separator) })
}

// own gives what of units is nobody's but the host's.
func (h *Host) own(units plan.Units) plan.Units {
	return selected(units, func(unit string) (string, bool) {
		return unit, !slices.ContainsFunc(h.people, func(p person) bool { return strings.HasPrefix(unit, p.name+separator) })
	})
}

// join adds a user's units to those of all.
func join(all plan.Units, user string, own plan.Units) plan.Units {
	own = selected(own, func(unit string) (string, bool) { return user + separator + unit, true })
	merge := func(a, b []string) []string {
		a = append(a, b...)
		slices.Sort(a)
		return a
	}
	all.Stop, all.Start, all.Restart = merge(all.Stop, own.Stop), merge(all.Start, own.Start), merge(all.Restart, own.Restart)
	all.Reload, all.Skip, all.Failed = merge(all.Reload, own.Reload), merge(all.Skip, own.Skip), merge(all.Failed, own.Failed)
	all.Refresh = all.Refresh || own.Refresh
	for unit, reason := range own.Reasons {
		if all.Reasons == nil {
			all.Reasons = map[string]string{}
		}
		all.Reasons[unit] = reason
	}
	return all
}

// named gives failures of a user's units under their long names.
func named(user string, failed []Failure) []Failure {
	for i := range failed {
		failed[i].Unit, failed[i].User = user+separator+failed[i].Unit, user
	}
	return failed
}

// with adds what came of a user's units. Others that failed in the user's
// manager are the user's business.
func (o Outcome) with(user string, own Outcome) Outcome {
	long := func(unit string) (string, bool) { return user + separator + unit, true }
	o.Started = append(o.Started, rename(own.Started, long)...)
	o.Restarted = append(o.Restarted, rename(own.Restarted, long)...)
	o.Reloaded = append(o.Reloaded, rename(own.Reloaded, long)...)
	o.Failed = append(o.Failed, named(user, own.Failed)...)
	o.Ignored = append(o.Ignored, named(user, own.Ignored)...)
	return o
}
