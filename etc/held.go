package etc

import (
	"slices"
	"strings"

	"github.com/activate-agent/activate/activation/plan"
)

// withHeld gives the desired state with a directory for each path that is left
// while others below it are wanted, and where a file or link of others stood
// before us: that cannot return as long as the directory is needed, and returns
// when it is not. As an entry of the record it is remembered until then.
func withHeld(cfg Config) Desired {
	wanted := byPath(cfg.Desired)
	var needed map[string]bool
	var held []Entry
	for _, e := range cfg.Last.Entries {
		st, replaced := cfg.Originals[e.Address]
		if _, stays := wanted[e.Path]; stays || !replaced {
			continue
		}
		if needed == nil {
			needed = neededBy(cfg.Desired)
		}
		// A record that cannot be read is told of when e leaves.
		if original, err := plan.Decode[State](st); err == nil && original.Type != Directory && needed[e.Path] {
			held = append(held, cfg.holds(e))
		}
	}
	if len(held) == 0 {
		return cfg.Desired
	}
	held = append(held, cfg.Desired.Entries...)
	slices.SortStableFunc(held, func(a, b Entry) int { return strings.Compare(a.Path, b.Path) })
	return Desired{Entries: held}
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
