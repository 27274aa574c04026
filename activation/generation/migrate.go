package generation

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strconv"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
)

// Foreign is a record in the state directory that is not this package's.
type Foreign struct {
	// Name is its file in the state directory.
	Name string
	// Formats are those it has had.
	Formats plan.Formats
	// Renew gives a document of any of them as its owner writes it now.
	Renew func(doc []byte) ([]byte, error)
}

// Include has Migrate bring a record of others to its current format, too.
func (s *State) Include(f Foreign) { s.foreign = append(s.foreign, f) }

// OnMigration has told called after a migration, with the format that records
// were of, and the directory (as a person knows it) where they are as they were.
func (s *State) OnMigration(told func(from int, copies string)) { s.migrated = told }

// record is one document that a migration is about.
type record struct {
	name    string
	formats plan.Formats
	// renew gives a document of an older format in the current one, nil of one
	// that is damaged.
	renew func(doc []byte) io.ReadCloser
}

// Migrate brings the records of older formats to the current one. Each is kept
// as it was in format-N, N being its format, before the first is written anew.
// The counter goes last, so that by its format a later run knows that none is
// left; one that was cut off goes on where it was. Records that are damaged or
// cannot be read are left to who needs them. With one of a newer format nothing
// is done: that is an error. The caller holds the lock.
//
// Every reader takes a record in the format that it finds, so a state that is
// migrated in part is as good as any.
func (s *State) Migrate() error {
	if s.renewed {
		return nil
	}
	settled, err := s.counted()
	if err != nil || settled {
		return err
	}
	records, err := s.records()
	if err != nil {
		return err
	}
	older, from, err := s.keepOlder(records)
	if err != nil {
		return err
	}
	for _, r := range older {
		if err := s.renew(r); err != nil {
			return fmt.Errorf("cannot bring the state to format %d: %w", Format, err)
		}
	}
	s.renewed = true
	if len(older) > 0 && s.migrated != nil {
		s.migrated(from, s.root.Name(s.copies(from)))
	}
	return nil
}

// counted tells by the counter whether no record is of an older format.
func (s *State) counted() (bool, error) {
	doc, err := s.root.ReadFile(s.path(counterName), 0)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("cannot read %s: %w", s.root.Name(s.path(counterName)), rootfs.Reason(err))
	}
	f := s.formats(counterName)
	is := f.Of(doc)
	if is > Format {
		return false, s.newer(counterName, &plan.NewerError{Key: f.Key, Is: is, Known: Format})
	}
	s.renewed = is == Format
	return s.renewed, nil
}

// records gives all that there may be, in the order in which they are migrated:
// what each run of a program that knows the older format only reads first, so
// that it stops there; the counter last.
func (s *State) records() ([]record, error) {
	numbers, err := s.Numbers()
	if err != nil {
		return nil, err
	}
	out := []record{own[Journal](s, journalName)}
	for _, link := range []string{"boot", "current"} {
		// A link that leads nowhere is for its reader to tell.
		if n, err := s.link(link); err == nil && slices.Contains(numbers, n) {
			numbers = slices.DeleteFunc(numbers, func(m int) bool { return m == n })
			numbers = slices.Insert(numbers, 0, n)
		}
	}
	for _, n := range numbers {
		at := path.Join("generations", strconv.Itoa(n))
		out = append(out, own[Record](s, path.Join(at, manifestName)), own[Record](s, path.Join(at, spareName)), own[replaced](s, replacedName(n)))
	}
	for _, f := range s.foreign {
		out = append(out, record{name: f.Name, formats: f.Formats, renew: func(doc []byte) io.ReadCloser {
			renewed, err := f.Renew(doc)
			if err != nil {
				return nil
			}
			return io.NopCloser(bytes.NewReader(renewed))
		}})
	}
	return append(
		out, own[Index](s, indexName), own[kept](s, keptName), own[loaded](s, loadedName), own[Pending](s, pendingName),
		own[Boots](s, bootsName), own[BootEntry](s, bootEntryName), own[counter](s, counterName),
	), nil
}

// own is a record of this package's, a T.
func own[T any](s *State, name string) record {
	f := s.formats(name)
	return record{name: name, formats: f, renew: func(doc []byte) io.ReadCloser {
		var v T
		if f.Decode(doc, &v) != nil {
			return nil
		}
		return plan.Stream(v)
	}}
}

// refuseNewer is the error of a record that a newer activate wrote, wherever it is:
// that one may have been killed before it reached the counter, which speaks for all.
func (s *State) refuseNewer() error {
	records, err := s.records()
	if err != nil {
		return err
	}
	for _, r := range records {
		// What cannot be read is left to who needs it.
		doc, err := s.root.ReadFile(s.path(r.name), 0)
		if err != nil {
			continue
		}
		if _, err := s.formatOf(r, doc); err != nil {
			return err
		}
	}
	return nil
}

// formatOf gives the format of a document, 0 where it says none; a newer one is an
// error.
func (s *State) formatOf(r record, doc []byte) (int, error) {
	is := r.formats.Of(doc)
	if known := r.formats.Current(); is > known {
		return 0, s.newer(r.name, &plan.NewerError{Key: r.formats.Key, Is: is, Known: known})
	}
	return is, nil
}

// keepOlder keeps a copy of each record of an older format, durable when it
// returns, and gives those and the oldest format.
func (s *State) keepOlder(records []record) (older []record, from int, err error) {
	for _, r := range records {
		doc, err := s.root.ReadFile(s.path(r.name), 0)
		if err != nil {
			continue
		}
		is, err := s.formatOf(r, doc)
		if err != nil {
			return nil, 0, err
		}
		if is > 0 && is < r.formats.Current() {
			older = append(older, r)
			if from == 0 || is < from {
				from = is
			}
		}
	}
	for _, r := range older {
		if err := s.keepCopy(r); err != nil {
			return nil, 0, fmt.Errorf("cannot keep %s as it is before the state is brought to format %d: %w", s.root.Name(s.path(r.name)), Format, rootfs.Reason(err))
		}
	}
	if len(older) > 0 {
		err = s.root.Sync()
	}
	return older, from, err
}

// copies is the directory of the records as they were in a format.
func (s *State) copies(format int) string { return s.path("format-" + strconv.Itoa(format)) }

// keepCopy gives a record a second name; it is replaced later, never written to.
// A copy that is there is of an earlier time, or of a migration that was cut
// off before it had renewed the record.
func (s *State) keepCopy(r record) error {
	p := s.path(r.name)
	doc, err := s.root.ReadFile(p, 0)
	if err != nil {
		return err
	}
	to := path.Join(s.copies(r.formats.Of(doc)), r.name)
	if _, err := s.root.MakeDirs(path.Dir(to), 0o700); err != nil {
		return err
	}
	if err := s.root.Remove(to); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if s.root.Link(p, to) == nil {
		return nil
	}
	// Not every file system has hard links.
	return s.root.WriteFile(to, bytes.NewReader(doc), s.root.Private())
}

// renew writes a record in the current format. One that is damaged stays.
func (s *State) renew(r record) error {
	doc, err := s.root.ReadFile(s.path(r.name), 0)
	if err != nil {
		return fmt.Errorf("cannot read %s: %w", s.root.Name(s.path(r.name)), rootfs.Reason(err))
	}
	content := r.renew(doc)
	if content == nil {
		// Who reads it says what is wrong.
		return nil
	}
	return s.put(r.name, content)
}

// dropCopies removes the records of generation n as they were in older formats.
func (s *State) dropCopies(n int) error {
	for format := 1; format < Format; format++ {
		if err := s.root.RemoveAll(path.Join(s.copies(format), "generations", strconv.Itoa(n))); err != nil {
			return err
		}
	}
	return nil
}
