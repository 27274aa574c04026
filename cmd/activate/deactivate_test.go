package main_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestFailedDeactivateTellsTheTruth: the real binary's k-th unlinkat(2) fails,
// for one k in three. With exit 1 the host is as it was, with exit 3 it is not,
// and the next deactivate ends the job.
func TestFailedDeactivateTellsTheTruth(t *testing.T) {
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
	before := plainTree(t, base)
	codes := map[int]int{}
	for k := 1; ; k += 3 {
		root, log := killCopy(t, base, dir, fmt.Sprint(k)), filepath.Join(dir, "log")
		code, out, failed := deactivateFailing(t, root, log, "unlinkat", k)
		if !failed {
			break
		}
		codes[code]++
		after := plainTree(t, root)
		if d := cmp.Diff(before, after); d != "" && code == 1 {
			t.Errorf("unlinkat %d fails, exit 1: %s\n%s", k, out, d)
		}
		if code != 0 && !strings.Contains(out, "input/output error") || strings.Contains(out, ".activate-") {
			t.Errorf("unlinkat %d fails: %s", k, out)
		}
		if out, err := exec.Command(binary, "deactivate", "--root", root).CombinedOutput(); err != nil {
			t.Fatalf("unlinkat %d failed, deactivated again: %v, %s", k, err, out)
		}
		if d := cmp.Diff(want, plainTree(t, root)); d != "" {
			t.Fatalf("unlinkat %d failed, deactivated again: %s", k, d)
		}
		must(t, os.RemoveAll(root))
	}
	if codes[1] == 0 || codes[3] == 0 {
		t.Errorf("exit codes: %v", codes)
	}
}

// deactivateFailing deactivates root while the k-th call fails, and tells whether it
// came to that one. The calls are written to log.
func deactivateFailing(t *testing.T, root, log, call string, k int) (code int, out string, failed bool) {
	t.Helper()
	cmd := exec.Command("strace", "-f", "-o", log, "-e", "trace="+call, "-e", fmt.Sprintf("inject=%s:error=EIO:when=%d", call, k), binary, "deactivate", "--root", root)
	said, _ := cmd.CombinedOutput()
	b, err := os.ReadFile(log)
	must(t, err)
	return cmd.ProcessState.ExitCode(), string(said), strings.Contains(string(b), "INJECTED")
}
