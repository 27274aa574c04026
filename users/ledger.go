package users

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
)

// original is an account file before a change: what stands for its content,
// and for that of its backup "FILE-", empty when there was none.
type original struct {
	// File is empty for one that was not there.
	File   string `json:"file"`
	Backup string `json:"backup,omitempty"`
	// BackupAccess is who may read the backup; older ledgers do not tell.
	BackupAccess *access `json:"backup_access,omitempty"`
}

// access is a file's mode and owner.
type access struct {
	Mode uint32 `json:"mode"`
	UID  uint32 `json:"uid"`
	GID  uint32 `json:"gid"`
}

// ledger is ids.json: every id and sub-id range ever given, by name, so that
// none is ever given to another name. Nothing is dropped from it.
type ledger struct {
	Version int                   `json:"version"`
	Users   map[string]ID         `json:"users"`
	Groups  map[string]ID         `json:"groups"`
	SubIDs  map[string][]SubRange `json:"sub_ids"`
	// Former are the uids that users had before they were migrated.
	Former map[string][]ID `json:"former,omitempty"`
	// FormerGroups are the same of groups.
	FormerGroups map[string][]ID `json:"former_groups,omitempty"`
	// Passwords are what stands for the latest password that a run set.
	Passwords map[string]string `json:"passwords,omitempty"`
	// Locked are the users that we made and that on_removal closed.
	Locked map[string]bool `json:"locked,omitempty"`
	// Departed is what accounts of ours found under their names.
	Departed map[string]departed `json:"departed,omitempty"`
	// DepartedGroups stands, by the names of groups, for the lines of gshadow(5)
	// that ours found there.
	DepartedGroups map[string]string `json:"departed_groups,omitempty"`
	// MadeGroups are the groups that we made and did not remove again, with their
	// gids.
	MadeGroups map[string]ID `json:"made_groups,omitempty"`
	// Carried are the trees that went to another id with an account.
	Carried map[plan.Address][]string `json:"carried,omitempty"`
	// Made are the files and directories that did not exist before; they go
	// when nothing is left in them.
	Made []string `json:"made,omitempty"`
	// Before is, by path, what each account file was before the first write.
	Before map[string]original `json:"before,omitempty"`
	// Run is the same for the run under way.
	Run map[string]original `json:"run,omitempty"`

	changed bool
}

// newLedger is that of a host where no id was given yet.
func newLedger() *ledger {
	l := &ledger{}
	l.complete()
	return l
}

func (l *ledger) complete() {
	if l.Users == nil {
		l.Users = map[string]ID{}
	}
	if l.Groups == nil {
		l.Groups = map[string]ID{}
	}
	if l.Before == nil {
		l.Before = map[string]original{}
	}
	if l.SubIDs == nil {
		l.SubIDs = map[string][]SubRange{}
	}
}

// write makes the ledger durable, before the accounts that it speaks of.
func (l *ledger) write(root *rootfs.Root, stateDir string) error {
	if !l.changed {
		return nil
	}
	if _, err := root.MakeDirs(stateDir, 0o755); err != nil {
		return fmt.Errorf("cannot write the ledger of ids: %w", err)
	}
	err := root.WriteFile(ledgerPath(stateDir), bytes.NewReader(l.encode()), rootfs.Attr{Mode: 0o600})
	if err != nil {
		return fmt.Errorf("cannot write the ledger of ids: %w", err)
	}
	l.changed = false
	return nil
}

func (l *ledger) giveUser(name string, id ID) {
	l.give(l.Users, &l.Former, name, id)
}

func (l *ledger) giveGroup(name string, id ID) {
	l.give(l.Groups, &l.FormerGroups, name, id)
}

// give enters an id. One that the name had before is kept, for nobody else is
// to have it.
func (l *ledger) give(ids map[string]ID, former *map[string][]ID, name string, id ID) {
	old, ok := ids[name]
	if ok && old == id {
		return
	}
	if ok && !slices.Contains((*former)[name], old) {
		if *former == nil {
			*former = map[string][]ID{}
		}
		(*former)[name] = append((*former)[name], old)
	}
	ids[name], l.changed = id, true
}

// setPassword notes what stands for a password: by it one that we set is told
// from one that the user set since.
func (l *ledger) setPassword(name, state string) {
	if l.Passwords[name] == state {
		return
	}
	if l.Passwords == nil {
		l.Passwords = map[string]string{}
	}
	l.Passwords[name], l.changed = state, true
}

// forgetPassword notes that the password of before is back.
func (l *ledger) forgetPassword(name string) {
	if _, known := l.Passwords[name]; known {
		delete(l.Passwords, name)
		l.changed = true
	}
}

// setLocked notes whether on_removal keeps a user of ours closed.
func (l *ledger) setLocked(name string, locked bool) {
	if l.Locked[name] == locked {
		return
	}
	if l.Locked == nil {
		l.Locked = map[string]bool{}
	}
	l.changed = true
	if locked {
		l.Locked[name] = true
		return
	}
	delete(l.Locked, name)
}

// setDeparted notes what a new account found under its name, nil for nothing.
func (l *ledger) setDeparted(name string, found *departed) {
	if _, known := l.Departed[name]; found == nil && !known {
		return
	}
	if l.Departed == nil {
		l.Departed = map[string]departed{}
	}
	l.changed = true
	if found == nil {
		delete(l.Departed, name)
		return
	}
	l.Departed[name] = *found
}

// moveDeparted notes that an account went into groups and out of others: of those
// that named it before it was made, it gets back the ones it was taken out of.
func (l *ledger) moveDeparted(name string, joins, leaves []string) {
	found, known := l.Departed[name]
	if !known {
		return
	}
	taken := minus(union(found.Taken, leaves), joins)
	taken = slices.DeleteFunc(taken, func(g string) bool { return !slices.Contains(found.Groups, g) })
	if !slices.Equal(taken, found.Taken) {
		found.Taken, l.changed = taken, true
		l.Departed[name] = found
	}
}

func (l *ledger) giveSubIDs(name string, ranges []SubRange) {
	for _, r := range ranges {
		known := false
		for _, old := range l.SubIDs[name] {
			known = known || old == r
		}
		if !known {
			l.SubIDs[name], l.changed = append(l.SubIDs[name], r), true
		}
	}
}
