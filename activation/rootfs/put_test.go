package rootfs_test

import (
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/activate-agent/activate/activation/rootfs"
)

// TestPutNamesWhatAPersonKnows has each operation fail: the error names the
// directory, not a beginning in it.
func TestPutNamesWhatAPersonKnows(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	left, seen := 0, 0
	r, err := rootfs.Open(dir, rootfs.WithFault(func(string, string) error {
		if left--; left == 0 {
			seen++
			return unix.EDQUOT
		}
		return nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	for k := 1; seen == k-1; k++ {
		s, err := rootfs.OpenStore(r, "key", "kept")
		if err != nil {
			t.Fatal(err)
		}
		left = k
		_, _, err = s.Put(strings.NewReader(strings.Repeat("x", k)), false)
		if seen < k {
			break
		}
		want := "cannot keep a copy in " + filepath.Join(dir, "kept") + ": "
		if err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), ".activate-") {
			t.Errorf("operation %d: got %v", k, err)
		}
	}
	if seen < 3 {
		t.Errorf("%d operations failed", seen)
	}
}
