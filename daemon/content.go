package daemon

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"golang.org/x/sys/unix"
)

// lost gives the path of a file of earlier that cannot be put back, and why: its
// content is "gone" or "damaged".
func (u *Units) lost(now, earlier State) (p, why string) {
	there, want := contentsOf(now), contentsOf(earlier)
	for _, p := range slices.Sorted(maps.Keys(want)) {
		if there[p] == want[p] || u.cfg.Store == nil {
			continue
		}
		if why := u.cfg.Store.Missing(want[p]); why != "" {
			return p, why
		}
	}
	return "", ""
}

// content finds the bytes with that hash: rendered, on disk at path, or kept.
func (u *Units) content(path, sha string) ([]byte, error) {
	for _, f := range u.files {
		if f.Path == path && f.Target == "" && hash(f.Content) == sha {
			return f.Content, nil
		}
		for _, p := range f.Parts {
			if p.Path == path && hash(p.Content) == sha {
				return p.Content, nil
			}
		}
	}
	onDisk, err := u.cfg.Root.ReadFile(path, maxUnitFile)
	if err == nil && hash(onDisk) == sha {
		return onDisk, nil
	}
	if err != nil && !isMissing(err) && !errors.Is(err, unix.ELOOP) {
		return nil, err
	}
	if u.cfg.Store == nil {
		return nil, fmt.Errorf("cannot find the content %s of %s: %w", sha, u.cfg.Root.Name(path), fs.ErrNotExist)
	}
	f, err := u.cfg.Store.Open(sha)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	var b bytes.Buffer
	_, err = b.ReadFrom(f)
	return b.Bytes(), err
}
