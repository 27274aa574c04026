package main

import (
	"bytes"
	"io"
	"os"
	"slices"

	"github.com/activate-agent/activate/activation"
	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/daemon"
)

// analyzer is the program that knows which calendar events the host's own
// systemd understands, systemd-analyze(1).
const analyzer = "/usr/bin/systemd-analyze"

// calendarChecks have the host's systemd read the times of the timers that
// change: what it does not understand would else be found when the timer is to
// start. Where it can't be asked there are none.
func (w *wiring) calendarChecks(d daemon.Desired, changes []plan.Change) []activation.Check {
	if w.init.Name() != "systemd" || !w.init.Running() {
		return nil
	}
	if _, err := os.Stat(analyzer); err != nil {
		return nil
	}
	out := timerChecks(d.Timers, "", changes)
	for _, u := range d.Users {
		out = append(out, timerChecks(u.Units.Timers, u.User+":", changes)...)
	}
	return out
}

func timerChecks(timers []daemon.Timer, prefix string, changes []plan.Change) []activation.Check {
	var out []activation.Check
	for _, t := range timers {
		address := plan.NewAddress(plan.KindUnit, prefix+t.Name+".timer")
		changed := slices.ContainsFunc(changes, func(ch plan.Change) bool { return ch.Address == address })
		if !changed || len(t.OnCalendar) == 0 {
			continue
		}
		out = append(out, activation.Check{
			Address: address, Origin: t.Origin, Argv: append([]string{analyzer, "calendar", "--"}, t.OnCalendar...),
			Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(nil)), nil },
		})
	}
	return out
}
