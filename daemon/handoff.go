package daemon

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/activate-agent/activate/activation/plan"
)

const (
	// quiet is for how long nothing may change until units count as settled,
	// and settleLimit how long that is waited for.
	quiet       = 200 * time.Millisecond
	settleLimit = 30 * time.Second
	settlePoll  = 25 * time.Millisecond
	// logLines is how much of a failed unit's log a verdict has.
	logLines = 10
)

// Outcome is the verdict over a hand-off, each list sorted by unit.
type Outcome struct {
	// Reloaded, Restarted and Started are the units that did so well.
	Reloaded  []string
	Restarted []string
	Started   []string
	// Failed are units that did not, and units of ours that failed during the
	// switch by themselves. Not empty means exit code 4.
	Failed []Failure
	// Ignored are failures of units whose failure does not count.
	Ignored []Failure
	// Unrelated are units of others that failed during the switch.
	Unrelated []Failure
}

// Stop stops units.Stop, with the definitions as they still are, and waits
// for it. Failures, less those that do not count, are for the verdict; the
// switch goes on. A canceled context does not interrupt it.
func (u *Units) Stop(ctx context.Context, units plan.Units) []Failure {
	if !u.cfg.Init.Running() || len(units.Stop) == 0 {
		return nil
	}
	failed := u.cfg.Init.Do(context.WithoutCancel(ctx), VerbStop, units.Stop, u.cfg.Deadline)
	return slices.DeleteFunc(failed, func(f Failure) bool { return u.ignores(f.Unit) })
}

// Start has the init read the definitions again and then reloads, restarts
// and starts what units says, waits until that is done and quiet, and gives
// the verdict. The error is of the init itself;
// even then everything was tried. A canceled context does not interrupt it,
// since a unit must not stay down for it.
func (u *Units) Start(ctx context.Context, units plan.Units) (Outcome, error) {
	if !u.cfg.Init.Running() || units.Empty() {
		return Outcome{}, nil
	}
	ctx = context.WithoutCancel(ctx)
	var errs []error
	switch {
	case units.Renew:
		errs = append(errs, u.cfg.Init.Renew(ctx))
	case units.Refresh:
		errs = append(errs, u.cfg.Init.Refresh(ctx))
	}
	errs = append(errs, u.forget(ctx, units))
	units, err := u.reloadable(ctx, units)
	errs = append(errs, err)

	failed := u.do(ctx, VerbReload, units.Reload)
	failed = append(failed, u.do(ctx, VerbRestart, units.Restart)...)
	failed = append(failed, u.do(ctx, VerbStart, units.Start)...)
	if slices.ContainsFunc(slices.Concat(units.Restart, units.Start), mayFailLater) {
		errs = append(errs, u.settle(ctx))
	}
	out, err := u.verdict(ctx, units, failed)
	return out, errors.Join(append(errs, err)...)
}

// mayFailLater: sockets, timers and mounts are up or not when their job is
// done; a process may still fail, and a target may have started some.
func mayFailLater(unit string) bool { return typeOf(unit) == "service" || typeOf(unit) == "target" }

func (u *Units) do(ctx context.Context, verb Verb, names []string) []Failure {
	if len(names) == 0 {
		return nil
	}
	return u.cfg.Init.Do(ctx, verb, names, u.cfg.Deadline)
}

// forget clears the failed state of units we act on, whose start limit would
// else refuse them, and of failed ones whose file is gone. Others keep theirs.
func (u *Units) forget(ctx context.Context, units plan.Units) error {
	names := slices.Concat(units.Restart, units.Start)
	status, err := u.cfg.Init.Status(ctx, nil)
	if err != nil {
		return err
	}
	for name, c := range u.ours() {
		if status[name].Failed && c.last && !u.desires(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return u.cfg.Init.Forget(ctx, slices.Compact(names))
}

// desires tells whether the desired state has a file for the unit or its
// template.
func (u *Units) desires(unit string) bool {
	template, _ := templateOf(unit)
	return slices.ContainsFunc(u.files, func(f File) bool { return f.Unit == unit || f.Unit == template })
}

// reloadable moves units that cannot be reloaded any more, since stopping
// another one took them down, from Reload to Start.
func (u *Units) reloadable(ctx context.Context, units plan.Units) (plan.Units, error) {
	if len(units.Reload) == 0 {
		return units, nil
	}
	status, err := u.cfg.Init.Status(ctx, units.Reload)
	if err != nil {
		return units, err
	}
	reload := units.Reload
	units.Reload = nil
	for _, name := range reload {
		if status[name].Up() {
			units.Reload = append(units.Reload, name)
		} else if !slices.Contains(units.Start, name) {
			units.Start = append(slices.Clone(units.Start), name)
		}
	}
	return units, nil
}

// settle waits until no state of ours has changed for a while: a program that
// fails at once has then failed.
func (u *Units) settle(ctx context.Context) error {
	tick := time.NewTicker(settlePoll)
	defer tick.Stop()
	names := u.ours()
	begin := time.Now()
	since := begin
	var last map[string]Status
	for time.Since(since) < quiet && time.Since(begin) < settleLimit {
		all, err := u.cfg.Init.Status(ctx, nil)
		if err != nil {
			return err
		}
		maps.DeleteFunc(all, func(name string, _ Status) bool {
			template, _ := templateOf(name)
			_, ours := names[name]
			_, instance := names[template]
			return !ours && !instance
		})
		if !maps.Equal(all, last) {
			last, since = all, time.Now()
		}
		<-tick.C
	}
	return nil
}

// verdict holds the failures now against those from before.
func (u *Units) verdict(ctx context.Context, units plan.Units, failed []Failure) (Outcome, error) {
	status, err := u.cfg.Init.Status(ctx, nil)
	acted := slices.Concat(units.Reload, units.Restart, units.Start)
	var out Outcome
	for _, name := range slices.Sorted(maps.Keys(status)) {
		known := slices.ContainsFunc(failed, func(f Failure) bool { return f.Unit == name })
		old := slices.Contains(units.Failed, name) && !slices.Contains(acted, name)
		if !status[name].Failed || known || old {
			continue
		}
		f := Failure{Unit: name, Reason: "it failed during the switch"}
		if u.known(name) {
			failed = append(failed, f)
		} else {
			out.Unrelated = append(out.Unrelated, f)
		}
	}
	for _, f := range failed {
		f.Log = u.cfg.Init.Log(ctx, f.Unit, logLines)
		if u.ignores(f.Unit) {
			out.Ignored = append(out.Ignored, f)
		} else {
			out.Failed = append(out.Failed, f)
		}
	}
	byUnit := func(a, b Failure) int { return strings.Compare(a.Unit, b.Unit) }
	slices.SortStableFunc(out.Failed, byUnit)
	slices.SortStableFunc(out.Ignored, byUnit)
	out.Reloaded = well(units.Reload, VerbReload, failed)
	out.Restarted = well(units.Restart, VerbRestart, failed)
	out.Started = well(units.Start, VerbStart, failed)
	return out, err
}

// known tells whether the unit is ours or an instance of ours.
func (u *Units) known(name string) bool {
	ours := u.ours()
	template, _ := templateOf(name)
	_, is := ours[name]
	_, instance := ours[template]
	return is || instance
}

func (u *Units) ignores(name string) bool {
	template, _ := templateOf(name)
	return slices.ContainsFunc(u.files, func(f File) bool {
		return f.IgnoreFailure && (f.Unit == name || f.Unit == template)
	})
}

// well gives the names for which nothing failed.
func well(names []string, verb Verb, failed []Failure) []string {
	var out []string
	for _, name := range names {
		bad := slices.ContainsFunc(failed, func(f Failure) bool {
			return f.Unit == name && (f.Verb == verb || f.Verb == "")
		})
		if !bad {
			out = append(out, name)
		}
	}
	return out
}
