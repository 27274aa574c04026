package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/activate-agent/activate/daemon"
)

// everybody is the host's init and the managers of users, as a person with the
// right to all of them sees them: a user's unit is USER:UNIT.
type everybody struct {
	host   daemon.Init
	people map[string]daemon.Init
}

// everybody gives those who have services of d.
func (w *wiring) everybody(d desired) everybody {
	e := everybody{host: w.init, people: map[string]daemon.Init{}}
	for _, u := range d.daemon.Users {
		e.people[u.User] = w.person(d.users, u.User).Init
	}
	return e
}

// units gives what a person may act on, sorted.
func (e everybody) units(d daemon.Desired) ([]string, error) {
	out, err := unitsOf(e.host, d, "")
	for _, u := range d.Users {
		if err != nil {
			break
		}
		var own []string
		own, err = unitsOf(e.people[u.User], u.Units, u.User+":")
		out = append(out, own...)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot name the services: %w", err)
	}
	return compact(out), nil
}

func unitsOf(init daemon.Init, d daemon.Desired, prefix string) ([]string, error) {
	files, err := init.Render(d)
	var out []string
	for _, f := range files {
		if path.Ext(f.Unit) != ".target" {
			out = append(out, prefix+f.Unit)
		}
	}
	return out, err
}

// of gives whose unit it is, and what that one calls it. Nobody's is the
// host's.
func (e everybody) of(unit string) (daemon.Init, string) {
	if user, own, ok := strings.Cut(unit, ":"); ok && e.people[user] != nil {
		return e.people[user], own
	}
	return e.host, unit
}

// Details asks each one in turn. Who is not there has nothing running.
func (e everybody) Details(ctx context.Context, units []string) ([]daemon.Detail, error) {
	var out []daemon.Detail
	for _, unit := range units {
		init, own := e.of(unit)
		c, ok := init.(daemon.Console)
		if !ok || !init.Running() {
			out = append(out, daemon.Detail{Name: unit, State: "inactive", Reason: "the user has no session"})
			continue
		}
		d, err := c.Details(ctx, []string{own})
		if err != nil {
			return nil, err
		}
		d[0].Name = unit
		out = append(out, d...)
	}
	return out, nil
}

// Follow follows the log of a unit.
func (e everybody) Follow(ctx context.Context, unit string, n int, w io.Writer) error {
	init, own := e.of(unit)
	c, ok := init.(daemon.Console)
	if !ok {
		return fmt.Errorf("cannot follow the log of %s: %w", unit, errNoInit)
	}
	return c.Follow(ctx, own, n, w)
}

// Log gives the last lines of a unit.
func (e everybody) Log(ctx context.Context, unit string, n int) []string {
	init, own := e.of(unit)
	return init.Log(ctx, own, n)
}

// Do acts on units, on each one's at once.
func (e everybody) Do(ctx context.Context, verb daemon.Verb, units []string, deadline time.Duration) []daemon.Failure {
	own := map[string][]string{}
	for _, unit := range units {
		user := ""
		if name, _, ok := strings.Cut(unit, ":"); ok && e.people[name] != nil {
			user = name + ":"
		}
		own[user] = append(own[user], strings.TrimPrefix(unit, user))
	}
	var failed []daemon.Failure
	for _, user := range slices.Sorted(maps.Keys(own)) {
		init := e.host
		if user != "" {
			init = e.people[strings.TrimSuffix(user, ":")]
		}
		for _, f := range init.Do(ctx, verb, own[user], deadline) {
			f.Unit = user + f.Unit
			failed = append(failed, f)
		}
	}
	return failed
}
