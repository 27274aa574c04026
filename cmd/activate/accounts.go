package main

import (
	"github.com/activate-agent/activate/activation"
	"github.com/activate-agent/activate/activation/generation"
	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/etc"
	"github.com/activate-agent/activate/users"
)

// accounts makes the subsystem of users and groups, beside that of paths.
func (w *wiring) accounts(d, last desired, c activation.Context, paths *etc.Subsystem) activation.Part {
	cfg := users.Config{
		Root: w.root, Store: c.Store, Desired: d.users, Last: last.users, Memo: w.accountsMemo(),
		Generation: numberOf(c.Last),
		Originals:  c.Index.Originals, StateDir: w.state.Dir(),
		// Deactivate takes back accounts that only exist since activate came.
		ForceLockout: w.forceLockout || d.nothing,
		Undo:         d.nothing,
		SecretsLater: d.secretsLater,
		Recorded:     w.recordedStates,
	}
	if w.root.Dir() == "/" {
		cfg.Lookup = lookupAccounts()
		cfg.Changed = func() { dropAccountCaches(w.warn) }
	}
	s := users.New(cfg)
	space := s.Space
	if w.allDrift {
		// As for files: what is only looked at needs none.
		space = nil
	}
	return activation.Part{
		Kinds:     []string{plan.KindGroup, plan.KindUser},
		Subsystem: s,
		Space:     space,
		Section:   sectionUsers,
		Recorded:  func() any { return s.Recorded() },
		Originals: s.Originals,
		Paths:     users.Paths,
		Leaves:    s.Leaves,
		Renewed:   s.Renewed,
		Judge: func(changes []plan.Change) ([]plan.Problem, error) {
			return s.Lockout(otherPaths(paths, changes))
		},
		Settled: func(map[string]rootfs.Info) error {
			return w.state.WriteMemo(s.Memo(c.Number))
		},
	}
}

// recordedStates gives what each generation put in place, oldest first.
func (w *wiring) recordedStates() ([]map[plan.Address]plan.State, error) {
	numbers, err := w.state.Numbers()
	if err != nil {
		return nil, err
	}
	var out []map[plan.Address]plan.State
	for _, n := range numbers {
		r, err := w.state.Read(n)
		if err != nil {
			return nil, err
		}
		out = append(out, r.States)
	}
	return out, nil
}

// accountsMemo gives what the last run knew of the account files; without it
// they are read.
func (w *wiring) accountsMemo() *users.Memo {
	var m *users.Memo
	if err := w.state.ReadMemo(&m); err != nil {
		return nil
	}
	return m
}

func numberOf(r *generation.Record) int {
	if r == nil {
		return 0
	}
	return r.Number
}

// leavingUsers are the accounts that this run removes: nothing can be theirs.
func leavingUsers(d, last users.Desired, originals map[plan.Address]plan.State) map[string]bool {
	out := map[string]bool{}
	for _, u := range last.Users {
		_, returns := originals[plan.NewAddress(plan.KindUser, u.Name)]
		out[u.Name] = !returns && u.OnRemoval != "lock"
	}
	for _, u := range d.Users {
		delete(out, u.Name)
	}
	return out
}

// leavingGroups are the groups that this run removes, of those that had a block.
func leavingGroups(d, last users.Desired, originals map[plan.Address]plan.State) map[string]bool {
	out := map[string]bool{}
	for _, g := range last.Groups {
		_, returns := originals[plan.NewAddress(plan.KindGroup, g.Name)]
		out[g.Name] = !returns && !d.DeclaresGroup(g.Name)
	}
	return out
}

// owners resolves the names of owners: accounts of the root, and those the
// configuration makes.
func (w *wiring) owners(d, last users.Desired, originals map[plan.Address]plan.State) (etc.Owners, error) {
	names, err := users.ReadNames(w.root)
	if err != nil {
		return etc.Owners{}, err
	}
	leaving, leavingGroup := leavingUsers(d, last, originals), leavingGroups(d, last, originals)
	return etc.Owners{
		User: func(name string) (uint32, bool) {
			if leaving[name] {
				return 0, false
			}
			if uid, migrated := d.Migrated(last, name); migrated {
				return uid, true
			}
			return names.User(name)
		},
		UserBefore: names.User,
		Group: func(name string) (uint32, bool) {
			if leavingGroup[name] {
				return 0, false
			}
			if gid, migrated := d.MigratedGroup(last, name); migrated {
				return gid, true
			}
			return names.Group(name)
		},
		GroupBefore:  names.Group,
		UserDeclared: d.DeclaresUser, GroupDeclared: d.DeclaresGroup,
	}, nil
}
