package daemon

import (
	"context"
	"maps"
	"slices"

	"github.com/activate-agent/activate/activation/plan"
)

// action is what becomes of one unit.
type action int

const (
	leave action = iota
	skip
	reload
	start
	restart
	stop
	// cycle is to stop with the old definition and start with the new.
	cycle
)

type verdict struct {
	action action
	reason string
}

// decider holds everything a decision may depend on.
type decider struct {
	units       *Units
	status      map[string]Status
	transitions map[string]transition
	verdicts    map[string]verdict
	// triggered maps a unit to the desired ones that start it.
	triggered map[string][]string
}

// decide judges every unit by itself, and then what sockets mean for their
// services.
func (d *decider) decide() {
	d.triggered = map[string][]string{}
	names := slices.Sorted(maps.Keys(d.transitions))
	for _, name := range names {
		t := d.transitions[name]
		if t.new.Present() && t.will.Triggers != "" && t.run {
			d.triggered[t.will.Triggers] = append(d.triggered[t.will.Triggers], name)
		}
	}
	for _, name := range names {
		d.verdicts[name] = d.judge(d.transitions[name])
	}
	for _, name := range names {
		d.cycleSockets(name)
	}
	for _, name := range names {
		d.handOver(name)
	}
}

// judge is the table for one unit.
func (d *decider) judge(t transition) verdict {
	switch {
	case !t.new.Present():
		return d.judgeRemoved(t)
	case isTemplate(t.name):
		return verdict{}
	case !t.status.Up():
		return d.judgeDown(t)
	case t.old.Masked && !d.units.desires(t.name):
		// It is another's, and ran on under our mask.
		return verdict{}
	case !t.old.Present():
		return d.judgeChanged(t, Difference{NeedsRestart, "it runs without a definition"})
	}
	return d.judgeChanged(t, t.difference)
}

// judgeRemoved: what is dropped or masked stops, if it was ours.
func (d *decider) judgeRemoved(t transition) verdict {
	switch {
	case !t.status.Up() || !t.old.Present():
		return verdict{}
	case !t.last && typeOf(t.name) == "timer" && !t.was.ManualStopRefused:
		// It ends with the reload anyhow, and systemd would say that it failed.
		return verdict{stop, "masked, and a timer ends with that"}
	case !t.last:
		return verdict{skip, "it is masked but not ours to stop"}
	case !t.was.StopOnRemoval:
		return verdict{skip, "X-StopOnRemoval=false"}
	case t.was.ManualStopRefused:
		return verdict{skip, "RefuseManualStop=yes"}
	case t.new.Masked:
		return verdict{stop, "masked"}
	}
	return verdict{stop, "no longer declared"}
}

// judgeDown: a unit that does not run is started when it should.
func (d *decider) judgeDown(t transition) verdict {
	changed := !t.old.Present() || t.difference.Effect != NoEffect || !t.last
	switch {
	case !t.run || t.instance || t.status.Unmet && !changed:
		return verdict{}
	case t.will.ManualStartOnly:
		return verdict{}
	case len(d.triggered[t.name]) > 0 && !t.will.NotSocketActivated:
		return verdict{}
	case t.will.Passing && !changed && !t.status.Failed:
		return verdict{}
	case d.units.cfg.KeepStopped && !changed:
		return verdict{}
	case !t.last:
		return verdict{start, "new"}
	case t.status.Failed:
		return verdict{start, "it failed"}
	}
	return verdict{start, "it does not run"}
}

// judgeChanged: what a running unit needs, by its type and then by its policy.
func (d *decider) judgeChanged(t transition, diff Difference) verdict {
	if diff.Effect == NoEffect {
		return verdict{}
	}
	switch typeOf(t.name) {
	case "target":
		if t.will.StopOnReconfiguration {
			return verdict{cycle, diff.Reason}
		}
		if t.will.ManualStartOnly {
			return verdict{}
		}
		// A target that is active is started again for what it wants now.
		return verdict{start, diff.Reason}
	case "path", "slice":
		return verdict{}
	case "socket":
		return verdict{skip, diff.Reason + "; a socket is not restarted, which would refuse connections"}
	case "service":
		return d.judgeService(t, diff)
	case "mount":
		if diff.Effect == NeedsReload || t.name == "-.mount" {
			return verdict{reload, diff.Reason}
		}
	}
	return verdict{restart, diff.Reason}
}

func (d *decider) judgeService(t transition, diff Difference) verdict {
	switch {
	case t.instance && d.accepted(t.name):
		return verdict{skip, diff.Reason + "; it serves one connection"}
	case t.will.CanReload && (diff.Effect == NeedsReload || t.will.ReloadIfChanged):
		return verdict{reload, diff.Reason}
	case !t.will.RestartIfChanged || t.will.ManualStopRefused || t.will.ManualStartOnly:
		return verdict{skip, diff.Reason}
	case diff.Effect == NeedsStop || t.will.StopIfChanged:
		return verdict{cycle, diff.Reason}
	}
	return verdict{restart, diff.Reason}
}

// accepted tells whether an instance was made by a socket for a connection.
func (d *decider) accepted(instance string) bool {
	template, _ := templateOf(instance)
	return slices.ContainsFunc(slices.Collect(maps.Values(d.transitions)), func(t transition) bool {
		return t.will.Accept && t.will.Triggers == template || t.was.Accept && t.was.Triggers == template
	})
}

// cycleSockets: while a service is stopped nobody may start it again with the
// old definition, so its sockets go down with it. Afterwards they start it.
func (d *decider) cycleSockets(name string) {
	v, t := d.verdicts[name], d.transitions[name]
	if v.action != cycle || typeOf(name) != "service" {
		return
	}
	taken := false
	for _, socket := range d.sockets(t) {
		s, ok := d.transitions[socket]
		if !ok || d.verdicts[socket].action == stop {
			continue
		}
		switch {
		case s.status.Up():
			d.verdicts[socket] = verdict{cycle, name + " is stopped and started"}
			taken = true
		case d.verdicts[socket].action == start:
			taken = true
		}
	}
	if taken && !t.will.NotSocketActivated {
		d.verdicts[name] = verdict{stop, v.reason + "; its socket starts it again"}
	}
}

// sockets gives the sockets that start t: those it names, those that name it,
// and the one of its name.
func (d *decider) sockets(t transition) []string {
	all := append(slices.Clone(t.will.Sockets), baseOf(t.name)+".socket")
	for _, by := range d.triggered[t.name] {
		if typeOf(by) == "socket" {
			all = append(all, by)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// handOver: a socket cannot listen while its service already runs without it.
func (d *decider) handOver(socket string) {
	t := d.transitions[socket]
	if typeOf(socket) != "socket" || d.verdicts[socket].action != start || t.will.Accept {
		return
	}
	service, ok := d.transitions[t.will.Triggers]
	if !ok || !service.status.Up() || d.verdicts[service.name].action == stop {
		return
	}
	reason := socket + " takes over its address"
	d.verdicts[service.name] = verdict{stop, reason}
	if service.will.NotSocketActivated {
		d.verdicts[service.name] = verdict{cycle, reason}
	}
}

// follow adds what the init does by itself: a unit that needs another one goes
// down with it, and has to come up with it again.
func (d *decider) follow(ctx context.Context) error {
	pending := slices.Sorted(maps.Keys(d.verdicts))
	for len(pending) > 0 {
		name := pending[0]
		pending = pending[1:]
		v := d.verdicts[name]
		if !d.transitions[name].status.Up() || v.action < restart {
			continue
		}
		followers, err := d.units.cfg.Init.Followers(ctx, name)
		if err != nil {
			return err
		}
		for _, follower := range followers {
			if d.drag(follower, name, v.action) {
				pending = append(pending, follower)
			}
		}
	}
	return nil
}

// drag gives a follower the verdict it gets by what it needs, and tells
// whether that is news.
func (d *decider) drag(follower, needed string, how action) bool {
	t, ours := d.transitions[follower]
	if !ours || !t.status.Up() || d.verdicts[follower].action >= restart {
		return false
	}
	v := verdict{restart, "it needs " + needed + ", which restarts"}
	if how != restart {
		v = verdict{cycle, "it needs " + needed + ", which stops"}
	}
	d.verdicts[follower] = v
	return true
}

// lists sorts the verdicts into the plan's form.
func (d *decider) lists() plan.Units {
	u := plan.Units{}
	for _, name := range slices.Sorted(maps.Keys(d.verdicts)) {
		v := d.verdicts[name]
		switch v.action {
		case leave:
			continue
		case skip:
			u.Skip = append(u.Skip, name)
		case reload:
			u.Reload = append(u.Reload, name)
		case start:
			u.Start = append(u.Start, name)
		case restart:
			u.Restart = append(u.Restart, name)
		case stop:
			u.Stop = append(u.Stop, name)
		case cycle:
			u.Stop = append(u.Stop, name)
			u.Start = append(u.Start, name)
		}
		if u.Reasons == nil {
			u.Reasons = map[string]string{}
		}
		if u.Reasons[name] = v.reason; d.transitions[name].origin != "" {
			u.Reasons[name] += ", " + d.transitions[name].origin
		}
	}
	return u
}
