package main

import (
	"github.com/activate-agent/activate/activation"
	"github.com/activate-agent/activate/activation/generation"
	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/daemon"
	"github.com/activate-agent/activate/etc"
	"github.com/activate-agent/activate/users"
)

// accounts makes the subsystem of users and groups.
func (w *wiring) accounts(d, last desired, c activation.Context) *users.Subsystem {
	cfg := users.Config{
		Root: w.root, Store: c.Store, Desired: d.users, Last: last.users, Memo: w.accountsMemo(),
		Generation: numberOf(c.Last),
		Originals:  c.Index.Originals, StateDir: w.state.Dir(),
		// Deactivate takes back accounts that only exist since activate came.
		ForceLockout: w.forceLockout || d.nothing || w.reverts,
		Undo:         d.nothing,
		Reverts:      w.reverts,
		SecretsLater: d.secretsLater,
		Resume:       w.resume,
		Recorded:     w.recordedStates,
	}
	if !w.atBoot {
		// A directory may not be there yet then, and nobody reads it.
		cfg.Strangers = w.strangers
	}
	if w.root.Dir() == "/" {
		cfg.Lookup = lookupAccounts()
		cfg.Changed = func() { dropAccountCaches(w.warn) }
	}
	return users.New(cfg)
}

// accountsPart is their part of a run, beside that of paths and of units.
func (w *wiring) accountsPart(s *users.Subsystem, c activation.Context, paths *etc.Subsystem, units daemon.Desired) activation.Part {
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
		Keep:      s.KeepSecrets,
		Originals: s.Originals,
		Paths:     users.Paths,
		Leaves:    s.Leaves,
		Renewed:   s.Renewed,
		Waits:     s.KeepLedger,
		Judge: func(changes []plan.Change) (problems, warnings []plan.Problem, err error) {
			return s.Judge(otherPaths(paths, changes))
		},
		Settled: func(map[string]rootfs.Info) error {
			w.wakeLingering(s.NewlyLingering(), units)
			w.restLingering(s.NoLongerLingering())
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
	if w.verify {
		return nil
	}
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

// owners resolves the names of owners: accounts of the root, and those the
// configuration makes. Nothing can be given to one that the run removes; accounts
// were compared before.
func (w *wiring) owners(d users.Desired, accounts *users.Subsystem) (etc.Owners, error) {
	names, err := users.ReadNames(w.root)
	if err != nil {
		return etc.Owners{}, err
	}
	return etc.Owners{
		User: func(name string) (uint32, bool) {
			if accounts.Removes(plan.NewAddress(plan.KindUser, name)) {
				return 0, false
			}
			if uid, migrated := accounts.Migrated(name); migrated {
				return uid, true
			}
			return names.User(name)
		},
		UserBefore: names.User,
		Group: func(name string) (uint32, bool) {
			if accounts.Removes(plan.NewAddress(plan.KindGroup, name)) {
				return 0, false
			}
			if gid, migrated := accounts.MigratedGroup(name); migrated {
				return gid, true
			}
			return names.Group(name)
		},
		GroupBefore:  names.Group,
		UserDeclared: d.DeclaresUser,
		GroupDeclared: func(name string) bool {
			// A user who is there already may have another group.
			_, there := names.User(name)
			return d.DeclaresGroup(name) && (!there || accounts.Makes(plan.NewAddress(plan.KindGroup, name)))
		},
	}, nil
}
