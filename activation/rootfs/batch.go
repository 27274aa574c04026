package rootfs

import (
	"io"
	"slices"
)

// Batch writes many files of which none gets its name before the bytes of all are
// on disk: as safe as WriteFile for each, with two flushes in all instead of two
// for each.
type Batch struct {
	root *Root
	// paths are the files that have not got their names, once each.
	paths []string
	known map[string]bool
}

// Batch begins one. The caller calls Drop at its end.
func (r *Root) Batch() *Batch { return &Batch{root: r, known: map[string]bool{}} }

// WriteFile prepares p as Root.WriteFile does, without giving it its name. Of a
// file that is written twice the second content counts. The errors are the same.
func (b *Batch) WriteFile(p string, content io.Reader, a Attr) error {
	r := b.root
	h, base, err := r.parent("write", p)
	if err != nil {
		return err
	}
	f, err := r.createTemp(h, TempName(base), p)
	if err != nil {
		return err
	}
	if !b.known[p] {
		b.known[p] = true
		b.paths = append(b.paths, p)
	}
	a.Lazy = true
	if err := r.fill(f, content, h, base, p, a); err != nil {
		_ = f.Close()
		return err
	}
	return nil
}

// Install gives all files their names, in the order in which they were written.
// Without an error they are on disk, and so are their names.
func (b *Batch) Install() error {
	if len(b.paths) == 0 {
		return nil
	}
	if err := b.root.Sync(); err != nil {
		return err
	}
	for len(b.paths) > 0 {
		h, base, err := b.root.parent("rename", b.paths[0])
		if err == nil {
			err = b.root.install(h, TempName(base), base, b.paths[0])
		}
		if err != nil {
			return err
		}
		b.root.touched(h)
		delete(b.known, b.paths[0])
		b.paths = b.paths[1:]
	}
	return b.root.Sync()
}

// Drop removes what was prepared and not installed.
func (b *Batch) Drop() {
	for _, p := range slices.Backward(b.paths) {
		_ = b.root.RemoveTemp(p)
	}
	b.paths = nil
	clear(b.known)
}
