package users

import "github.com/activate-agent/activate/users/accounts"

// allocator chooses ids. What it gave once it does not give again.
type allocator struct {
	defs   defs
	ledger *ledger
	// uids and gids are those that a name holds, as user or as group, now or ever;
	// loose are ids in lines that are not understood.
	uids, gids holders
	loose      map[ID]bool
	// subs are all sub-id ranges in the files and the ledger, asked those that the
	// configuration says.
	subs, asked rangeSet
	next        map[span]ID
	// ordered and recent are what inOrder gives, taken what takenRanges gave, nextSub where the
	// last range ended that was chosen, and passed how many of taken end before it.
	ordered, recent []heldID
	taken           []ownedRange
	nextSub         uint64
	passed          int
}

func newAllocator(b *book, l *ledger, d defs) *allocator {
	a := &allocator{
		defs: d, ledger: l, next: map[span]ID{}, loose: map[ID]bool{},
		uids: newHolders(len(b.Passwd.Rows()) + len(l.Users)), gids: newHolders(len(b.Group.Rows()) + len(l.Groups)),
	}
	for _, r := range b.Passwd.Rows() {
		if name := r.Name(); name != "" {
			a.holdUser(name, accounts.ParseID(r.Field(accounts.PwUID)))
			continue
		}
		a.holdLoose(accounts.LooseIDs(r.Line(), accounts.PwUID, accounts.PwGID))
	}
	for _, r := range b.Group.Rows() {
		if name := r.Name(); name != "" {
			a.holdGroup(name, accounts.ParseID(r.Field(accounts.GrGID)))
			continue
		}
		a.holdLoose(accounts.LooseIDs(r.Line(), accounts.GrGID))
	}
	for name, id := range l.Users {
		a.holdUser(name, id)
	}
	for name, id := range l.Groups {
		a.holdGroup(name, id)
	}
	for name, ids := range l.Former {
		for _, id := range ids {
			a.holdUser(name, id)
		}
	}
	for name, ids := range l.FormerGroups {
		for _, id := range ids {
			a.holdGroup(name, id)
		}
	}
	a.readSubIDs(b, l)
	return a
}

func (a *allocator) holdLoose(ids []ID) {
	for _, id := range ids {
		a.loose[id] = true
	}
}

func (a *allocator) holdUser(name string, id ID) {
	if a.uids.add(id, name) {
		a.noteHeld(heldID{id, name})
	}
}

func (a *allocator) holdGroup(name string, id ID) {
	if a.gids.add(id, name) {
		a.noteHeld(heldID{id, name})
	}
}

// userOf and groupOf give another name that holds id, "" when none does.
func (a *allocator) userOf(id ID, but string) string  { return a.uids.other(id, but) }
func (a *allocator) groupOf(id ID, but string) string { return a.gids.other(id, but) }

// free tells an id that nobody else holds in either file: a user whose number
// is another's group would own that group's files by mistake.
func (a *allocator) free(id ID, name string) bool {
	return !a.loose[id] && a.userOf(id, name) == "" && a.groupOf(id, name) == "" && !a.mapped(id, "")
}

// mapped tells an id that somebody else than name has, or is to have, among the
// sub-ids: who has the range could act as the account. Root could anyway.
func (a *allocator) mapped(id ID, name string) bool {
	one := SubRange{Start: id, Count: 1}
	may := func(owner string) bool { return owner == name || owner == "root" || owner == "0" }
	return a.subs.shares(one, may) != "" || a.asked.shares(one, may) != ""
}

// uidReturns and gidReturns tell whether a name can have the id that it had once.
func (a *allocator) uidReturns(name string) bool {
	id, had := a.ledger.Users[name]
	return had && !a.loose[id] && a.userOf(id, name) == "" && !a.mapped(id, name)
}

func (a *allocator) gidReturns(name string) bool {
	id, had := a.ledger.Groups[name]
	return had && !a.loose[id] && a.groupOf(id, name) == "" && !a.mapped(id, name)
}

// uid chooses the uid of a new user: the one it had once, else the lowest free
// normal or the highest free system one.
func (a *allocator) uid(name string, system bool) (ID, error) {
	if a.uidReturns(name) {
		return a.ledger.Users[name], nil
	}
	r := a.defs.user
	if system {
		r = a.defs.systemUser
	}
	return a.choose(r, system, name)
}

// gid chooses the gid of a new group in the same way; want, if not 0, is taken
// when it is free.
func (a *allocator) gid(name string, system bool, want ID) (ID, error) {
	if a.gidReturns(name) {
		return a.ledger.Groups[name], nil
	}
	if want != 0 && !a.loose[want] && a.groupOf(want, name) == "" && a.userOf(want, name) == "" && !a.mapped(want, name) {
		return want, nil
	}
	r := a.defs.group
	if system {
		r = a.defs.systemGroup
	}
	return a.choose(r, system, name)
}

// choose finds a free id; it goes on where the last search in r ended.
func (a *allocator) choose(r span, down bool, name string) (ID, error) {
	if r.min > r.max {
		return 0, r.exhausted()
	}
	step, from, to := ID(1), r.min, r.max
	if down {
		step, from, to = ^ID(0), r.max, r.min
	}
	if n, ok := a.next[r]; ok {
		from = n
	}
	for id := from; ; id += step {
		if id != nobody && id != noID16 && a.free(id, name) {
			a.next[r] = id
			return id, nil
		}
		if id == to {
			return 0, r.exhausted()
		}
	}
}

// noID16 is what -1 is as an id of 16 bits: no id for many a program.
const noID16 = 65535

// far is how many ids are looked at for an offer: somebody may have all there are among
// the sub-ids.
const far = 1 << 18

// freeBlock gives the first of n free ids in a row, at or above from and not far.
func (a *allocator) freeBlock(from ID, n int) (ID, bool) {
	run := 0
	for id := from; id < 1<<32-2 && id-from < far; id++ {
		run++
		if id == nobody || id == noID16 || !a.free(id, "") {
			run = 0
		}
		if run == n {
			return id - ID(n) + 1, true
		}
	}
	return 0, false
}

// offer is advice for somebody whose ids are taken: the next n free ones.
func (a *allocator) offer(from ID, n int) string {
	first, ok := a.freeBlock(from, n)
	switch {
	case !ok:
		return ""
	case n == 1:
		return "The next free id is " + first.String() + "."
	}
	return "The ids " + first.String() + " to " + (first + ID(n) - 1).String() + " are free."
}
