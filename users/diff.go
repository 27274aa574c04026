package users

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/users/accounts"
)

// Diff compares the root's accounts with the desired ones and reads only.
// Changes come in the order in which they may be made: groups, users, then
// what leaves. The ids in it are those that would be chosen now. The error is
// for account files or a ledger that can't be read; what the configuration
// can't have is in Problems, but for what Lockout finds.
func (s *Subsystem) Diff(ctx context.Context) (plan.Diff, error) {
	var d plan.Diff
	s.planning, s.seen, s.comings, s.goings = nil, nil, nil, nil
	if s.cfg.Desired.empty() && s.cfg.Last.empty() && !s.cfg.Undo {
		return d, nil
	}
	if d.Problems = s.cfg.Desired.validate(); len(d.Problems) > 0 {
		return d, nil
	}
	if !s.cfg.Undo && s.holds() {
		s.seen = s.look()
		d.Unchanged = len(s.cfg.Desired.Users) + len(s.cfg.Desired.Groups)
		return d, nil
	}
	seen := s.look()
	p, err := s.planAll(ctx)
	if err != nil {
		return d, err
	}
	if d = *p.diff; len(d.Problems)+len(d.Warnings) == 0 && !p.unjudged {
		s.seen = seen
	}
	s.planning = p
	return d, s.noteComings(d.Changes, p.lingering)
}

// planAll plans all changes. That a group of ours is to stay is known at the end
// only, and what others want of it is judged by that: then all is planned anew. One
// that goes then all the same, with its last user leaving it for another one, goes.
func (s *Subsystem) planAll(ctx context.Context) (*planning, error) {
	staying, gone := map[string]bool{}, map[string]bool{}
	for {
		s.amended, s.remade = map[plan.Address]plan.State{}, map[plan.Address]bool{}
		p, err := s.newPlanning(&plan.Diff{})
		if err != nil {
			return nil, err
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		maps.DeleteFunc(p.going, func(group string, _ bool) bool { return staying[group] })
		p.gone = gone
		p.warnMalformed()
		p.desired()
		p.leaving()
		p.preflight()
		left := p.removed(staying)
		if len(p.staying)+len(left) == 0 {
			p.warnShells()
			p.warnStrangers()
			return p, nil
		}
		maps.Copy(staying, p.staying)
		for _, group := range left {
			delete(staying, group)
			gone[group] = true
		}
	}
}

// removed gives those of the groups that this plan removes.
func (p *planning) removed(groups map[string]bool) (out []string) {
	for _, ch := range p.diff.Changes {
		if ch.Action == plan.Delete && ch.Kind == plan.KindGroup && groups[ch.Address.Name()] {
			out = append(out, ch.Address.Name())
		}
	}
	return out
}

func (d Desired) empty() bool { return len(d.Users)+len(d.Groups) == 0 }

// planning is one Diff under way.
type planning struct {
	s    *Subsystem
	obs  observation
	book *book
	// alloc knows what the earlier parts of this plan took.
	alloc  *allocator
	ledger *ledger
	diff   *plan.Diff
	// lastUser, lastGroup, user and group are by name.
	lastUser, user   map[string]*User
	lastGroup, group map[string]Group
	// joins are the memberships that the configuration asks for, from either
	// side.
	joins map[membership]bool
	// keysOf tells whose keys a path holds.
	keysOf map[string]string
	// homes are those that this plan makes, parents the directories that it makes
	// above them, and for whom.
	homes, parents map[string]maker
	// newGIDs are the ids chosen for groups that do not exist yet, ownGIDs those
	// for the own groups of users.
	newGIDs, ownGIDs map[string]ID
	// going are the groups that leave with this plan, as far as was known when it
	// began, and staying those of them of which it turned out that they don't.
	going, staying map[string]bool
	// lingering are those that only their users keep, who have others.
	lingering map[string]bool
	// gone are those that went in a plan that had them stay for others.
	gone map[string]bool
	// fresh are the users that are made, with the ids chosen for them.
	fresh map[string]*UserState
	// there tells of paths that were looked for whether something stands there.
	there map[string]bool
	// looseUsers, looseShadow and looseGroups are names in malformed lines.
	looseUsers, looseShadow, looseGroups map[string]bool
	// shells are the login shells that users get, and who they are.
	shells map[string][]User
	// unjudged tells of members whom nobody was asked about.
	unjudged bool
	// deaf is set once other sources of accounts did not answer.
	deaf bool
}

// membership is a user in a group.
type membership struct{ group, user string }

func (s *Subsystem) newPlanning(d *plan.Diff) (*planning, error) {
	b, err := s.readBook()
	if err != nil {
		return nil, err
	}
	l, lost, err := s.readLedger()
	if err != nil {
		return nil, err
	}
	alloc, err := s.newAllocator(b, l)
	if err != nil {
		return nil, err
	}
	p := &planning{
		s: s, book: b, obs: observation{root: s.cfg.Root, store: s.cfg.Store, book: b}, ledger: l,
		alloc: alloc, diff: d,
		lastUser: make(map[string]*User, len(s.cfg.Last.Users)), user: make(map[string]*User, len(s.cfg.Desired.Users)),
		lastGroup: make(map[string]Group, len(s.cfg.Last.Groups)), group: make(map[string]Group, len(s.cfg.Desired.Groups)),
		joins:  map[membership]bool{},
		keysOf: map[string]string{}, newGIDs: map[string]ID{}, ownGIDs: map[string]ID{},
		homes: map[string]maker{}, parents: map[string]maker{},
		staying: map[string]bool{}, fresh: map[string]*UserState{}, there: map[string]bool{},
		shells:      map[string][]User{},
		looseUsers:  looseNames(b.Passwd),
		looseShadow: looseNames(b.Shadow),
		looseGroups: looseNames(b.Group, b.GShadow),
	}
	p.indexDesired()
	p.going, p.lingering = p.goingGroups(), p.lingeringGroups()
	if lost {
		p.warnRebuilt()
	}
	return p, nil
}

func (p *planning) indexDesired() {
	for i := range p.s.cfg.Last.Users {
		u := &p.s.cfg.Last.Users[i]
		p.lastUser[u.Name] = u
	}
	for _, g := range p.s.cfg.Last.Groups {
		p.lastGroup[g.Name] = g
	}
	for i := range p.s.cfg.Desired.Users {
		u := &p.s.cfg.Desired.Users[i]
		p.user[u.Name] = u
		for _, g := range u.Groups {
			p.joins[membership{g, u.Name}] = true
		}
	}
	for _, g := range p.s.cfg.Desired.Groups {
		p.group[g.Name] = g
		for _, m := range g.Members {
			p.joins[membership{g.Name, m}] = true
		}
	}
}

// warnMalformed names the lines that are kept unread. Their text may hold a
// hash and is not shown.
func (p *planning) warnMalformed() {
	for _, f := range p.book.Files() {
		if n := len(f.Document().Malformed()); n > 0 {
			p.diff.Warnings = append(p.diff.Warnings, plan.Problem{
				Summary: fmt.Sprintf("cannot read %d of the lines of %s: they have not the form of an entry and stay as they are", n, p.s.cfg.Root.Name(f.Path)),
			})
		}
	}
}

func (p *planning) desired() {
	// Ids that are asked for go before ids that are chosen.
	p.reserve()
	groups := slices.Clone(p.s.cfg.Desired.Groups)
	slices.SortFunc(groups, func(a, b Group) int { return cmp.Compare(a.Name, b.Name) })
	p.foreignGroups(p.comingGroups(groups))
	for _, g := range groups {
		p.oneGroup(g)
	}
	list := slices.Clone(p.s.cfg.Desired.Users)
	slices.SortStableFunc(list, byKindAndID)
	plans := make([]*UserState, len(list))
	for i, u := range list {
		plans[i] = p.newUser(u)
	}
	p.foreign(list, plans)
	p.foreignGroups(p.comingOwnGroups(list, plans))
	for i, u := range list {
		p.fresh[u.Name] = plans[i]
	}
	for i, u := range list {
		p.oneUser(u, plans[i])
	}
}

// byKindAndID puts users with declared ids first and keeps names in order.
func byKindAndID(a, b User) int {
	if (a.UID == nil) != (b.UID == nil) {
		if a.UID != nil {
			return -1
		}
		return 1
	}
	return cmp.Compare(a.Name, b.Name)
}

// reserve takes the declared ids, so that none is chosen for somebody else.
func (p *planning) reserve() {
	for _, g := range p.s.cfg.Desired.Groups {
		if g.GID != nil && p.alloc.groupOf(*g.GID, g.Name) == "" {
			p.alloc.holdGroup(g.Name, *g.GID)
		}
	}
	for _, u := range p.s.cfg.Desired.Users {
		if u.UID != nil && p.alloc.userOf(*u.UID, u.Name) == "" {
			p.alloc.holdUser(u.Name, *u.UID)
		}
	}
	p.alloc.ask(p.s.cfg.Desired.Users)
}

// last is what an earlier run made of a user, the zero User when it is new.
func (p *planning) last(name string) User {
	if u := p.lastUser[name]; u != nil {
		return *u
	}
	return User{}
}

// origin is where the configuration asks for a user, "" when it does not.
func (p *planning) origin(name string) string {
	if u := p.user[name]; u != nil {
		return u.Origin
	}
	return ""
}

// settle turns what is and what should be into a change, an adoption or
// nothing.
func (p *planning) settle(a plan.Address, before, after any, same, ours bool, why, origin string) {
	switch {
	case same && ours:
		p.diff.Unchanged++
	case same:
		p.diff.Unchanged++
		if p.diff.Adopted == nil {
			p.diff.Adopted = map[plan.Address]plan.State{}
		}
		p.diff.Adopted[a] = p.encode(before)
	default:
		p.diff.Changes = append(p.diff.Changes, plan.New(a, p.encode(before), p.encode(after), why, origin))
	}
}

// encode makes a state of a UserState or a GroupState, and remembers those that
// come as pointers: new and changed accounts, which are decoded soon.
func (p *planning) encode(st any) plan.State {
	switch st := st.(type) {
	case *UserState:
		return p.s.userStates.Encode(st)
	case *GroupState:
		return p.s.groupStates.Encode(st)
	}
	return plan.Encode(st)
}

func (p *planning) problem(a plan.Address, origin, advice, format string, args ...any) {
	pr := plan.Problemf(a, origin, advice, format, args...)
	pr.Summary = "cannot make " + a.Kind() + " " + a.Name() + ": " + pr.Summary
	p.diff.Problems = append(p.diff.Problems, pr)
}

// looseNames are the names in lines of docs that are no entries: an account
// made beside such a line could be two.
func looseNames(docs ...*accounts.Document) map[string]bool {
	out := map[string]bool{}
	for _, d := range docs {
		for _, line := range d.Malformed() {
			out[accounts.LooseName(line)] = true
		}
	}
	return out
}
