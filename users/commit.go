package users

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/activate-agent/activate/activation/rootfs"
)

// commit writes the ledger, then each account file that changed, once. The
// order is such that a reader never sees a user without its group, or a
// password without its user.
func (e *edit) commit() error {
	for _, f := range e.book.files() {
		if (*f.doc).changed && !e.book.present[f.path] && !slices.Contains(e.ledger.Made, f.path) {
			e.ledger.Made, e.ledger.changed = append(e.ledger.Made, f.path), true
		}
	}
	if err := e.ledger.write(e.s.cfg.Root, e.s.cfg.StateDir); err != nil {
		return err
	}
	for _, f := range e.book.files() {
		if !(*f.doc).changed {
			continue
		}
		if err := e.writeFile(f); err != nil {
			return fmt.Errorf("cannot write %s: %w", e.s.cfg.Root.Name(f.path), bare(err))
		}
	}
	return nil
}

func (e *edit) writeFile(f accountFile) error {
	root := e.s.cfg.Root
	if len((*f.doc).rows) == 0 && slices.Contains(e.ledger.Made, f.path) {
		err := root.Remove(f.path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	attr, err := e.attr(f.path)
	if err != nil {
		return err
	}
	if err := e.backup(f.path, attr); err != nil {
		return err
	}
	return root.WriteFile(f.path, bytes.NewReader((*f.doc).bytes()), attr)
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
	if g, ok := e.book.groups["shadow"]; ok {
		return rootfs.Attr{Mode: 0o640, GID: uint32(g.Gid)}, nil
	}
	return rootfs.Attr{Mode: 0o600}, nil
}

// backup keeps the file of before as p-, as shadow-utils does.
func (e *edit) backup(p string, attr rootfs.Attr) error {
	if !e.book.present[p] {
		return nil
	}
	f, err := e.s.cfg.Root.Open(p)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	attr.Lazy = true
	return e.s.cfg.Root.WriteFile(p+"-", f, attr)
}
