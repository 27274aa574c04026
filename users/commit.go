package users

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/activate-agent/activate/activation/rootfs"
)

// commit writes the ledger, then each account file that changed, once. The
// order is such that a reader never sees a user without its group, or a
// password without its user.
func (e *edit) commit() error {
	e.noteMade()
	if err := e.ledger.write(e.s.cfg.Root, e.s.cfg.StateDir); err != nil {
		return err
	}
	for _, f := range e.book.files() {
		var err error
		switch {
		case (*f.doc).changed:
			err = e.writeFile(f)
		case e.s.resumes():
			err = e.resumeBackup(f)
		}
		if err != nil {
			e.s.cut = true
			return fmt.Errorf("cannot write %s: %w", e.s.cfg.Root.Name(f.path), rootfs.Reason(err))
		}
	}
	return nil
}

func (e *edit) writeFile(f accountFile) error {
	root := e.s.cfg.Root
	if (*f.doc).empty() && slices.Contains(e.ledger.Made, f.path) {
		if err := root.Remove(f.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return e.oldBackup(f.path, e.ledger.Before[f.path], rootfs.Attr{Mode: 0o600, Lazy: true})
	}
	attr, err := e.attr(f.path)
	if err != nil {
		return err
	}
	still := func() error { return e.stillAsRead(f) }
	if err := root.WriteFileIf(f.path, strings.NewReader((*f.doc).content()), attr, still); err != nil {
		return err
	}
	if err := e.backup(f, attr); err != nil {
		return fmt.Errorf("its backup %s-: %w", root.Name(f.path), rootfs.Reason(err))
	}
	return nil
}

// stillAsRead refuses to write over what somebody wrote since the file was read,
// without the lock.
func (e *edit) stillAsRead(f accountFile) error {
	text, err := readText(e.s.cfg.Root, f.path, *f.doc)
	if errors.Is(err, fs.ErrNotExist) && !e.book.present[f.path] {
		return nil
	}
	if err == nil && text != (*f.doc).text {
		err = rootfs.ErrChanged
	}
	return err
}

// attr is a file's owner and mode as they are, or as shadow-utils makes them.
func (e *edit) attr(p string) (rootfs.Attr, error) {
	if e.book.present[p] {
		info, err := e.s.cfg.Root.Lstat(p)
		return rootfs.Attr{Mode: info.Mode, UID: info.UID, GID: info.GID}, err
	}
	if p != shadowPath && p != gshadowPath {
		return rootfs.Attr{Mode: 0o644}, nil
	}
	if g, ok := e.book.groupOf("shadow"); ok {
		return rootfs.Attr{Mode: 0o640, GID: uint32(g.Gid)}, nil
	}
	return rootfs.Attr{Mode: 0o600}, nil
}

// backup keeps the file of before as p-, as shadow-utils does. It is the last
// write, so that a file that failed to change keeps its old backup. A file that
// becomes again what it was before the run, or before us, gets its old backup
// again, too.
func (e *edit) backup(f accountFile, attr rootfs.Attr) error {
	// A default ACL of /etc opens no backup of shadow either.
	attr.Lazy, attr.Restored = true, true
	if was, again := e.asBefore(f); again {
		return e.oldBackup(f.path, was, attr)
	}
	if !e.book.present[f.path] {
		return nil
	}
	return e.s.cfg.Root.WriteFile(f.path+"-", strings.NewReader((*f.doc).text), attr)
}

// resumes tells whether a write of account files may have been cut off before.
func (s *Subsystem) resumes() bool { return s.cfg.Resume || s.cut }

// resumeBackup gives back the old backup of a file that a run which was cut off
// had brought back already.
func (e *edit) resumeBackup(f accountFile) error {
	run, known := e.ledger.Run[f.path]
	if !known {
		return nil
	}
	was := run
	switch key := (*f.doc).keyed(e.s.cfg.Store); {
	case !e.book.present[f.path] && slices.Contains(e.ledger.Made, f.path), e.ledger.Before[f.path].File == key && run.File != key:
		was = e.ledger.Before[f.path]
	case run.File != key:
		return nil
	}
	now, err := e.s.observeFile(f)
	if err != nil || now.Backup == was.Backup {
		return err
	}
	return e.oldBackup(f.path, was, rootfs.Attr{Mode: 0o600, Lazy: true})
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
