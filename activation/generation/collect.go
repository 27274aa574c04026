package generation

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"strconv"

	"github.com/activate-agent/activate/activation/rootfs"
)

// blobs are contents of the backup directory: the names of their files.
type blobs map[string]bool

// blobs gives what the backup directory keeps.
func (s *State) blobs() (blobs, error) {
	names, err := s.root.ReadDir(s.Backup())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("cannot look for contents that nothing needs any more: %w", err)
	}
	out := blobs{}
	for _, name := range names {
		if path.Ext(name) == "" && !rootfs.IsTemp(name) {
			out[name] = true
		}
	}
	return out, nil
}

// in gives those of b that text speaks of, whatever it says of them.
func (b blobs) in(text []byte) blobs {
	out := blobs{}
	for _, hash := range rootfs.HashesIn(text) {
		if name := rootfs.BlobName(hash); b[name] {
			out[name] = true
		}
	}
	return out
}

// within gives those of b that records in a directory of the state speak of.
func (s *State) within(b blobs, dir string) (blobs, error) {
	out := blobs{}
	names, err := s.root.ReadDir(dir)
	for _, name := range names {
		if b[name] || isContent(name) {
			continue
		}
		found, err := s.spokenOf(b, path.Join(dir, name))
		if err != nil {
			return nil, err
		}
		maps.Copy(out, found)
	}
	return out, err
}

// spokenOf gives those of b that the record or directory of records at p speaks
// of.
func (s *State) spokenOf(b blobs, p string) (blobs, error) {
	info, err := s.root.Lstat(p)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	case info.Type == rootfs.Dir:
		return s.within(b, p)
	case info.Type != rootfs.File:
		return nil, nil
	}
	text, err := s.root.ReadFile(p, 0)
	if err == nil && path.Ext(p) == ".json" && !json.Valid(text) {
		err = errDamaged
	}
	return b.in(text), err
}

// isContent tells the directories of a generation that hold no records.
func isContent(name string) bool {
	switch name {
	case "etc", "files", "units", "config":
		return true
	}
	return false
}

// ofGenerations gives the contents in the backup directory that the records of
// the generations speak of.
func (s *State) ofGenerations(numbers []int) (blobs, error) {
	all, err := s.blobs()
	if err != nil || len(all) == 0 {
		return nil, err
	}
	out := blobs{}
	for _, n := range numbers {
		found, err := s.spokenOf(all, s.path("generations", strconv.Itoa(n)))
		if err != nil && !errors.Is(err, errDamaged) {
			return nil, fmt.Errorf("cannot tell what only generation %d needs: %w", n, err)
		}
		maps.Copy(out, found)
	}
	return out, nil
}

// errDamaged says that it is not known all that a record spoke of.
var errDamaged = errors.New("a record is damaged")

// collect removes those of b that no record speaks of any more: an original that
// will return, a secret of a generation that is left, an edit that one of these
// replaced are spoken of. While a record is damaged all stay.
func (s *State) collect(b blobs) error {
	if len(b) == 0 {
		return nil
	}
	needed, err := s.spokenOf(b, s.dir)
	if errors.Is(err, errDamaged) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("cannot tell which contents nothing needs any more: %w", err)
	}
	for name := range b {
		if needed[name] {
			continue
		}
		if err := s.root.Remove(path.Join(s.Backup(), name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("cannot remove a content that nothing needs any more: %w", err)
		}
	}
	return nil
}
