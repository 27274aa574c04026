package users

import (
	"maps"
	"slices"
)

// madeGroup tells that the group of that name and gid is one that we made.
func (l *ledger) madeGroup(name string, gid ID) bool {
	made, ok := l.MadeGroups[name]
	return ok && made == gid
}

// noteGroup enters a group that is made, or that gets another gid.
func (l *ledger) noteGroup(name string, gid ID) {
	if l.madeGroup(name, gid) {
		return
	}
	if l.MadeGroups == nil {
		l.MadeGroups = map[string]ID{}
	}
	l.MadeGroups[name], l.changed = gid, true
}

// forgetGroup drops one that is removed.
func (l *ledger) forgetGroup(name string) {
	if _, made := l.MadeGroups[name]; made {
		delete(l.MadeGroups, name)
		l.changed = true
	}
}

// keptGroups are groups of ours that stayed behind when they left the
// configuration, now that all is taken back. The own groups of users who leave
// go with them.
func (p *planning) keptGroups(gone map[string]*UserState) []Group {
	if !p.s.cfg.Undo {
		return nil
	}
	var out []Group
	for _, name := range slices.Sorted(maps.Keys(p.ledger.MadeGroups)) {
		g, there := p.book.FindGroup(name)
		_, last := p.lastGroup[name]
		if there && !last && gone[name] == nil && p.ledger.madeGroup(name, ID(g.Gid)) {
			out = append(out, Group{Name: name})
		}
	}
	return out
}
