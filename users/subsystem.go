package users

import (
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/users/accounts"
)

// Config is what New needs.
type Config struct {
	Root  *rootfs.Root
	Store *rootfs.Store
	// Desired is what should be, Last what an earlier run made or adopted, as
	// Recorded gave it.
	Desired, Last Desired
	// Originals is what accounts in Last were before they became ours; one
	// without an entry was made by us.
	Originals map[plan.Address]plan.State
	// StateDir holds the ledger, ids.json; relative to the root.
	StateDir string
	// Generation is the one that Last is of, 0 for none; Memo is what an
	// earlier Subsystem's Memo gave, nil when there is none.
	Generation int
	Memo       *Memo
	// Recorded gives the states that each generation put in place, oldest
	// first; it is asked where the ledger is gone. Nil where there are none.
	Recorded func() ([]map[plan.Address]plan.State, error)
	// Lookup asks the host's sources of accounts (nsswitch.conf(5)) for keys,
	// names and ids, of the database "passwd" or "group" and gives the entries
	// found, a line each, as getent(1). Nil where there is nobody to ask.
	Lookup func(database string, keys []string) ([]byte, error)
	// Strangers gives those of names, none of which passwd has, that no other source
	// of accounts knows as a user's. Nil where members of groups are not judged.
	Strangers func(names []string) ([]string, error)
	// Changed is called after account files were written, to drop what caches
	// hold of them; may be nil.
	Changed func()
	// ForceLockout allows a plan after which nobody can log in as root.
	ForceLockout bool
	// Reverts tells that what is desired is what was there until just now: an id
	// that an account had here then is its again.
	Reverts bool
	// Undo takes everything back, accounts that on_removal keeps too.
	Undo bool
	// SecretsLater makes a missing hashed_password_file a warning, because the
	// configuration's own snippets may write it first.
	SecretsLater bool
	// Resume tells that a journal is being finished or undone after a crash: a
	// file may be as it is to be, and its backup not yet.
	Resume bool
	// LockWait is how long to wait for /etc/.pwd.lock; 0 means 15 seconds, as
	// lckpwdf(3).
	LockWait time.Duration
	// Now is the clock for the date of a password's change; nil means
	// time.Now.
	Now func() time.Time
}

// Subsystem compares and writes the accounts of one configuration. It is for
// one goroutine at a time, as its Root is.
type Subsystem struct {
	cfg Config
	// desired and last are the accounts of the configuration and of the last.
	desired, last map[plan.Address]bool
	// asLast tells whether the configuration is the last one, to the origin.
	asLast func() bool
	// fingerprint is that of the configuration, for a Memo.
	fingerprint func() string
	// seen is what the account files were when they were last known to need
	// no more than the changes of Diff; nil when they may.
	seen map[string]rootfs.Info
	// book is what was read last of the account files, as long as nobody edits it.
	book *book
	// planning is that of the last Diff, until Lockout has judged it.
	planning *planning
	// comings and goings are the accounts that the last Diff makes and removes.
	comings, goings map[plan.Address]bool
	// amended are the originals of accounts of which the configuration manages
	// more than the last one.
	amended map[plan.Address]plan.State
	// remade are accounts of ours that stayed when they left the configuration, and
	// own groups of our users, that are declared now.
	remade map[plan.Address]bool
	// cut tells that a write of account files failed: what is written after it may
	// find a file as it is to be, and its backup not, as with Resume.
	cut bool
	// lingers are the users whom Apply made linger, rests those who do no more.
	lingers []string
	rests   []ID
	// anew is the ledger that the last Diff goes by, where its file is missing.
	anew *ledger
	// userStates and groupStates are the sides of changes, decoded.
	userStates  *plan.Memo[UserState]
	groupStates *plan.Memo[GroupState]
}

// New makes a Subsystem. It touches nothing.
func New(cfg Config) *Subsystem {
	if cfg.LockWait == 0 {
		cfg.LockWait = 15 * time.Second
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Subsystem{
		cfg: cfg, desired: cfg.Desired.addresses(), last: cfg.Last.addresses(),
		fingerprint: sync.OnceValue(cfg.Desired.fingerprint),
		asLast:      sync.OnceValue(func() bool { return reflect.DeepEqual(cfg.Desired, cfg.Last) }),
		userStates:  plan.NewMemo[UserState](), groupStates: plan.NewMemo[GroupState](),
	}
}

// Leaves tells whether ch is about an account that the configuration no longer
// asks for: its deletion, its lock, or its return to what it was before.
func (s *Subsystem) Leaves(ch plan.Change) bool {
	return !s.desired[ch.Address]
}

// Makes tells whether the plan of the last Diff makes the account, or the group
// with its user.
func (s *Subsystem) Makes(a plan.Address) bool { return s.comings[a] }

// Removes tells whether the plan of the last Diff takes the account away, or the
// group with its user; a group that only waits for its user to go counts, too.
func (s *Subsystem) Removes(a plan.Address) bool { return s.goings[a] }

// noteComings enters what Makes and Removes tell of the changes, and of lingering
// groups.
func (s *Subsystem) noteComings(changes []plan.Change, lingering map[string]bool) error {
	s.comings, s.goings = map[plan.Address]bool{}, map[plan.Address]bool{}
	for name := range lingering {
		s.goings[groupAddress(name)] = true
	}
	users, groups, err := s.decodeChanges(changes)
	if err != nil {
		return err
	}
	for _, c := range groups {
		s.comings[groupAddress(c.name)], s.goings[groupAddress(c.name)] = c.before == nil, c.after == nil
	}
	for _, c := range users {
		s.comings[userAddress(c.name)], s.goings[userAddress(c.name)] = c.before == nil, c.after == nil
		had, has := c.before != nil && c.before.OwnGroup, c.after != nil && c.after.OwnGroup
		if had != has {
			s.comings[groupAddress(c.name)], s.goings[groupAddress(c.name)] = has, had
		}
	}
	return nil
}

func (d Desired) addresses() map[plan.Address]bool {
	out := make(map[plan.Address]bool, len(d.Users)+len(d.Groups))
	for _, u := range d.Users {
		out[userAddress(u.Name)] = true
	}
	for _, g := range d.Groups {
		out[groupAddress(g.Name)] = true
	}
	return out
}

func userAddress(name string) plan.Address  { return plan.NewAddress(plan.KindUser, name) }
func groupAddress(name string) plan.Address { return plan.NewAddress(plan.KindGroup, name) }

// Paths gives the paths beside which a killed Apply of ch may have left a
// temporary file.
func Paths(ch plan.Change) []string {
	out := []string{accounts.PasswdPath, accounts.GroupPath, accounts.ShadowPath, accounts.GShadowPath, accounts.SubUIDPath, accounts.SubGIDPath}
	for _, p := range slices.Clone(out) {
		out = append(out, p+"-")
	}
	for _, side := range []plan.State{ch.Before, ch.After} {
		if ch.Kind != plan.KindUser || side == nil {
			continue
		}
		if st, err := plan.Decode[UserState](side); err == nil && st.Keys != nil {
			out = append(out, st.Keys.Path)
		}
	}
	return append(out, lingerPath(ch.Address.Name()))
}
