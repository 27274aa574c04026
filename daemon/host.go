package daemon

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/activate-agent/activate/activation/plan"
)

// Person is one user's own manager as a Host needs it.
type Person struct {
	Init Init
	// Wake starts the manager of a user who has one without a login; nil for
	// other users, whose units wait for the next login.
	Wake func(ctx context.Context) error
}

// HostConfig says what a Host works on.
type HostConfig struct {
	Config
	// Person gives the manager of the named user.
	Person func(name string) Person
}

// Host is the units of a host and those of its users, each in the user's own
// manager. In plans and verdicts the unit sync.service of alice is called
// alice:sync.service.
type Host struct {
	*Units
	people []person
	// refresh tells which people's units Verbs found changed; nil before it, as
	// when an interrupted run is finished.
	refresh map[string]bool
}

type person struct {
	name  string
	units *Units
	wake  func(ctx context.Context) error
}

// NewHost renders the desired state. Its error is the renderer's.
func NewHost(cfg HostConfig) (*Host, error) {
	split, err := splitLast(cfg.Last)
	if err != nil {
		return nil, err
	}
	own := cfg.Config
	own.Last = split[""]
	u, err := New(own)
	if err != nil {
		return nil, err
	}
	h := &Host{Units: u}
	for _, name := range people(cfg.Desired, split) {
		p, err := newPerson(cfg, name, split[name])
		if err != nil {
			return nil, err
		}
		h.people = append(h.people, p)
	}
	return h, nil
}

func newPerson(cfg HostConfig, name string, last map[plan.Address]plan.State) (person, error) {
	who := cfg.Person(name)
	c := cfg.Config
	c.Init, c.Last, c.Desired, c.Contents = who.Init, last, Desired{}, nil
	for _, u := range cfg.Desired.Users {
		if u.User == name {
			c.Desired = u.Units
		}
	}
	u, err := New(c)
	if err != nil {
		return person{}, fmt.Errorf("user %s: %w", name, err)
	}
	return person{name: name, units: u, wake: who.Wake}, nil
}

// UserDir is the directory, relative to the root, with the units of one user.
func UserDir(name string) string { return path.Join(usersDir, name) }

const usersDir = "etc/activate/users"

// userAt is whose unit file stands at p, "" for the host's.
func userAt(p string) string {
	below, ok := strings.CutPrefix(p, usersDir+"/")
	if !ok {
		return ""
	}
	name, _, _ := strings.Cut(below, "/")
	return name
}

// userOf is whose unit a is about, with the states of it.
func userOf(a plan.Address, states ...plan.State) (string, error) {
	if a.Kind() != plan.KindUnit {
		return "", nil
	}
	for _, raw := range states {
		s, err := decode(a, raw)
		if err != nil {
			return "", err
		}
		if name := userAt(s.Path); name != "" {
			return name, nil
		}
	}
	return "", nil
}

// splitLast sorts the addresses of units and mounts by whose they are.
func splitLast(last map[plan.Address]plan.State) (map[string]map[plan.Address]plan.State, error) {
	out := map[string]map[plan.Address]plan.State{}
	for a, s := range last {
		if kind := a.Kind(); kind != plan.KindUnit && kind != plan.KindMount {
			continue
		}
		name, err := userOf(a, s)
		if err != nil {
			return nil, err
		}
		if out[name] == nil {
			out[name] = map[plan.Address]plan.State{}
		}
		out[name][a] = s
	}
	return out, nil
}

// people are the users with units now or in the last generation, sorted.
func people(d Desired, last map[string]map[plan.Address]plan.State) []string {
	var names []string
	for name := range last {
		if name != "" {
			names = append(names, name)
		}
	}
	for _, u := range d.Users {
		names = append(names, u.User)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// of gives the Units that a change is for.
func (h *Host) of(ch plan.Change) *Units {
	// A state that cannot be read makes the Apply of the host's units fail.
	name, _ := userOf(ch.Address, ch.Before, ch.After)
	for _, p := range h.people {
		if p.name == name {
			return p.units
		}
	}
	return h.Units
}

// all gives the host's Units and those of its people.
func (h *Host) all() []*Units {
	out := []*Units{h.Units}
	for _, p := range h.people {
		out = append(out, p.units)
	}
	return out
}
