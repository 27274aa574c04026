package activation_test

import (
	"os"
	"path/filepath"
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
