package users

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/users/accounts"
)

// commit writes the ledger, then each account file that changed, once. The
// order is such that a reader never sees a user without its group, or a
// password without its user.
func (e *edit) commit() error {
	e.noteMade()
	if err := e.ledger.write(e.s.cfg.Root, e.s.cfg.StateDir); err != nil {
		return err
	}
	for _, f := range e.book.Files() {
		var err error
		switch {
		case f.Document().Changed():
			err = e.writeFile(f)
		case e.s.resumes():
			err = e.resumeBackup(f)
		}
		if err != nil {
			e.s.cut = true
			return fmt.Errorf("cannot write %s: %w", e.s.cfg.Root.Name(f.Path), rootfs.Reason(err))
		}
	}
	return nil
}

func (e *edit) writeFile(f accounts.File) error {
	root := e.s.cfg.Root
	if f.Document().Empty() && slices.Contains(e.ledger.Made, f.Path) {
		if err := root.Remove(f.Path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return e.oldBackup(f.Path, e.ledger.Before[f.Path], rootfs.Attr{Mode: 0o600, Lazy: true})
	}
	attr, err := e.attr(f.Path)
	if err != nil {
		return err
	}
	still := func() error { return e.book.StillAsRead(root, f) }
	if err := root.WriteFileIf(f.Path, strings.NewReader(f.Document().Content()), attr, still); err != nil {
		return err
	}
	if err := e.backup(f, attr); err != nil {
		return fmt.Errorf("its backup %s-: %w", root.Name(f.Path), rootfs.Reason(err))
	}
	return nil
}

// attr is a file's owner and mode as they are, or as shadow-utils makes them.
func (e *edit) attr(p string) (rootfs.Attr, error) {
	if e.book.Has(p) {
		info, err := e.s.cfg.Root.Lstat(p)
		return rootfs.Attr{Mode: info.Mode, UID: info.UID, GID: info.GID}, err
	}
	if p != accounts.ShadowPath && p != accounts.GShadowPath {
		return rootfs.Attr{Mode: 0o644}, nil
	}
	if g, ok := e.book.FindGroup("shadow"); ok {
		return rootfs.Attr{Mode: 0o640, GID: uint32(g.Gid)}, nil
	}
	return rootfs.Attr{Mode: 0o600}, nil
}

// backup keeps the file of before as p-, as shadow-utils does. It is the last
// write, so that a file that failed to change keeps its old backup. A file that
// becomes again what it was before the run, or before us, gets its old backup
// again, too.
func (e *edit) backup(f accounts.File, attr rootfs.Attr) error {
	// A default ACL of /etc opens no backup of shadow either.
	attr.Lazy, attr.Restored = true, true
	if was, again := e.asBefore(f); again {
		return e.oldBackup(f.Path, was, attr)
	}
	if !e.book.Has(f.Path) {
		return nil
	}
	return e.s.cfg.Root.WriteFile(f.Path+"-", strings.NewReader(f.Document().AsRead()), attr)
}

// resumes tells whether a write of account files may have been cut off before.
func (s *Subsystem) resumes() bool { return s.cfg.Resume || s.cut }

// resumeBackup gives back the old backup of a file that a run which was cut off
// had brought back already.
func (e *edit) resumeBackup(f accounts.File) error {
	run, known := e.ledger.Run[f.Path]
	if !known {
		return nil
	}
	was := run
	switch key := f.Document().Keyed(e.s.cfg.Store); {
	case !e.book.Has(f.Path) && slices.Contains(e.ledger.Made, f.Path), e.ledger.Before[f.Path].File == key && run.File != key:
		was = e.ledger.Before[f.Path]
	case run.File != key:
		return nil
	}
	now, err := e.s.observeFile(f)
	if err != nil || now.Backup == was.Backup {
		return err
	}
	return e.oldBackup(f.Path, was, rootfs.Attr{Mode: 0o600, Lazy: true})
}

func (e *edit) oldBackup(p string, was original, attr rootfs.Attr) error {
	if was.Backup == "" {
		err := e.s.cfg.Root.Remove(p + "-")
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	data, err := openSecret(e.s.cfg.Store, was.Backup)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if a := was.BackupAccess; a != nil {
		attr.Mode, attr.UID, attr.GID = a.Mode, a.UID, a.GID
	} else if info, err := e.s.cfg.Root.Lstat(p + "-"); err == nil {
		attr.Mode, attr.UID, attr.GID = info.Mode, info.UID, info.GID
	}
	return e.s.cfg.Root.WriteFile(p+"-", bytes.NewReader(data), attr)
}
