package users

import (
	"fmt"
	"maps"
	"path"
	"slices"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
)

// adminGroups are the groups whose members may become root where sudo(8) or
// su(1) is set up as distributions do.
var adminGroups = [...]string{"sudo", "wheel"}

// Judge refuses the plan of the last Diff when it takes the last way to log in
// and be root: root's password or keys, or those of an unexpired member of an
// admin group. A host that has no such way (an image, a container) loses none.
// It warns of keys that nobody can log in with. others are what the same plan makes
// of paths that are not the accounts' own. The error is for account files, or keys,
// that can't be read.
func (s *Subsystem) Judge(others Others) (problems, warnings []plan.Problem, err error) {
	p := s.planning
	s.planning = nil
	if problems, err = s.lockout(p, others); err != nil || p == nil {
		return problems, nil, err
	}
	warnings, err = p.refusedKeys(others.At)
	return problems, warnings, err
}

// lockout judges p, or where nothing of accounts was planned what others are.
func (s *Subsystem) lockout(p *planning, others Others) ([]plan.Problem, error) {
	taken := p != nil && slices.ContainsFunc(p.diff.Changes, func(ch plan.Change) bool { return ch.Before != nil })
	if s.cfg.ForceLockout || !taken && !others.Taken {
		// Nothing is taken from anybody.
		return nil, nil
	}
	if p == nil {
		var err error
		if p, err = s.newPlanning(&plan.Diff{}); err != nil {
			return nil, err
		}
	}
	problem, err := p.lockout(others.At, taken)
	if problem == nil || err != nil {
		return nil, err
	}
	s.seen = nil
	return []plan.Problem{*problem}, nil
}

// lockout judges the plan; taken tells that it takes something from an account.
// Keys count first as if sshd(8) took all that are there, as with StrictModes
// off, and then by modes and owners: neither is to take the last way.
func (p *planning) lockout(at func(string) (Other, bool, error), taken bool) (*plan.Problem, error) {
	for _, strict := range []bool{false, true} {
		before, err := p.doors(nil, &keyring{p: p, strict: strict})
		if err != nil || len(before) == 0 {
			return nil, err
		}
		after := &keyring{p: p, at: at, strict: strict}
		still, err := p.doors(p.diff.Changes, after)
		if err != nil {
			return nil, err
		}
		if len(still) == 0 {
			return p.lockedOut(before[0], after, taken), nil
		}
	}
	return nil, nil
}

// lockedOut refuses a plan after which name, the last who could, can no longer
// log in; after is what it makes of the keys.
func (p *planning) lockedOut(name string, after *keyring, taken bool) *plan.Problem {
	what, origin := "make the accounts match", p.origin(name)
	problem := &plan.Problem{Address: userAddress(name), Forbids: p.planned()}
	for _, o := range after.met {
		problem.Forbids = append(problem.Forbids, o.Address)
	}
	if n := len(after.met); n > 0 && !taken {
		last := after.met[n-1]
		what, origin = "change "+p.s.cfg.Root.Name(last.Path), last.Origin
	}
	problem.Origin = origin
	problem.Summary = fmt.Sprintf("cannot %s: %s is the last who can log in and become root, and could no longer", what, name)
	if why := after.refusals[name]; why != "" {
		problem.Summary += ": sshd takes no keys where " + why
	}
	problem.Advice = "Keep a password or a key for root or for a member of sudo or wheel, or use --force-lockout."
	return problem
}

// planned are the addresses of all changes so far.
func (p *planning) planned() []plan.Address {
	var out []plan.Address
	for _, ch := range p.diff.Changes {
		out = append(out, ch.Address)
	}
	return out
}

// doors names those who can log in and become root, once changes are made and
// the keys are those of ring.
func (p *planning) doors(changes []plan.Change, ring *keyring) ([]string, error) {
	edits, members, err := p.simulate(changes)
	if err != nil {
		return nil, err
	}
	ring.edits, ring.refusals = edits, map[string]string{}
	var out []string
	for _, name := range slices.Sorted(maps.Keys(members)) {
		st := p.obs.user(name)
		edit, edited := edits[name]
		if edited {
			st = edit.after
		}
		if st == nil || p.expired(*st) || p.shuts(edit) {
			continue
		}
		open := !noPassword(st.Password)
		if !open {
			if open, err = ring.opens(name, *st); err != nil {
				return nil, err
			}
		}
		if open {
			out = append(out, name)
		}
	}
	return out, nil
}

// userEdit is both sides of a user's change.
type userEdit struct{ before, after *UserState }

// shuts tells a change to a shell that lets nobody in: one that says no, or that
// is not there, where the one of before is.
func (p *planning) shuts(e userEdit) bool {
	if e.after == nil || e.before != nil && e.before.Shell == e.after.Shell {
		return false
	}
	shell := path.Base(e.after.Shell)
	return shell == "nologin" || shell == "false" || e.before != nil && p.isThere(e.before.Shell) && !p.isThere(e.after.Shell)
}

// isThere tells whether something stands at a path of the host. It is looked for
// once: many users have the same shell.
func (p *planning) isThere(at string) bool {
	if there, known := p.there[at]; known {
		return there
	}
	there, err := p.s.cfg.Root.Exists(rootfs.Rel(at))
	p.there[at] = err == nil && there
	return p.there[at]
}

// simulate gives the users that changes touch, and root with the members of
// the admin groups as they will be.
func (p *planning) simulate(changes []plan.Change) (map[string]userEdit, map[string]bool, error) {
	edits := map[string]userEdit{}
	members := map[string]bool{"root": true}
	in := map[membership]bool{}
	for _, g := range adminGroups {
		group, _ := p.book.FindGroup(g)
		for _, m := range group.List {
			in[membership{g, m}] = true
		}
	}
	for _, ch := range changes {
		name := ch.Address.Name()
		var add, drop []membership
		var err error
		if ch.Kind == plan.KindGroup {
			add, drop, err = p.s.groupMemberships(name, ch)
		} else {
			var e userEdit
			e, add, drop, err = p.s.userMemberships(name, ch)
			edits[name] = e
		}
		if err != nil {
			return nil, nil, err
		}
		for _, m := range drop {
			delete(in, m)
		}
		for _, m := range add {
			in[m] = true
		}
	}
	for m := range in {
		if slices.Contains(adminGroups[:], m.group) {
			members[m.user] = true
		}
	}
	p.primaryMembers(edits, members)
	return edits, members, nil
}

// primaryMembers adds those whose primary group is an admin group.
func (p *planning) primaryMembers(edits map[string]userEdit, members map[string]bool) {
	for _, g := range adminGroups {
		gid, there := p.book.GID(g)
		if !there {
			continue
		}
		for _, name := range p.book.Primaries(gid) {
			if _, edited := edits[name]; !edited {
				members[name] = true
			}
		}
	}
	for name, e := range edits {
		if e.after != nil && slices.Contains(adminGroups[:], e.after.Group) {
			members[name] = true
		}
	}
}

func (s *Subsystem) groupMemberships(group string, ch plan.Change) (add, drop []membership, err error) {
	before, err := s.groupStates.Decode(ch.Before)
	if err != nil {
		return nil, nil, err
	}
	after, err := s.groupStates.Decode(ch.After)
	if err != nil {
		return nil, nil, err
	}
	if before != nil {
		for _, m := range before.Members {
			drop = append(drop, membership{group, m})
		}
	}
	if after != nil {
		for _, m := range after.Members {
			add = append(add, membership{group, m})
		}
	}
	return add, drop, nil
}

func (s *Subsystem) userMemberships(user string, ch plan.Change) (e userEdit, add, drop []membership, err error) {
	if e.before, err = s.userStates.Decode(ch.Before); err != nil {
		return e, nil, nil, err
	}
	if e.after, err = s.userStates.Decode(ch.After); err != nil {
		return e, nil, nil, err
	}
	if e.before != nil {
		for _, g := range e.before.Groups {
			drop = append(drop, membership{g, user})
		}
	}
	if e.after != nil {
		for _, g := range e.after.Groups {
			add = append(add, membership{g, user})
		}
	}
	return e, add, drop, nil
}

func (p *planning) expired(s UserState) bool {
	return s.Expires != "" && s.Expires <= p.s.cfg.Now().UTC().Format(day)
}
