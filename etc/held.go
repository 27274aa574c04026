package etc

import (
	"slices"
	"strings"

	"github.com/activate-agent/activate/activation/plan"
)

// withHolders gives the last state with the directories that hold the place of
// something of others, and that its record does not have: a rollback goes back to
// a record of before.
func withHolders(cfg Config) Desired {
	var recorded map[string]*Entry
	var holders []Entry
	for a := range cfg.Originals {
		if a.Kind() != plan.KindDirectory {
			continue
		}
		if recorded == nil {
			recorded = byPath(cfg.Last)
		}
		p := PathOf(a)
		if _, there := recorded[p]; !there {
			holders = append(holders, cfg.holds(Entry{Path: p}))
		}
	}
	return with(cfg.Last, holders)
}

// withHeld gives the desired state with a directory for each path that is left
// while others below it are wanted, and where a file or link of others stood
// before us: that cannot return as long as the directory is needed, and returns
// when it is not. As an entry of the record it is remembered until then.
func withHeld(cfg Config) Desired {
	if len(cfg.Originals) == 0 {
		return cfg.Desired
	}
	var wanted map[string]*Entry
	var needed map[string]bool
	var held []Entry
	for _, e := range cfg.Last.Entries {
		st, replaced := cfg.Originals[e.Address]
		if !replaced {
			continue
		}
		if needed == nil {
			wanted, needed = byPath(cfg.Desired), neededBy(cfg.Desired)
		}
		if _, stays := wanted[e.Path]; stays {
			continue
		}
		// A record that cannot be read is told of when e leaves.
		if original, err := plan.Decode[State](st); err == nil && original.Type != Directory && needed[e.Path] {
			held = append(held, cfg.holds(e))
		}
	}
	return with(cfg.Desired, held)
}

// with gives d with more entries, sorted.
func with(d Desired, more []Entry) Desired {
	if len(more) == 0 {
		return d
	}
	all := slices.Concat(more, d.Entries)
	slices.SortStableFunc(all, func(a, b Entry) int { return strings.Compare(a.Path, b.Path) })
	return Desired{Entries: all}
}

// holds is the directory in e's place: as any missing parent, or as the block
// had it that was there.
func (cfg Config) holds(e Entry) Entry {
	if e.Type == Directory {
		e.Origin = ""
		return e
	}
	own := cfg.Root.Private()
	return Entry{
		Address: plan.NewAddress(plan.KindDirectory, "/"+e.Path), Path: e.Path, Type: Directory,
		Mode: "0755", User: displayID(own.UID), Group: displayID(own.GID),
	}
}
