package generation

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"time"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
)

// Record is a generation's manifest.json: everything that is needed to apply
// it again without its HCL, but the contents, which are beside it.
type Record struct {
	Format int       `json:"format"`
	Number int       `json:"number"`
	Time   time.Time `json:"time"`
	// Config is the path the configuration was read from.
	Config      string `json:"config"`
	Description string `json:"description,omitempty"`
	// Version is that of the activate that made it.
	Version string `json:"version,omitempty"`
	// Sections are the subsystems' desired states, each its owner's JSON.
	Sections map[string]json.RawMessage `json:"sections"`
	// States are what the generation put at each address: what is ours.
	States map[plan.Address]plan.State `json:"states,omitempty"`
	// Spare asks for a copy of the record beside it when it is staged.
	Spare bool `json:"-"`
	// Copies are hashes of contents that the run it is staged for may keep.
	Copies []string `json:"-"`
}

// The files of a record in a generation's directory.
const (
	manifestName = "manifest.json"
	// spareName is a copy for the case that the manifest is damaged. Only a
	// boot that leaves the generation reads it: everybody else is told.
	spareName = "manifest.copy"
	// damagedName is what a manifest becomes whose place the copy took.
	damagedName = "manifest.damaged"
)

// Read gives the record of generation n, which nobody may change. One that is not
// there gives an error that wraps fs.ErrNotExist; a damaged or newer one is an
// error too.
func (s *State) Read(n int) (*Record, error) {
	info, err := s.root.Lstat(path.Join(s.Tree(n), manifestName))
	if last := s.lastRead; err == nil && last.record != nil && last.record.Number == n && last.file == info {
		return last.record, nil
	}
	record, wrong := s.readRecord(n, manifestName, s.without(n))
	if err == nil && wrong == nil {
		s.lastRead = reading{file: info, record: record}
	}
	return record, wrong
}

// reading is a record and what its file was before it was read: a run asks for
// that of the current generation more than once, and a large one takes long.
type reading struct {
	file   rootfs.Info
	record *Record
}

// ReadSpare gives the copy of generation n's record, which only a generation
// with boot_attempts has; the errors are those of Read.
func (s *State) ReadSpare(n int) (*Record, error) {
	return s.readRecord(n, spareName, "delete it")
}

// RestoreSpare puts the copy of generation n's record in the record's place,
// durable when it returns. What stood there is kept as manifest.damaged.
func (s *State) RestoreSpare(n int) error {
	cannot := func(err error) error {
		return fmt.Errorf("cannot put the copy of generation %d's record in its place: %w", n, err)
	}
	at := func(name string) string { return path.Join(s.Tree(n), name) }
	content, err := s.root.ReadFile(at(spareName), 0)
	if err != nil {
		return cannot(err)
	}
	if err := s.root.Rename(at(manifestName), at(damagedName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return cannot(err)
	}
	if err := s.root.WriteFile(at(manifestName), bytes.NewReader(content), s.root.Private()); err != nil {
		return cannot(err)
	}
	return nil
}

func (s *State) readRecord(n int, name, wayOut string) (*Record, error) {
	var r Record
	file := path.Join("generations", fmt.Sprint(n), name)
	err := s.decode(file, &r, wayOut)
	if errors.Is(err, fs.ErrNotExist) {
		lost := &missingError{number: n}
		if s.leadsTo(n) {
			lost.wayOut = wayOut
		}
		if there, err := s.has(path.Dir(file)); there && err == nil {
			lost.record, lost.wayOut = s.root.Name(s.path(file)), wayOut
		}
		return nil, lost
	}
	if err != nil {
		return nil, err
	}
	if r.Number != n {
		return nil, s.damaged(file, fmt.Errorf("it is of generation %d", r.Number), wayOut)
	}
	return &r, nil
}

// ReadCurrent gives the record of the current generation; ErrNone when there
// is none. A link that was lost is another error: what it led to is ours still.
func (s *State) ReadCurrent() (*Record, error) {
	n, err := s.Current()
	if err != nil {
		return nil, err
	}
	if n == 0 {
		return nil, s.noCurrent()
	}
	r, err := s.Read(n)
	if lost, gone := errors.AsType[*missingError](err); gone && lost.record == "" {
		return nil, fmt.Errorf("cannot tell what is ours: %s, the generation in effect, is gone; restore it from a backup, or make %s a link to a generation that is left",
			s.root.Name(s.Tree(n)), s.root.Name(s.path("current")))
	}
	if lost, gone := errors.AsType[*missingError](err); gone {
		// Whoever asks is not to take it for none.
		return nil, errors.New("cannot tell what is ours: " + lost.Error())
	}
	return r, err
}

// Entry is one line of `activate generations`.
type Entry struct {
	Number      int       `json:"number"`
	Time        time.Time `json:"time"`
	Current     bool      `json:"current"`
	Boot        bool      `json:"boot"`
	Config      string    `json:"config"`
	Description string    `json:"description"`
	// BootAttempts and BootFailure are of boots that were no good ones since
	// the generation last was good.
	BootAttempts int    `json:"boot_attempts,omitempty"`
	BootFailure  string `json:"boot_failure,omitempty"`
	// Awaited says that it returns unless a switch on trial is confirmed.
	Awaited bool `json:"-"`
	// Damage says why its record cannot be read; what only that knows is empty.
	Damage string `json:"damage,omitempty"`
}

// List gives the generations that a run has brought about or that are linked to,
// ascending, those too whose record cannot be read; for them there is an error
// besides.
func (s *State) List() ([]Entry, error) {
	numbers, err := s.Numbers()
	if err != nil {
		return nil, err
	}
	current, err := s.Current()
	if err != nil {
		return nil, err
	}
	boot, err := s.Boot()
	if err != nil {
		return nil, err
	}
	boots, err := s.ReadBoots()
	if err != nil {
		return nil, err
	}
	pending, err := s.ReadPending()
	if err != nil {
		return nil, err
	}
	entries, damage := []Entry{}, []error{}
	for _, n := range numbers {
		if under, err := s.underWay(n); err != nil {
			return nil, err
		} else if under && n != current && n != boot {
			continue
		}
		entry := Entry{
			Number: n, Current: n == current, Boot: n == boot, Awaited: pending.awaits(n),
			BootAttempts: boots.Trials[n].Attempts, BootFailure: boots.Trials[n].Failure,
		}
		if r, err := s.Read(n); err != nil {
			entry.Damage = err.Error()
			damage = append(damage, err)
		} else {
			entry.Time, entry.Config, entry.Description = r.Time, r.Config, r.Description
		}
		entries = append(entries, entry)
	}
	return entries, errors.Join(damage...)
}

// Surplus gives the generations that a rule has no place for: those beyond the
// keep newest (0 keeps all), and those older than the given age (0 keeps all).
// The current one, the boot default and one that a trial returns to are never
// among them. Entries are in the order they were made in: one that was made while
// the clock was behind is as old as the one before it, and one from a time to come
// is of no age.
func Surplus(entries []Entry, keep int, older time.Duration, now time.Time) []int {
	var out []int
	var made time.Time
	for i, e := range entries {
		ahead := e.Time.After(now)
		if e.Time.After(made) && !ahead {
			made = e.Time
		}
		surplus := keep > 0 && len(entries)-i > keep || older > 0 && !ahead && now.Sub(made) > older
		if surplus && !e.Current && !e.Boot && !e.Awaited {
			out = append(out, e.Number)
		}
	}
	return out
}

// Delete removes generations, and what the backup directory keeps for their sake
// only. The current one, the boot default and one that a trial returns to are
// refused, as is a number that does not exist, and a state in which anything is of
// a newer format; then nothing is removed.
func (s *State) Delete(numbers ...int) error {
	have, err := s.Numbers()
	if err != nil {
		return err
	}
	current, err := s.Current()
	if err != nil {
		return err
	}
	if current == 0 {
		// Of a link that was lost nobody knows which one it spared.
		if err := s.noCurrent(); !errors.Is(err, ErrNone) {
			return err
		}
	}
	boot, err := s.Boot()
	if err != nil {
		return err
	}
	pending, err := s.ReadPending()
	if err != nil {
		return err
	}
	for _, n := range numbers {
		switch {
		case !slices.Contains(have, n):
			return fmt.Errorf("cannot delete generation %d: there is no such generation", n)
		case n == current:
			return fmt.Errorf("cannot delete generation %d: it is the current one", n)
		case n == boot:
			return fmt.Errorf("cannot delete generation %d: the host boots it", n)
		case pending.awaits(n):
			return fmt.Errorf("cannot delete generation %d: it returns unless generation %d is confirmed", n, pending.Number)
		}
	}
	if err := s.refuseNewer(); err != nil {
		return err
	}
	if err := s.Migrate(); err != nil {
		return err
	}
	return s.removeAll(numbers)
}

// removeAll removes generations and then what only they needed: a content must
// not go before the last record that speaks of it.
func (s *State) removeAll(numbers []int) error {
	theirs, err := s.ofGenerations(numbers)
	if err != nil {
		return err
	}
	for _, n := range numbers {
		if err := s.remove(n); err != nil {
			return err
		}
	}
	if err := s.root.Sync(); err != nil {
		return err
	}
	if err := s.collect(theirs); err != nil {
		return err
	}
	return s.root.Sync()
}

// Discard removes a generation that was never brought about, and what was kept
// for the run that should have. Nothing there is no error. No journal may speak
// of it any more.
func (s *State) Discard(n int) error { return s.removeAll([]int{n}) }
