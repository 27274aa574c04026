package generation_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/activate-agent/activate/activation/generation"
	"github.com/activate-agent/activate/activation/rootfs"
)

// TestAStageThatFailsLeavesNoTree: a full disk is not to be kept full by what was staged
// on it in vain, whichever operation it was that found no room.
func TestAStageThatFailsLeavesNoTree(t *testing.T) {
	t.Parallel()
	for k := 1; ; k++ {
		dir := t.TempDir()
		n, failed := 0, ""
		root, err := rootfs.Open(dir, rootfs.WithFault(func(op, name string) error {
			if n++; n == k {
				failed = op + " " + name
				return syscall.ENOSPC
			}
			return nil
		}))
		must(t, err)
		s := generation.Open(root, "state")
		err = s.Stage(&generation.Record{Number: 1}, []generation.File{file("files/"+sumOfSame, sumOfSame, "same")}, 0, nil)
		must(t, root.Close())
		if failed == "" {
			must(t, err)
			t.Logf("%d operations failed one by one", k-1)
			return
		}
		if err == nil {
			t.Errorf("%s: no error", failed)
		}
		if left, _ := os.ReadDir(filepath.Join(dir, "state/generations")); len(left) > 0 {
			t.Errorf("%s: %v is left", failed, left)
		}
	}
}
