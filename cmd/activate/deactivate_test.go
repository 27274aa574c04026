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
		cmd := exec.Command("strace", "-f", "-o", log, "-e", "trace=unlinkat", "-e", fmt.Sprintf("inject=unlinkat:error=EIO:when=%d", k), binary, "deactivate", "--root", root)
		out, _ := cmd.CombinedOutput()
		code := cmd.ProcessState.ExitCode()
		if b, err := os.ReadFile(log); err != nil || !strings.Contains(string(b), "INJECTED") {
			must(t, err)
			break
		}
		codes[code]++
		after := plainTree(t, root)
		if d := cmp.Diff(before, after); d != "" && code == 1 {
			t.Errorf("unlinkat %d fails, exit 1: %s\n%s", k, out, d)
		}
		if said := string(out); code != 0 && !strings.Contains(said, "input/output error") || strings.Contains(said, ".activate-") {
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
