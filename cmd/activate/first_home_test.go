package main_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestKilledFirstRunInAHome: with --user the lock may be below the state
// directory. A first run that is killed before it records anything, or fails then,
// is in nobody's way: the next switch does its work, and deactivate leaves nothing.
func TestKilledFirstRunInAHome(t *testing.T) {
	t.Parallel()
	for _, what := range []string{"signal=SIGKILL", "error=EROFS"} {
		for _, call := range []string{"mkdirat", "fchownat"} {
			t.Run(call+" "+what, func(t *testing.T) {
				t.Parallel()
				for k := range 11 {
					if !firstRunInAHome(t, fmt.Sprintf("inject=%s:%s:when=%d", call, what, k+1)) {
						return
					}
				}
			})
		}
	}
}

// firstRunInAHome tells whether the fault at came upon the first run.
func firstRunInAHome(t *testing.T, at string) bool {
	t.Helper()
	home, config := t.TempDir(), filepath.Join(t.TempDir(), "a.hcl")
	must(t, os.WriteFile(config, []byte("file \"n\" {\n  path = \""+home+"/n\"\n  text = \"x\"\n}\n"), 0o600))
	run := func(argv ...string) (int, string) {
		cmd := exec.Command(argv[0], append(argv[1:], "--user", "--init", "none")...)
		cmd.Env = []string{"HOME=" + home, "PATH=" + os.Getenv("PATH")}
		out, err := cmd.CombinedOutput()
		if _, failed := errors.AsType[*exec.ExitError](err); err != nil && !failed {
			t.Fatal(err)
		}
		return cmd.ProcessState.ExitCode(), string(out)
	}
	call, _, _ := strings.Cut(strings.TrimPrefix(at, "inject="), ":")
	empty := func(then string, said ...string) {
		t.Helper()
		found, err := os.ReadDir(home)
		must(t, err)
		if len(found) > 0 {
			t.Fatalf("%s, then %s: there is %v %s", at, then, found, said)
		}
	}
	status, said := run("strace", "-f", "-o", os.DevNull, "-e", "trace="+call, "-e", at, binary, "switch", config)
	if status == 1 {
		empty("nothing", said)
	}
	for _, args := range [][]string{{"switch", config}, {"deactivate"}} {
		if status, out := run(append([]string{binary}, args...)...); status != 0 {
			t.Fatalf("%s, then %s:\n%s", at, args[0], out)
		}
	}
	empty("deactivated")
	return status != 0
}
