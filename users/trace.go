package users

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/users/accounts"
)

// rememberRun notes in the ledger what the account files and their backups are
// before a run, and before the first of all runs, what the run's new groups find
// under their names, and what goes to another id.
func (s *Subsystem) rememberRun(b *book, changes []plan.Change) error {
	l, _, err := s.readLedger()
	if err != nil {
		return err
	}
	l.Run, l.changed = map[string]original{}, true
	there, err := s.cfg.Root.Exists(lockPath)
	if err != nil {
		return fmt.Errorf("cannot look at %s: %w", s.cfg.Root.Name(lockPath), rootfs.Reason(err))
	}
	if !there {
		l.madePath(lockPath)
	}
	for _, f := range b.Files() {
		if !b.Has(f.Path) {
			if err := s.noteLoneBackup(l, f); err != nil {
				return err
			}
			continue
		}
		if l.Run[f.Path], err = s.observeFile(f); err != nil {
			return err
		}
		if l.Before[f.Path].File == "" && !slices.Contains(l.Made, f.Path) {
			l.Before[f.Path] = l.Run[f.Path]
		}
		if l.Before[f.Path].File != l.Run[f.Path].File {
			continue
		}
		// Of a run that a power cut ended here the ledger may be all that is left.
		if err := s.keepFirst(f, l.Run[f.Path].File); err != nil {
			return err
		}
	}
	users, groups, err := s.decodeChanges(changes)
	if err != nil {
		return err
	}
	if err := s.noteDeparted(l, b, users, groups); err != nil {
		return err
	}
	l.noteCarried(users, groups)
	l.noteSSHDirs(users)
	return l.write(s.cfg.Root, s.cfg.StateDir)
}

// noteLoneBackup enters, once, the backup of a file that is not there.
func (s *Subsystem) noteLoneBackup(l *ledger, f accounts.File) error {
	before, known := l.Before[f.Path]
	if slices.Contains(l.Made, f.Path) || known && (before.Backup == "" || s.cfg.Store.Keeps(before.Backup)) {
		return nil
	}
	was, err := s.observeFile(f)
	if err != nil || was.Backup == "" || known {
		return err
	}
	was.File = ""
	l.Before[f.Path], l.changed = was, true
	return nil
}

func (s *Subsystem) observeFile(f accounts.File) (original, error) {
	was := original{File: f.Document().Keyed(s.cfg.Store)}
	backup, err := s.cfg.Root.ReadFile(f.Path+"-", accounts.FileLimit)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return was, nil
	case err != nil:
		return was, fmt.Errorf("cannot read %s-: %w", s.cfg.Root.Name(f.Path), rootfs.Reason(err))
	}
	info, err := s.cfg.Root.Lstat(f.Path + "-")
	if err != nil {
		return was, fmt.Errorf("cannot look at %s-: %w", s.cfg.Root.Name(f.Path), rootfs.Reason(err))
	}
	was.Backup, was.BackupAccess = s.cfg.Store.Keyed(backup), &access{info.Mode, info.UID, info.GID}
	if !s.cfg.Store.Keeps(was.Backup) {
		_, _, err = s.cfg.Store.Put(bytes.NewReader(backup), true)
	}
	return was, err
}

// madePath notes a file or directory that this agent makes.
func (l *ledger) madePath(p string) {
	if !slices.Contains(l.Made, p) {
		l.Made, l.changed = append(l.Made, p), true
	}
}

// noteMade notes the files that commit makes.
func (e *edit) noteMade() {
	for _, f := range e.book.Files() {
		if f.Document().Changed() && !e.book.Has(f.Path) {
			e.ledger.madePath(f.Path)
		}
	}
}

// asBefore gives what a file was before the run, or before all runs, if it is
// that again, byte for byte.
func (e *edit) asBefore(f accounts.File) (original, bool) {
	key := f.Document().Keyed(e.s.cfg.Store)
	for _, at := range []map[string]original{e.ledger.Before, e.ledger.Run} {
		if was, known := at[f.Path]; known && was.File == key {
			return was, true
		}
	}
	return original{}, false
}

// leaveNoTrace removes the lock file, which the caller holds, if it was made by
// us and all account files are again what they were before us; an /etc that we
// made goes with it. Whoever waits for the lock then would hold one that others
// no longer see, so this is not done while anything of ours is left.
func (e *edit) leaveNoTrace() error {
	if !e.traceless() {
		return nil
	}
	err := e.s.cfg.Root.Remove(lockPath)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if slices.Contains(e.ledger.Made, "etc") {
		_, err = e.s.removeEmpty("etc")
		return err
	}
	return nil
}

func (e *edit) traceless() bool {
	if !slices.Contains(e.ledger.Made, lockPath) {
		return false
	}
	for _, f := range e.book.Files() {
		was, known := e.ledger.Before[f.Path]
		if known && was.File != "" && was.File != f.Document().Keyed(e.s.cfg.Store) || slices.Contains(e.ledger.Made, f.Path) && !f.Document().Empty() {
			return false
		}
	}
	return true
}
