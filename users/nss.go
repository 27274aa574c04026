package users

import (
	"fmt"
	"slices"
	"strings"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/users/accounts"
)

// nssRounds is how often ids are chosen anew when another source of accounts
// has those that look free.
const nssRounds = 20

// foreign asks the host's other sources of accounts, such as LDAP, for the
// names and ids of new users. A chosen id that one of them has is chosen anew; a
// name or declared id is a problem.
func (p *planning) foreign(list []User, plans []*UserState) {
	if p.s.cfg.Lookup == nil {
		return
	}
	var todo []int
	for i := range plans {
		if plans[i] != nil {
			todo = append(todo, i)
		}
	}
	for range nssRounds {
		if len(todo) == 0 {
			return
		}
		var keys []string
		for _, i := range todo {
			keys = append(keys, list[i].Name, plans[i].UID.String())
		}
		found, ok := p.lookup("passwd", keys, p.book.Passwd)
		if !ok {
			return
		}
		todo = slices.DeleteFunc(todo, func(i int) bool { return !p.avoid(list[i], plans, i, found) })
	}
}

// avoid compares one new user with what others have. It reports whether
// another id was chosen, which has to be asked for again.
func (p *planning) avoid(u User, plans []*UserState, i int, found map[string]string) bool {
	a, st := userAddress(u.Name), plans[i]
	if _, taken := found[u.Name]; taken {
		p.problem(a, u.Origin, "See /etc/nsswitch.conf; choose another name.", "another source of accounts has a user of that name")
		plans[i] = nil
		return false
	}
	owner, taken := found[st.UID.String()]
	switch {
	case !taken:
		return false
	case !st.Chosen:
		p.problem(a, u.Origin, "See /etc/nsswitch.conf; choose another uid.", "the uid %s is %s's in another source of accounts", st.UID, owner)
		plans[i] = nil
		return false
	}
	p.alloc.holdUser(owner, st.UID)
	uid, err := p.alloc.uid(u.Name, u.System)
	if err != nil {
		p.problem(a, u.Origin, "Set uid, or widen the range.", "%v", err)
		plans[i] = nil
		return false
	}
	p.alloc.holdUser(u.Name, uid)
	st.UID = uid
	return true
}

// lookup gives names by name and by id of the entries that are not in the
// account file. Sources that don't answer are told of, once, and not waited for.
func (p *planning) lookup(database string, keys []string, file *accounts.Document) (map[string]string, bool) {
	if p.deaf {
		return nil, false
	}
	lines, err := p.s.cfg.Lookup(database, keys)
	if err != nil {
		p.deaf = true
		p.diff.Warnings = append(p.diff.Warnings, plan.Problem{
			Summary: fmt.Sprintf("cannot ask the other sources of accounts for ids that they have: %v", err),
			Advice:  "Ids are chosen by the account files alone.",
		})
		return nil, false
	}
	found := map[string]string{}
	for line := range strings.Lines(string(lines)) {
		name, id := accounts.Field(line, 0), strings.TrimSpace(accounts.Field(line, 2))
		if name != "" && file.Find(name) == nil {
			found[name], found[id] = name, name
		}
	}
	return found, true
}
