package main_test

import (
	"fmt"
	"os"
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
		out, err := exec.Command(os.Args[0], measure, binary, "plan", "--root", root, "--init", "systemd", "../../examples/nix.hcl").Output()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		var took time.Duration
		var used int64
		if _, err := fmt.Sscan(string(out), &took, &used); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		best, memory = min(best, took), min(memory, used)
	}
	if best > 50*time.Millisecond || memory > 40_000_000 {
		t.Errorf("it takes %s and %d bytes", best, memory)
	}
}

// measure has the test binary run a command and print what it took, in
// nanoseconds and bytes. A process begins with the memory of the one it comes
// from on its account, and that of all tests is large.
const measure = "measure"

func measured(argv []string) int {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return 1
	}
	usage := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	fmt.Println(int64(cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime()), usage.Maxrss<<10)
	return 0
}
