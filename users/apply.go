package users

import (
	"context"
	"fmt"
	"maps"

	"github.com/activate-agent/activate/activation/plan"
)

// lockPath is the lock of lckpwdf(3).
const lockPath = "etc/.pwd.lock"

// Apply makes the changes: the account files are read again under the lock of
// lckpwdf(3), edited for all changes together and written once each; homes,
// keys and lingering follow. A change whose After already holds is skipped, so
// it may be called again after any interruption; undoing is applying
// plan.Inverses. The error wraps rootfs.ErrChanged where an account is neither
// as before nor as after its change; then no account file is written.
func (s *Subsystem) Apply(ctx context.Context, changes []plan.Change) error {
	if len(changes) == 0 {
		return nil
	}
	users, groups, err := s.decodeChanges(changes)
	if err != nil {
		return err
	}
	hashes, err := s.readPasswordFiles(users)
	if err != nil {
		return err
	}
	b, err := s.readBook()
	if err != nil {
		return err
	}
	e, err := s.newEdit(b)
	if err != nil {
		return err
	}
	for _, c := range users {
		if err := e.obs.checkKeys(c); err != nil {
			return fmt.Errorf("cannot change user %s: %w", c.name, err)
		}
	}
	lockLeft, err := s.cfg.Root.Exists(lockPath)
	if err != nil {
		return fmt.Errorf("cannot change the accounts: %w", err)
	}
	e.returnIDs(users, groups)
	if !e.done(users, groups) || e.ledger.changed || s.resumes() || lockLeft && e.traceless() {
		if err := s.writeAccounts(ctx, users, groups, hashes); err != nil {
			return err
		}
	}
	for _, c := range groups {
		if err := s.carryGroup(c); err != nil {
			return fmt.Errorf("cannot change group %s: %w", c.name, err)
		}
	}
	return s.applyAllFiles(users)
}

func (s *Subsystem) decodeChanges(changes []plan.Change) (users []userChange, groups []groupChange, err error) {
	for _, ch := range changes {
		name := ch.Address.Name()
		if ch.Kind == plan.KindGroup {
			c := groupChange{name: name}
			if c.before, err = s.groupStates.Decode(ch.Before); err != nil {
				return nil, nil, err
			}
			if c.after, err = s.groupStates.Decode(ch.After); err != nil {
				return nil, nil, err
			}
			groups = append(groups, c)
			continue
		}
		c := userChange{name: name}
		if c.before, err = s.userStates.Decode(ch.Before); err != nil {
			return nil, nil, err
		}
		if c.after, err = s.userStates.Decode(ch.After); err != nil {
			return nil, nil, err
		}
		users = append(users, c)
	}
	return users, groups, nil
}

// readPasswordFiles reads the hashes that were not there when the changes were
// planned, into their states. A file that is missing still is an error where
// it is needed.
func (s *Subsystem) readPasswordFiles(users []userChange) (map[string]string, error) {
	hashes := map[string]string{}
	for _, c := range users {
		for _, side := range []*UserState{c.before, c.after} {
			if side == nil || side.PasswordFile == "" {
				continue
			}
			hash, err := s.passwordFile(side.PasswordFile)
			switch {
			case err == nil:
				side.Password = observation{store: s.cfg.Store}.keyedPassword(hash)
				side.PasswordFile = ""
				hashes[passwordKey(side.Password)] = hash
			case side == c.after:
				return nil, fmt.Errorf("cannot change user %s: %w", c.name, err)
			}
		}
	}
	return hashes, nil
}

// writeAccounts holds the lock from the reading to the last rename.
func (s *Subsystem) writeAccounts(ctx context.Context, users []userChange, groups []groupChange, hashes map[string]string) error {
	made, err := s.cfg.Root.MakeDirs("etc", 0o755)
	if err != nil {
		return fmt.Errorf("cannot change the accounts: %w", err)
	}
	lock, err := s.cfg.Root.RecordLock(ctx, lockPath, s.cfg.LockWait)
	if err != nil {
		return fmt.Errorf("cannot change the accounts: %w", err)
	}
	defer func() { _ = lock.Unlock() }()
	alone := s.seen != nil && maps.Equal(s.seen, s.look())
	s.seen = nil
	b, err := s.takeBook()
	if err != nil {
		return err
	}
	e, err := s.newEdit(b)
	if err != nil {
		return err
	}
	if e.alloc, err = s.askedAllocator(b, e.ledger); err != nil {
		return err
	}
	e.hashes = hashes
	for _, dir := range made {
		e.ledger.madePath(dir)
	}
	if err := e.all(users, groups); err != nil {
		return err
	}
	if err := e.commit(); err != nil {
		return err
	}
	if s.cfg.Changed != nil {
		s.cfg.Changed()
	}
	if alone {
		s.seen = s.look()
	}
	return e.leaveNoTrace()
}

// edit is the account files being changed, in memory.
type edit struct {
	s      *Subsystem
	book   *book
	obs    observation
	alloc  *allocator
	ledger *ledger
	// hashes are the password fields that were read for this, by their key.
	hashes map[string]string
	// lines go back to where they stood, once all else is done.
	lines []savedLine
	// orders are the long lists of the accounts that come back.
	orders orders
}

func (s *Subsystem) newEdit(b *book) (*edit, error) {
	l, _, err := s.readLedger()
	if err != nil {
		return nil, err
	}
	obs := observation{s.cfg.Root, s.cfg.Store, b, l.DepartedGroups, newFirstLists(s.cfg.Store, b, l.Before), l.FormerGroups}
	return &edit{s: s, book: b, obs: obs, ledger: l, orders: orders{s.cfg.Store, map[string]*order{}}}, nil
}

// askedAllocator makes the allocator of an edit.
func (s *Subsystem) askedAllocator(b *book, l *ledger) (*allocator, error) {
	a, err := s.newAllocator(b, l)
	if err == nil {
		a.ask(s.cfg.Desired.Users)
	}
	return a, err
}

// newAllocator makes an allocator that knows what is taken, or is to return.
func (s *Subsystem) newAllocator(b *book, l *ledger) (*allocator, error) {
	ranges, err := readDefs(s.cfg.Root)
	if err != nil {
		return nil, err
	}
	returning, err := s.returning(l)
	if err != nil {
		return nil, err
	}
	a := newAllocator(b, l, ranges)
	for _, r := range returning {
		a.subs.add(r)
	}
	return a, nil
}

// done tells whether the account files need nothing.
func (e *edit) done(users []userChange, groups []groupChange) bool {
	for _, c := range groups {
		if !e.obs.doneGroup(c) {
			return false
		}
	}
	for _, c := range users {
		if !e.obs.done(c) {
			return false
		}
	}
	return true
}

// returnIDs has the ledger say of accounts that are as they should be which ids they
// have. It is written first: where an account file could not be, and the run is
// undone, it has the ids that nobody got.
func (e *edit) returnIDs(users []userChange, groups []groupChange) {
	for _, c := range groups {
		if c.before != nil && c.after != nil && e.ledger.Groups[c.name] == c.before.GID && e.obs.doneGroup(c) {
			e.ledger.giveGroup(c.name, c.after.GID)
		}
	}
	for _, c := range users {
		if c.before != nil && c.after != nil && e.ledger.Users[c.name] == c.before.UID && e.obs.done(c) {
			e.ledger.giveUser(c.name, c.after.UID)
		}
	}
}

// all makes the changes in memory.
func (e *edit) all(users []userChange, groups []groupChange) error {
	e.returnIDs(users, groups)
	for _, c := range groups {
		if e.obs.doneGroup(c) {
			continue
		}
		if err := e.group(c); err != nil {
			return fmt.Errorf("cannot change group %s: %w", c.name, err)
		}
	}
	var todo []userChange
	for _, c := range users {
		if e.obs.done(c) {
			continue
		}
		if err := e.obs.check(c); err != nil {
			return fmt.Errorf("cannot change user %s: %w", c.name, err)
		}
		// Ids and own groups of all come first: one may be another's group.
		if err := e.identity(&c); err != nil {
			return fmt.Errorf("cannot change user %s: %w", c.name, err)
		}
		todo = append(todo, c)
	}
	for _, c := range todo {
		if err := e.user(c); err != nil {
			return fmt.Errorf("cannot change user %s: %w", c.name, err)
		}
	}
	e.restore()
	return nil
}
