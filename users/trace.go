package users

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"
)

// rememberRun notes in the ledger what the account files and their backups are
// before a run, and before the first of all runs.
func (s *Subsystem) rememberRun(b *book) error {
	l, err := readLedger(s.cfg.Root, s.cfg.StateDir)
	if err != nil {
		return err
	}
	l.Run, l.changed = map[string]original{}, true
	for _, f := range b.files() {
		if !b.present[f.path] {
			continue
		}
		if l.Run[f.path], err = s.observeFile(f); err != nil {
			return err
		}
		_, known := l.Before[f.path]
		if !known && !slices.Contains(l.Made, f.path) {
			l.Before[f.path] = l.Run[f.path]
		}
	}
	return l.write(s.cfg.Root, s.cfg.StateDir)
}

func (s *Subsystem) observeFile(f accountFile) (original, error) {
	was := original{File: s.cfg.Store.Keyed((*f.doc).bytes())}
	backup, err := s.cfg.Root.ReadFile(f.path+"-", fileLimit)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return was, nil
	case err != nil:
		return was, fmt.Errorf("cannot read %s-: %w", s.cfg.Root.Name(f.path), bare(err))
	}
	was.Backup = s.cfg.Store.Keyed(backup)
	if !s.cfg.Store.Has(was.Backup) {
		_, _, err = s.cfg.Store.Put(bytes.NewReader(backup), true)
	}
	return was, err
}

// made notes a file that this run makes.
func (e *edit) made(p string) {
	if !slices.Contains(e.ledger.Made, p) {
		e.ledger.Made, e.ledger.changed = append(e.ledger.Made, p), true
	}
}

// noteMade notes the files that commit makes.
func (e *edit) noteMade() {
	if e.lockMade {
		e.made(lockPath)
	}
	for _, f := range e.book.files() {
		if (*f.doc).changed && !e.book.present[f.path] {
			e.made(f.path)
		}
	}
}

// asBefore gives what a file was before the run, or before all runs, if it is
// that again, byte for byte.
func (e *edit) asBefore(f accountFile) (original, bool) {
	key := e.s.cfg.Store.Keyed((*f.doc).bytes())
	for _, at := range []map[string]original{e.ledger.Before, e.ledger.Run} {
		if was, known := at[f.path]; known && was.File == key {
			return was, true
		}
	}
	return original{}, false
}

// leaveNoTrace removes the lock file if it was made by us and all account
// files are again what they were before us. The lock is still held: whoever
// waits for it now would hold one that others no longer see, so this is not
// done while anything of ours is left.
func (e *edit) leaveNoTrace() error {
	if !slices.Contains(e.ledger.Made, lockPath) {
		return nil
	}
	for _, f := range e.book.files() {
		was, known := e.ledger.Before[f.path]
		if known && was.File != e.s.cfg.Store.Keyed((*f.doc).bytes()) || slices.Contains(e.ledger.Made, f.path) && len((*f.doc).rows) > 0 {
			return nil
		}
	}
	err := e.s.cfg.Root.Remove(lockPath)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
