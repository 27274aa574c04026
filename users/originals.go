package users

import (
	"maps"
	"slices"

	"github.com/activate-agent/activate/activation/plan"
)

// Originals gives the map to record with the generation that d, the last Diff,
// makes: what the accounts of the configuration were before they became ours.
func (s *Subsystem) Originals(d plan.Diff) map[plan.Address]plan.State {
	out := map[plan.Address]plan.State{}
	for a, st := range s.cfg.Originals {
		if s.desired[a] {
			out[a] = st
		}
	}
	maps.Copy(out, s.amended)
	for a, st := range d.Adopted {
		if s.desired[a] {
			out[a] = s.withoutOurs(a, st)
		}
	}
	for _, ch := range d.Changes {
		if ch.Before != nil && s.desired[ch.Address] && !s.made(ch.Address) && !s.remade[ch.Address] {
			out[ch.Address] = s.withoutOurs(ch.Address, ch.Before)
		}
	}
	return out
}

// made tells whether an earlier run made or adopted the account.
func (s *Subsystem) made(a plan.Address) bool { return s.last[a] }

// withoutOurs gives what an account was less the memberships that an earlier run
// gave it through the block of the other side, and with those that it took.
func (s *Subsystem) withoutOurs(a plan.Address, st plan.State) plan.State {
	name := a.Name()
	if a.Kind() == plan.KindGroup {
		g, err := s.groupStates.Decode(st)
		if err != nil {
			return st
		}
		g.Members = slices.DeleteFunc(slices.Clone(g.Members), func(user string) bool { return s.gaveThroughUser(name, user) })
		g.Members = union(g.Members, s.takenThroughUsers(name))
		return plan.Encode(g)
	}
	u, err := s.userStates.Decode(st)
	if err != nil {
		return st
	}
	u.Groups = slices.DeleteFunc(slices.Clone(u.Groups), func(group string) bool { return s.gaveThroughGroup(group, name) })
	return plan.Encode(u)
}

func (s *Subsystem) gaveThroughUser(group, user string) bool {
	original, err := s.userStates.Decode(s.cfg.Originals[userAddress(user)])
	if err != nil || original != nil && slices.Contains(original.Groups, group) {
		return false
	}
	return slices.ContainsFunc(s.cfg.Last.Users, func(u User) bool { return u.Name == user && slices.Contains(u.Groups, group) })
}

// takenThroughUsers are those whom the exclusive_groups of an earlier run took
// out of a group.
func (s *Subsystem) takenThroughUsers(group string) []string {
	var out []string
	for _, u := range s.cfg.Last.Users {
		original, err := s.userStates.Decode(s.cfg.Originals[userAddress(u.Name)])
		if err == nil && original != nil && u.ExclusiveGroups && slices.Contains(original.Groups, group) {
			out = append(out, u.Name)
		}
	}
	return out
}

func (s *Subsystem) gaveThroughGroup(group, user string) bool {
	original, err := s.groupStates.Decode(s.cfg.Originals[groupAddress(group)])
	if err != nil || original != nil && slices.Contains(original.Members, user) {
		return false
	}
	return slices.ContainsFunc(s.cfg.Last.Groups, func(g Group) bool { return g.Name == group && slices.Contains(g.Members, user) })
}
