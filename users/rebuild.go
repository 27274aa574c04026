package users

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"github.com/activate-agent/activate/activation/plan"
)

// readLedger reads the ledger. One that is gone although a generation is there
// is made anew from the states that generations recorded, where accounts are or
// were asked for; lost tells that ids had been given.
func (s *Subsystem) readLedger() (l *ledger, lost bool, err error) {
	l, err = readLedger(s.cfg.Root, s.cfg.StateDir)
	if !errors.Is(err, fs.ErrNotExist) {
		return l, false, err
	}
	l = newLedger()
	s.anew = l
	if s.cfg.Generation == 0 || s.cfg.Recorded == nil || s.cfg.Desired.empty() && s.cfg.Last.empty() {
		// No id was given, or none is to be chosen or found.
		return l, false, nil
	}
	recorded, err := s.cfg.Recorded()
	if err != nil {
		return nil, true, fmt.Errorf("cannot make %s anew: %w", s.cfg.Root.Name(ledgerPath(s.cfg.StateDir)), err)
	}
	for _, states := range recorded {
		if err := s.relearn(l, states); err != nil {
			return nil, true, fmt.Errorf("cannot make %s anew: %w", s.cfg.Root.Name(ledgerPath(s.cfg.StateDir)), err)
		}
	}
	return l, !s.onlyAdopted(recorded), nil
}

// onlyAdopted tells that generations took accounts as they were and changed
// none: then there was never a ledger to lose.
func (s *Subsystem) onlyAdopted(recorded []map[plan.Address]plan.State) bool {
	for _, states := range recorded {
		for a, st := range states {
			account := a.Kind() == plan.KindUser || a.Kind() == plan.KindGroup
			if account && string(st) != string(s.cfg.Originals[a]) {
				return false
			}
		}
	}
	return true
}

// KeepLedger writes the ledger that the last Diff found missing where accounts are
// to change at a later boot. The generation that waits for it says which ids they
// will have; without a file the next run would take them for ids given, and the
// ledger for lost. The error is that of the write.
func (s *Subsystem) KeepLedger(changes []plan.Change) error {
	if s.anew == nil || len(changes) == 0 {
		return nil
	}
	s.anew.changed = true
	return s.anew.write(s.cfg.Root, s.cfg.StateDir)
}

// relearn enters the ids that one generation gave.
func (s *Subsystem) relearn(l *ledger, states map[plan.Address]plan.State) error {
	for _, a := range slices.Sorted(maps.Keys(states)) {
		switch a.Kind() {
		case plan.KindUser:
			u, err := s.userStates.Decode(states[a])
			if err != nil || u == nil {
				return err
			}
			l.giveUser(a.Name(), u.UID)
			l.giveSubIDs(a.Name(), append(slices.Clone(u.SubUIDs), u.SubGIDs...))
			if u.OwnGroup {
				l.giveGroup(a.Name(), u.GID)
			}
		case plan.KindGroup:
			g, err := s.groupStates.Decode(states[a])
			if err != nil || g == nil {
				return err
			}
			l.giveGroup(a.Name(), g.GID)
		}
	}
	return nil
}

// warnRebuilt tells that the ledger was lost, until it is written again.
func (p *planning) warnRebuilt() {
	p.diff.Warnings = append(p.diff.Warnings, plan.Problem{
		Summary: fmt.Sprintf("%s is gone: the ids in it are taken from the generations that are left, and it is written with the next change of an account",
			p.s.cfg.Root.Name(ledgerPath(p.s.cfg.StateDir))),
		Advice: "An id that only a deleted generation knew may be given again. Restore the file from a backup if there is one.",
	})
}
