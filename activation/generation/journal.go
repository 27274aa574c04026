package generation

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/activate-agent/activate/activation/plan"
)

// Journal is the transaction in flight: written whole and durable before the
// first change, removed after the last.
type Journal struct {
	Format int `json:"format"`
	// Verb is what was asked for: "switch", "test", "rollback", …
	Verb string `json:"verb"`
	// Target is the generation to become, 0 for none (deactivate); Previous
	// the one before, 0 for none.
	Target   int `json:"target"`
	Previous int `json:"previous"`
	// Boot is what the boot default becomes, BootBefore what it was.
	Boot       int `json:"boot"`
	BootBefore int `json:"boot_before,omitempty"`
	// Fresh says that Target was staged by this run, so undoing removes it.
	Fresh   bool          `json:"fresh"`
	Changes []plan.Change `json:"changes"`
	Units   plan.Units    `json:"units"`
	// Steps are the pipeline's steps in order, snippets among them.
	Steps []string `json:"steps"`
	// Entry says that the boot entry was installed by this run, the first.
	Entry bool `json:"entry,omitempty"`
	// EntryAdded are the files that this run added to the boot entry.
	EntryAdded []string `json:"entry_added,omitempty"`
	// Undoing says that the changes are being taken back.
	Undoing bool `json:"undoing,omitempty"`
	// Cut counts, by snippet, how often the run was cut off while it ran, from when
	// it was first finished after an interruption.
	Cut map[string]int `json:"cut,omitempty"`
	// Known is what stood at each address before it became ours, as it will
	// be once the transaction is done; Before, as it was.
	Known  Index `json:"known"`
	Before Index `json:"before"`
	// Kept is the account of what could not return, as it will be.
	Kept []string `json:"kept,omitempty"`
}

const journalName = "journal/transaction.json"

// JournalPath is the journal, relative to the root.
func (s *State) JournalPath() string { return s.path(journalName) }

// WriteJournal makes j the transaction in flight, durable when it returns.
func (s *State) WriteJournal(j *Journal) error {
	j.Format = Format
	return s.write(journalName, j)
}

// ReadJournal gives the transaction in flight, nil when there is none.
func (s *State) ReadJournal() (*Journal, error) {
	var j Journal
	err := s.read(journalName, &j)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &j, nil
}

// DropJournal says that the transaction is over: everything it did is durable
// before the journal goes.
func (s *State) DropJournal() error {
	if err := s.root.Sync(); err != nil {
		return err
	}
	if err := s.drop(journalName); err != nil {
		return fmt.Errorf("cannot end the transaction: %w", err)
	}
	return s.root.Sync()
}

// Index is backup/index.json: what stood at an address before it became ours,
// the directories that were made as parents, and keyed hashes of the secrets that
// were read on the host and installed. It goes with the host, not with a
// generation.
type Index struct {
	Format    int                         `json:"format"`
	Originals map[plan.Address]plan.State `json:"originals,omitempty"`
	Parents   []string                    `json:"parents,omitempty"`
	Secrets   map[plan.Address]string     `json:"secrets,omitempty"`
}

const indexName = "backup/index.json"

// ReadIndex gives the index, an empty one when there is none. One that was lost is
// an error.
func (s *State) ReadIndex() (Index, error) {
	var x Index
	err := s.decode(indexName, &x, withoutIndex())
	if errors.Is(err, fs.ErrNotExist) {
		err = s.noIndex()
	}
	if err != nil {
		return x, err
	}
	if x.Originals == nil {
		x.Originals = map[plan.Address]plan.State{}
	}
	return x, nil
}

// DropIndex says that nothing is ours any more. None is no error.
func (s *State) DropIndex() error {
	if err := s.drop(indexName); err != nil {
		return fmt.Errorf("cannot drop the index of what stood in the way: %w", err)
	}
	return nil
}

// WriteIndex keeps x, durable when it returns.
func (s *State) WriteIndex(x Index) error {
	x.Format = Format
	if _, err := s.root.MakeDirs(s.Backup(), 0o700); err != nil {
		return fmt.Errorf("cannot keep the index of what stood in the way: %w", err)
	}
	return s.write(indexName, x)
}
