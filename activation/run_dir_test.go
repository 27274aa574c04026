package activation_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/activate-agent/activate/activation"
	"github.com/activate-agent/activate/activation/generation"
	"github.com/activate-agent/activate/activation/rootfs"
)

// TestTwoMakeTheRunDirectory has another first run make /run just before this one
// does: who has nothing to do after that takes all of it away.
func TestTwoMakeTheRunDirectory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	root, err := rootfs.Open(dir, rootfs.WithFault(func(_, name string) error {
		if strings.HasSuffix(name, "/run") {
			_ = os.Mkdir(name, 0o755)
		}
		return nil
	}))
	must(t, err)
	t.Cleanup(func() { must(t, root.Close()) })
	e := &activation.Engine{Root: root, State: generation.Open(root, "var/lib/activate")}
	must(t, e.MakeRunDir())
	if _, err := os.Stat(filepath.Join(dir, "run/activate")); err != nil {
		t.Error(err)
	}
	must(t, e.LeaveNothing())
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("there is still %v, %v", left, err)
	}
}

// TestRunDirectoryOfAnother has another first run come to the lock first, by the
// directories that this one made for it: deactivate finds them by the record of
// the other.
func TestRunDirectoryOfAnother(t *testing.T) {
	t.Parallel()
	for name, records := range map[string]func(*generation.State) error{
		"current": func(s *generation.State) error { return s.SetCurrent(1) },
		"boot default": func(s *generation.State) error {
			return s.WriteBootEntry(generation.BootEntry{Paths: []string{"etc/boot"}})
		},
	} {
		root, err := rootfs.Open(t.TempDir())
		must(t, err)
		t.Cleanup(func() { must(t, root.Close()) })
		s := generation.Open(root, "var/lib/activate")
		e := &activation.Engine{Root: root, State: s}
		must(t, e.MakeRunDir())
		_, err = root.MakeDirs("var/lib/activate", 0o755)
		must(t, err)
		must(t, records(s))
		must(t, e.LeaveNothing())
		entry, err := s.ReadBootEntry()
		must(t, err)
		if !slices.Contains(entry.Parents, "run") {
			t.Errorf("%s: made are %v, without /run", name, entry.Parents)
		}
	}
}
