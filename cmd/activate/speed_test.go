package main_test

import (
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// TestExampleIsQuick: evaluating and planning the nix example takes under
// 50 ms of processor time and 40 MB. The best of ten runs counts, since the
// machine has other work.
func TestExampleIsQuick(t *testing.T) {
	t.Parallel()
	root := filepath.Join(t.TempDir(), "root")
	must(t, writeAccounts(root))
	best, memory := time.Hour, int64(1)<<40
	for range 10 {
		cmd := exec.Command(binary, "plan", "--root", root, "--init", "systemd", "../../examples/nix.hcl")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		usage := cmd.ProcessState.SysUsage().(*syscall.Rusage)
		best = min(best, cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime())
		memory = min(memory, usage.Maxrss<<10)
	}
	if best > 50*time.Millisecond || memory > 40_000_000 {
		t.Errorf("it takes %s and %d bytes", best, memory)
	}
}
