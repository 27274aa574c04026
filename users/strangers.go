package users

import (
	"fmt"
	"slices"
	"strings"

	"github.com/activate-agent/activate/activation/plan"
)

// warnStrangers tells of members that groups are to have and that are no users,
// as far as anybody knows. They are no problem: one of a directory that is away
// for a while must not hold up a switch, let alone a boot.
func (p *planning) warnStrangers() {
	missing, removed := map[string][]string{}, p.removedUsers()
	var names []string
	for _, g := range p.s.cfg.Desired.Groups {
		for _, m := range g.Members {
			if !p.willBeUser(m, removed) {
				missing[g.Name], names = append(missing[g.Name], m), append(names, m)
			}
		}
	}
	if len(names) == 0 {
		return
	}
	if p.s.cfg.Strangers == nil {
		p.unjudged = true
		return
	}
	slices.Sort(names)
	names = slices.Compact(names)
	unknown, err := p.s.cfg.Strangers(slices.Clone(names))
	if err != nil {
		p.diff.Warnings = append(p.diff.Warnings, plan.Problem{
			Summary: fmt.Sprintf("cannot ask the other sources of accounts for members of groups: %v", err),
			Advice:  "No account file has " + strings.Join(names, ", ") + ".",
		})
		return
	}
	for _, g := range p.s.cfg.Desired.Groups {
		left := slices.DeleteFunc(missing[g.Name], func(m string) bool { return !slices.Contains(unknown, m) })
		if len(left) > 0 {
			p.diff.Warnings = append(p.diff.Warnings, plan.Problemf(groupAddress(g.Name), g.Origin, "Declare the user, or correct the name.",
				"nobody knows its member %s", strings.Join(left, ", ")))
		}
	}
}

// removedUsers are those that the plan takes away.
func (p *planning) removedUsers() map[plan.Address]bool {
	out := map[plan.Address]bool{}
	for _, ch := range p.diff.Changes {
		if ch.Action == plan.Delete && ch.Kind == plan.KindUser {
			out[ch.Address] = true
		}
	}
	return out
}

// willBeUser tells that there is a user of that name in passwd(5) once the plan
// is applied. A malformed line of the name is told of elsewhere.
func (p *planning) willBeUser(name string, removed map[plan.Address]bool) bool {
	if _, declared := p.user[name]; declared || p.looseUsers[name] {
		return true
	}
	return p.book.Passwd.Find(name) != nil && !removed[userAddress(name)]
}
