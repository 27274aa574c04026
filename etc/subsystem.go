package etc

import (
	"io"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
)

// Config is what New needs.
type Config struct {
	Root  *rootfs.Root
	Store *rootfs.Store
	// Desired is what should be, Last what an earlier run made.
	Desired, Last Desired
	// Originals is what stood at addresses in Last before they became ours;
	// an address without one was free.
	Originals map[plan.Address]plan.State
	// Parents are the directories made for entries by earlier runs, relative
	// to the root.
	Parents []string
	// Keeps tells the directories that others have, as homes: they are no parents that
	// go with what is below them. Nil means none.
	Keeps func(p string) bool
	// Installed is what an earlier Subsystem's Installed gave: it counts where
	// Last says otherwise.
	Installed map[plan.Address]string
	// StateDir is relative to the root; nothing below it is managed.
	StateDir string
	// Tree is the static tree that /etc/static is to lead to, relative to the root.
	// Where its generation is recorded already, its contents have to be there.
	Tree string
	// MountPoints are where the configuration mounts something, relative to the
	// root; none where the run mounts nothing.
	MountPoints []string
	// RunDir is the agent's run directory; empty means run/activate.
	RunDir string
	// Owners is asked at each Diff and each Apply, so that accounts made in
	// between are found; nil means that only root and digits are known.
	Owners func() (Owners, error)
	// OpenSource opens a Content.Source, a path outside the root, for
	// Contents; without it such content is not shown.
	OpenSource func(path string) (io.ReadCloser, error)
	// Stamps come from an earlier Subsystem's Stamps.
	Stamps map[string]Stamp
	// Verify reads every content, whatever the stamps say.
	Verify bool
	// AllDrift makes Diff report each difference as a change, also where
	// on_drift is "keep" or "fail": the view of `activate drift`.
	AllDrift bool
	// Reverts tells that what is desired is what was there until just now: what
	// returned to a path of it meanwhile is no conflict.
	Reverts bool
	// SecretsLater makes a missing secret_source a warning, because the
	// configuration's own snippets may write it first.
	SecretsLater bool
	// Resume tells that a journal is being finished or undone after a crash:
	// a file that a power cut left empty is half-written, not edited.
	Resume bool
}

// Subsystem compares and writes the paths of one configuration. It is for one
// goroutine at a time, as its Root is.
type Subsystem struct {
	cfg Config
	// desired and last are made when somebody asks: a run with nothing to do finds
	// its way by the order of the entries.
	desired, last func() map[plan.Address]*Entry
	// at is the index of the last entry that made found.
	at int
	// lastAt and desiredAt are by path: an entry may come back as another
	// kind of block.
	lastAt, desiredAt func() map[string]*Entry
	needed            map[string]bool
	fresh             map[string]Stamp
	// adopted are the files that the last Diff found to be as wanted and not
	// ours so far: Save keeps them.
	adopted map[plan.Address]*State
	// leftEdited are the entries that on_drift left as they are.
	leftEdited map[plan.Address]bool
	// pruned are the directories that Apply took away because nothing was in them any
	// more, as they were: somebody may have given them another owner or mode, which
	// the undo brings back.
	pruned map[string]rootfs.Attr
	states *plan.Memo[State]
}

// New makes a Subsystem. It touches nothing.
func New(cfg Config) *Subsystem {
	cfg.Desired = cfg.Desired.withInstalled(installedStill(cfg.Installed, cfg.Last, cfg.Desired))
	cfg.Last = cfg.Last.withInstalled(cfg.Installed)
	cfg.Last = withHolders(cfg)
	cfg.Desired = withHeld(cfg)
	return &Subsystem{
		cfg:     cfg,
		desired: sync.OnceValue(func() map[plan.Address]*Entry { return byAddress(cfg.Desired) }),
		last:    sync.OnceValue(func() map[plan.Address]*Entry { return byAddress(cfg.Last) }),

		lastAt:    sync.OnceValue(func() map[string]*Entry { return byPath(cfg.Last) }),
		desiredAt: sync.OnceValue(func() map[string]*Entry { return byPath(cfg.Desired) }),
		needed:    neededBy(cfg.Desired), fresh: make(map[string]Stamp, len(cfg.Stamps)), adopted: map[plan.Address]*State{},
		leftEdited: map[plan.Address]bool{}, pruned: map[string]rootfs.Attr{},
		states: plan.NewMemo[State](),
	}
}

func byAddress(d Desired) map[plan.Address]*Entry {
	m := make(map[plan.Address]*Entry, len(d.Entries))
	for i, e := range d.Entries {
		m[e.Address] = &d.Entries[i]
	}
	return m
}

func byPath(d Desired) map[string]*Entry {
	m := make(map[string]*Entry, len(d.Entries))
	for i, e := range d.Entries {
		m[e.Path] = &d.Entries[i]
	}
	return m
}

// Leaves tells whether ch is about something that the configuration no longer
// asks for: its deletion, or the return of what stood there before.
func (s *Subsystem) Leaves(ch plan.Change) bool {
	_, wanted := s.desired()[ch.Address]
	return !wanted
}

// Originals gives the map to record with the generation that d makes: what
// stood at each desired address before it became ours. on_conflict =
// "overwrite" keeps nothing.
func (s *Subsystem) Originals(d plan.Diff) map[plan.Address]plan.State {
	out := map[plan.Address]plan.State{}
	for _, e := range s.cfg.Desired.Entries {
		if st, ok := s.original(e); ok {
			out[e.Address] = st
		}
	}
	for a, st := range d.Adopted {
		if _, mine := s.desired()[a]; mine {
			out[a] = st
		}
	}
	for _, ch := range d.Changes {
		e, wanted := s.desired()[ch.Address]
		if wanted && !s.ours(*e) && ch.Before != nil && e.OnConflict != "overwrite" {
			out[ch.Address] = ch.Before
		}
	}
	return out
}

// Parents gives the list to record with the generation that d makes: the
// directories made for entries, now or earlier, that entries still need.
func (s *Subsystem) Parents(d plan.Diff) []string {
	var out []string
	for _, p := range s.cfg.Parents {
		if s.needed[p] {
			out = append(out, p)
		}
	}
	for _, ch := range d.Changes {
		if _, wanted := s.desired()[ch.Address]; wanted {
			out = append(out, ch.Parents...)
		}
	}
	// A directory block that went, with desired paths still below it, goes on
	// as a parent.
	for _, e := range s.cfg.Last.Entries {
		if e.Type != Directory || !s.needed[e.Path] {
			continue
		}
		_, wanted := s.desired()[e.Address]
		_, returns := s.cfg.Originals[e.Address]
		_, moved := s.desiredAt()[e.Path]
		if !wanted && !returns && !moved {
			out = append(out, e.Path)
		}
	}
	slices.Sort(out)
	return slices.DeleteFunc(slices.Compact(out), s.keeps)
}

// keeps tells a directory that others have.
func (s *Subsystem) keeps(p string) bool { return s.cfg.Keeps != nil && s.cfg.Keeps(p) }

// made gives the entry for which an earlier run made e's path.
func (s *Subsystem) made(e Entry) (Entry, bool) {
	// Mostly the configuration is the last one, and entries come in their order.
	for _, i := range []int{s.at, s.at + 1, 0} {
		if i < len(s.cfg.Last.Entries) && s.cfg.Last.Entries[i].Path == e.Path {
			s.at = i
			return s.cfg.Last.Entries[i], true
		}
	}
	last, ok := s.lastAt()[e.Path]
	if !ok {
		return Entry{}, false
	}
	return *last, true
}

// original gives what stood at e's path before it became ours.
func (s *Subsystem) original(e Entry) (plan.State, bool) {
	last, ok := s.made(e)
	if !ok {
		return nil, false
	}
	st, ok := s.cfg.Originals[last.Address]
	return st, ok
}

// madeDirectory tells whether an earlier run made a directory at p, for an entry
// or as a parent.
func (s *Subsystem) madeDirectory(p string) bool {
	last, made := s.lastAt()[p]
	return made && last.Type == Directory || slices.Contains(s.cfg.Parents, p)
}

// originalState is original, decoded; nil where the path was free.
func (s *Subsystem) originalState(e Entry) (*State, error) {
	st, _ := s.original(e)
	return s.decode(st)
}

// ours tells whether an earlier run made what stands at e's path, for an entry
// or as a parent.
func (s *Subsystem) ours(e Entry) bool {
	_, made := s.made(e)
	return made || slices.Contains(s.cfg.Parents, e.Path)
}

// neededBy is every directory above a desired path, and every desired
// directory.
func neededBy(d Desired) map[string]bool {
	out := map[string]bool{}
	for _, e := range d.Entries {
		if e.Type == Directory {
			out[e.Path] = true
		}
		for dir := path.Dir(e.Path); dir != "." && !out[dir]; dir = path.Dir(dir) {
			out[dir] = true
		}
	}
	return out
}

// owners reads who the names are, unless nobody is named: that saves reading
// the account files.
func (s *Subsystem) owners() (Owners, error) {
	if s.cfg.Owners == nil || !s.cfg.Desired.namesOwners() && !s.cfg.Last.namesOwners() {
		return Owners{}, nil
	}
	return s.cfg.Owners()
}

// namesOwners tells whether an entry belongs to anybody but root by name.
func (d Desired) namesOwners() bool {
	return slices.ContainsFunc(d.Entries, func(e Entry) bool { return named(e.User) || named(e.Group) })
}

func named(owner string) bool {
	return owner != "" && owner != "root" && (owner[0] < '0' || owner[0] > '9')
}

// below tells whether p is dir or inside it.
func below(p, dir string) bool {
	return p == dir || strings.HasPrefix(p, dir+"/")
}
