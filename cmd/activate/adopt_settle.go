package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/activate-agent/activate/activation"
	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/etc"
	"github.com/activate-agent/activate/users"
)

// settle plans what the configuration will say and leaves out what would be a
// change, until nothing is: that adoption changes nothing is not a hope.
func (a *adoption) settle(ctx context.Context, h *host, out string) error {
	for {
		p, err := h.engine.Prepare(ctx, h.wiring.target(out, a.system()))
		if err != nil {
			return err
		}
		reasons := objections(p)
		if len(reasons) == 0 && p.Plan.Empty() {
			return p.Refused()
		}
		done := false
		for _, r := range reasons {
			done = a.leaveOut(r.address, r.why) || done
		}
		if !done {
			return fmt.Errorf("cannot adopt this host: a plan would change %v, and nothing of it can be left out (%w)", reasons, p.Refused())
		}
	}
}

// objection is why a plan is not empty.
type objection struct {
	address plan.Address
	why     string
}

// objections gives every reason of a plan not to be empty, in its order.
func objections(p *activation.Prepared) []objection {
	var out []objection
	for _, pr := range p.Problems {
		out = append(out, objection{pr.Address, pr.Summary})
	}
	for _, ch := range p.Plan.Changes {
		out = append(out, objection{ch.Address, "a switch would change it: " + ch.Reason})
	}
	return append(out, unitObjections(p.Plan.Units)...)
}

func unitObjections(u plan.Units) []objection {
	var out []objection
	add := func(names []string, why func(name string) string) {
		for _, name := range names {
			out = append(out, objection{plan.NewAddress(plan.KindUnit, name), why(name)})
		}
	}
	would := func(verb string) func(string) string {
		return func(name string) string { return fmt.Sprintf("a switch would %s it (%s)", verb, u.Reasons[name]) }
	}
	add(u.Stop, would("stop"))
	add(u.Start, func(string) string { return "it is enabled and does not run, so a switch would start it" })
	add(u.Restart, would("restart"))
	add(u.Reload, would("reload"))
	return out
}

// leaveOut takes what is at an address out of the configuration, and tells
// whether there was anything.
func (a *adoption) leaveOut(at plan.Address, why string) bool {
	switch at.Kind() {
	case plan.KindUser:
		return a.leaveOutUser(at, why)
	case plan.KindGroup:
		n := len(a.accounts.Groups)
		a.accounts.Groups = slices.DeleteFunc(a.accounts.Groups, func(g users.Group) bool { return g.Name == at.Name() })
		return a.gone(n > len(a.accounts.Groups), "group "+at.Name(), why)
	case plan.KindUnit:
		i := a.unitNamed(at.Name())
		if i < 0 {
			return false
		}
		u := a.units[i]
		a.units = slices.Delete(a.units, i, i+1)
		a.onlyFile(u, why)
		return true
	}
	n := len(a.changed) + len(a.added)
	is := func(e etc.Entry) bool { return e.Address == at }
	a.changed, a.added = slices.DeleteFunc(a.changed, is), slices.DeleteFunc(a.added, is)
	return a.gone(n > len(a.changed)+len(a.added), "/"+etc.PathOf(at), why)
}

// leaveOutUser takes out what ranges of others may contradict, the subordinate
// ids, and all of the user only when that is not it.
func (a *adoption) leaveOutUser(at plan.Address, why string) bool {
	i := slices.IndexFunc(a.accounts.Users, func(u users.User) bool { return u.Name == at.Name() })
	if i < 0 {
		return false
	}
	if u := &a.accounts.Users[i]; u.SubIDs != nil {
		u.SubIDs = nil
		a.notes[at] = strings.TrimPrefix(a.notes[at]+"\nSubordinate ids are not said here: "+why+".", "\n")
		return true
	}
	a.accounts.Users = slices.Delete(a.accounts.Users, i, i+1)
	return a.gone(true, "user "+at.Name(), why)
}

func (a *adoption) gone(was bool, what, why string) bool {
	if was {
		a.leave(what, why)
	}
	return was
}
