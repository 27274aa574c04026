package generation_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/activate-agent/activate/activation/generation"
)

// TestDamageNamesAWayOut damages what tells which generation is ours, and what was
// here before: the error names the file and what can be done without a backup.
func TestDamageNamesAWayOut(t *testing.T) {
	t.Parallel()
	instead := func(put func(p string) error) func(t *testing.T, p string) {
		return func(t *testing.T, p string) {
			t.Helper()
			must(t, os.RemoveAll(p))
			must(t, put(p))
		}
	}
	directory := instead(func(p string) error { return os.MkdirAll(filepath.Join(p, "x"), 0o700) })
	file := instead(func(p string) error { return os.WriteFile(p, []byte("generations/1"), 0o600) })
	elsewhere := instead(func(p string) error { return os.Symlink("/nowhere", p) })
	lost := instead(func(string) error { return nil })
	linked := func(s *generation.State) error { _, err := s.Boot(); return err }
	read := func(s *generation.State) error { _, err := s.ReadCurrent(); return err }
	index := func(s *generation.State) error { _, err := s.ReadIndex(); return err }
	for _, c := range []struct {
		name   string
		damage func(t *testing.T, p string)
		read   func(s *generation.State) error
		want   string
	}{
		{"boot", directory, linked, "it is no link; restore it from a backup, or make it a link to generations/N"},
		{"boot", file, linked, "it is no link; restore it"},
		{"boot", elsewhere, linked, `it points at "/nowhere", not at a generation; restore it`},
		{"generations/1", lost, func(s *generation.State) error { _, err := s.Read(1); return err }, "or make the links current and boot in"},
		{"generations/1", lost, read, "the generation in effect, is gone; restore it from a backup, or make"},
		{"generations/1/manifest.json", lost, read, "/generations/1/manifest.json is gone; restore it from a backup, or make the links"},
		{"generations/1/manifest.json", directory, read, "it is a directory, not a regular file; restore it from a backup, or make the links"},
		{"backup/index.json", lost, index, `is gone; restore it from a backup, or make it a file that says {"format": 5}`},
		{"backup/index.json", directory, index, `not a regular file; restore it from a backup, or make it a file that says`},
		{"backup/index.json", file, index, `it is damaged (`},
	} {
		s, dir := open(t)
		must(t, s.Stage(&generation.Record{Number: 1}, nil, 0, nil))
		must(t, s.WriteIndex(generation.Index{}))
		must(t, s.SetCurrent(1))
		must(t, s.SetBoot(1))
		must(t, c.read(s))
		p := filepath.Join(dir, "state", c.name)
		c.damage(t, p)
		err := c.read(s)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "state") {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}
