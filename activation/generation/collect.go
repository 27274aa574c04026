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

// strike takes out of b what the record at p, or those in the directory p, speak
// of, whatever they say of it. It stops when nothing is left.
func (s *State) strike(b blobs, p string) error {
	info, err := s.root.Lstat(p)
	switch {
	case len(b) == 0 || errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.Type == rootfs.Dir:
		return s.strikeWithin(b, p)
	case info.Type != rootfs.File:
		return nil
	}
	text, err := s.root.ReadFile(p, 0)
	if err != nil {
		return err
	}
	for _, hash := range rootfs.HashesIn(text) {
		delete(b, rootfs.BlobName(hash))
	}
	if len(b) > 0 && path.Ext(p) == ".json" && !json.Valid(text) {
		return errDamaged
	}
	return nil
}

func (s *State) strikeWithin(b blobs, dir string) error {
	names, err := s.root.ReadDir(dir)
	for _, name := range names {
		if isContent(name) || dir == s.Backup() && path.Ext(name) == "" {
			continue
		}
		if err := s.strike(b, path.Join(dir, name)); err != nil {
			return err
		}
	}
	return err
}

// isContent tells a generation's directories that hold no records.
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
	others := maps.Clone(all)
	for _, n := range numbers {
		if err := s.strike(others, s.path("generations", strconv.Itoa(n))); err != nil && !errors.Is(err, errDamaged) {
			return nil, fmt.Errorf("cannot tell what only generation %d needs: %w", n, err)
		}
	}
	for name := range others {
		delete(all, name)
	}
	return all, nil
}

// errDamaged says that it is not known all that a record spoke of.
var errDamaged = errors.New("a record is damaged")

// collect removes those of b that no record speaks of any more: an original that
// will return, a secret of a generation that is left, an edit that one of these
// replaced are spoken of. While a record is damaged all stay.
func (s *State) collect(b blobs) error {
	current, err := s.Current()
	if len(b) == 0 || err != nil {
		return err
	}
	// What is needed at all, the current generation needs, as a rule.
	for _, dir := range []string{path.Join(s.dir, "generations", strconv.Itoa(current)), s.dir} {
		err := s.strike(b, dir)
		if errors.Is(err, errDamaged) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("cannot tell which contents nothing needs any more: %w", err)
		}
	}
	for name := range b {
		if err := s.root.Remove(path.Join(s.Backup(), name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("cannot remove a content that nothing needs any more: %w", err)
		}
	}
	return nil
}
