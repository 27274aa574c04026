package rootfs_test

import (
	"os"
	"path/filepath"
	"testing"
)

// TestReal: links on the way to a path are followed inside the root as far as
// the way is there, one at its end is not.
func TestReal(t *testing.T) {
	t.Parallel()
	root, dir := open(t)
	must(t, os.MkdirAll(filepath.Join(dir, "a/b"), 0o755))
	for name, target := range map[string]string{"abs": "/a", "rel": "a/b/..", "over": "../../../a/b", "chain": "abs/b", "a/end": "/nowhere", "gone": "/nowhere"} {
		must(t, os.Symlink(target, filepath.Join(dir, name)))
	}
	if root.Moved() {
		t.Error("something moved before anything was looked at")
	}
	for p, want := range map[string]string{
		"a/b/x": "a/b/x", "a/end": "a/end", "x": "x", "abs/x": "a/x", "abs/end": "a/end", "rel/x": "a/x", "over/x": "a/b/x",
		"chain/x": "a/b/x", "abs/new/x": "a/new/x", "chain/new/deep/x": "a/b/new/deep/x", "gone/x": "nowhere/x", "new/x": "new/x",
	} {
		_, _ = root.Lstat(p)
		if got := root.Real(p); got != want {
			t.Errorf("%s is %s, not %s", p, got, want)
		}
	}
	if !root.Moved() {
		t.Error("nothing moved")
	}
	// A directory in the place of a link is where it is.
	must(t, os.Remove(filepath.Join(dir, "abs")))
	must(t, os.Mkdir(filepath.Join(dir, "abs"), 0o755))
	root.Forget()
	_, _ = root.Lstat("abs/x")
	if got := root.Real("abs/x"); got != "abs/x" {
		t.Errorf("abs/x is still %s", got)
	}
}
