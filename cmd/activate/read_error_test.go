package main_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestWhatCannotBeReadIsNotGone: a call by which the real binary looks at the host or
// the state fails, for one in five. A deactivate that ends with 0 has taken all back;
// any other one can be run again.
func TestWhatCannotBeReadIsNotGone(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("strace"); err != nil {
		t.Fatal("strace is not installed; run make deps")
	}
	dir := t.TempDir()
	config := filepath.Join(dir, "a.hcl")
	must(t, os.WriteFile(config, []byte(killA), 0o600))
	base := killRoot(t, dir)
	want := plainTree(t, base)
	activate(t, base, config)
	for _, call := range []string{"newfstatat", "openat", "openat2", "readlinkat", "getdents64", "read"} {
		refused := 0
		for k := 1; ; k += 5 {
			root, log := killCopy(t, base, dir, fmt.Sprint(call, k)), filepath.Join(dir, "log")
			code, out, failed := deactivateFailing(t, root, log, call, k)
			if !failed {
				break
			}
			if code != 0 {
				refused++
				if again, err := exec.Command(binary, "deactivate", "--root", root).CombinedOutput(); err != nil {
					t.Fatalf("%s %d failed, deactivated again: %v, %s", call, k, err, again)
				}
			}
			if d := cmp.Diff(want, plainTree(t, root)); d != "" {
				t.Errorf("%s %d fails: %s\n%s", call, k, out, d)
			}
			must(t, os.RemoveAll(root))
		}
		t.Logf("%s: %d refused", call, refused)
	}
}
