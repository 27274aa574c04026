package users

import (
	"maps"
	"slices"

	"github.com/activate-agent/activate/activation/plan"
)

// Originals gives the map to record with the generation that d makes: what the
// accounts of the configuration were before they became ours.
func (s *Subsystem) Originals(d plan.Diff) map[plan.Address]plan.State {
	out := map[plan.Address]plan.State{}
	// Diff has read it before; without it no group is known as a user's own.
	l := &ledger{}
	if len(d.Changes) > 0 {
		if read, _, err := s.readLedger(); err == nil {
			l = read
		}
	}
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
		if ch.Before != nil && s.desired[ch.Address] && !s.made(ch.Address) && !s.remade[ch.Address] && !s.madeWithUser(ch, l) {
			out[ch.Address] = s.withoutOurs(ch.Address, ch.Before)
		}
	}
	return out
}

// made tells whether an earlier run made or adopted the account.
func (s *Subsystem) made(a plan.Address) bool { return s.last[a] }

// madeWithUser tells the group that an earlier run made as a user's own and
// that now has a block of its own.
func (s *Subsystem) madeWithUser(ch plan.Change, l *ledger) bool {
	if ch.Kind != plan.KindGroup {
		return false
	}
	before, err := s.groupStates.Decode(ch.Before)
	return err == nil && before != nil && s.oursGroup(ch.Address.Name(), l, before)
}

// oursGroup tells whether an earlier run made the group cur, for its block or
// as the own group of a user.
func (s *Subsystem) oursGroup(name string, l *ledger, cur *GroupState) bool {
	if s.made(groupAddress(name)) {
		return true
	}
	given, ok := l.Groups[name]
	return cur != nil && ok && given == cur.GID && s.made(userAddress(name))
}

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
