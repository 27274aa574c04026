package main_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestConfirmedThenMore: a switch on trial that was confirmed ends well, whatever
// comes before it looks: another switch, the deletion of its generation, or the end
// of all there was. What was taken back was not confirmed.
func TestConfirmedThenMore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	config := func(name string) string {
		p := filepath.Join(dir, name+".hcl")
		must(t, os.WriteFile(p, []byte(`etc "motd" { text = "`+name+`\n" }`), 0o600))
		return p
	}
	one, two, three := config("one"), config("two"), config("three")
	base := killRoot(t, dir)
	activate(t, base, one)
	for name, c := range map[string]struct {
		meanwhile [][]string
		status    int
	}{
		"another switch":      {[][]string{{"confirm"}, {"switch", three}}, 0},
		"its generation goes": {[][]string{{"confirm"}, {"switch", three}, {"generations", "delete", "2"}}, 0},
		"all goes":            {[][]string{{"confirm"}, {"deactivate"}}, 0},
		"taken back":          {[][]string{{"rollback"}, {"switch", three}}, 5},
		"all goes before":     {[][]string{{"deactivate"}}, 5},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := killCopy(t, base, dir, strings.ReplaceAll(name, " ", "-"))
			cmd, said := waitingTrial(t, root, two)
			run := func(args ...string) {
				if out, err := exec.CommandContext(t.Context(), binary, append(args, "--root", root, "--init", "none")...).CombinedOutput(); err != nil {
					t.Errorf("%v: %v: %s", args, err, out)
				}
			}
			// Once this has the lock the trial has it no more.
			run("generations", "delete", "--keep", "9")
			must(t, cmd.Process.Signal(syscall.SIGSTOP))
			for _, args := range c.meanwhile {
				run(args...)
			}
			must(t, cmd.Process.Signal(syscall.SIGCONT))
			rest, err := io.ReadAll(said)
			must(t, err)
			// How it ended is in its state.
			_ = cmd.Wait()
			if code := cmd.ProcessState.ExitCode(); code != c.status {
				t.Errorf("exit %d, not %d: %s", code, c.status, rest)
			}
		})
	}
}

// waitingTrial starts a switch on trial, which waits to be confirmed, and gives what it
// has yet to say.
func waitingTrial(t *testing.T, root, config string) (*exec.Cmd, io.Reader) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary, "switch", config, "--confirm", "1h", "--root", root, "--init", "none")
	said, err := cmd.StderrPipe()
	must(t, err)
	must(t, cmd.Start())
	lines, text := bufio.NewReader(said), ""
	for !strings.HasPrefix(text, "confirm with") {
		text, err = lines.ReadString('\n')
		must(t, err)
	}
	return cmd, lines
}

// TestRollbackKilledOnTrial kills a rollback to another generation than the one that
// the trial returns to, and boots: once it had begun that is where it leads.
func TestRollbackKilledOnTrial(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	base := killRoot(t, dir)
	trees := map[string]map[string]string{}
	var last string
	for _, name := range []string{"one", "two", "three"} {
		last = filepath.Join(dir, name+".hcl")
		must(t, os.WriteFile(last, []byte(`file "/srv/motd" { text = "`+name+`\n" }`), 0o600))
		if name != "three" {
			activate(t, base, last)
			trees[name] = plainTree(t, base)
		}
	}
	cmd, _ := waitingTrial(t, base, last)
	must(t, cmd.Process.Kill())
	_ = cmd.Wait()
	for _, call := range deadly {
		t.Run(call, func(t *testing.T) {
			t.Parallel()
			for k, whole := 1, false; !whole; k++ {
				root := killCopy(t, base, dir, fmt.Sprintf("trial-%s-%d", call, k))
				whole = killedRun(t, root, call, k, "rollback", "1")
				want := trees["two"]
				if begun(root, "1") {
					want = trees["one"]
				} else if whole {
					t.Error("a rollback led nowhere")
				}
				if out, err := exec.Command(binary, "at-boot", "--root", root, "--init", "none").CombinedOutput(); err != nil {
					t.Fatalf("at-boot after %s %d: %v: %s", call, k, err, out)
				}
				if d := cmp.Diff(want, plainTree(t, root)); d != "" {
					t.Errorf("killed at %s %d, then booted: %s", call, k, d)
				}
				must(t, os.RemoveAll(root))
			}
		})
	}
}

// TestRollbackFailsToFlush has a rollback fail at each flush of the file system: one
// that says so with 1 changed nothing.
func TestRollbackFailsToFlush(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	base := killRoot(t, dir)
	for _, name := range []string{"one", "two"} {
		config := filepath.Join(dir, name+".hcl")
		must(t, os.WriteFile(config, []byte(`file "/srv/motd" { text = "`+name+`\n" }`), 0o600))
		activate(t, base, config)
	}
	was := plainTree(t, base)
	for k, whole := 1, false; !whole; k++ {
		root := killCopy(t, base, dir, fmt.Sprintf("flush-%d", k))
		cmd := exec.CommandContext(t.Context(), "strace", "-f", "-o", os.DevNull, "-e", "trace=syncfs", "-e", fmt.Sprintf("inject=syncfs:error=EIO:when=%d", k), binary, "rollback", "1", "--root", root, "--init", "none")
		out, _ := cmd.CombinedOutput()
		whole = cmd.ProcessState.ExitCode() == 0
		if d := cmp.Diff(was, plainTree(t, root)); cmd.ProcessState.ExitCode() == 1 && d != "" {
			t.Errorf("a rollback ended with 1 at flush %d, yet changed %s%s", k, d, out)
		}
	}
}

// begun tells whether the way to a generation was written down, or is behind.
func begun(root, generation string) bool {
	state := filepath.Join(root, "var/lib/activate")
	current, _ := os.Readlink(filepath.Join(state, "current"))
	_, err := os.Lstat(filepath.Join(state, "journal/transaction.json"))
	return err == nil || current == "generations/"+generation
}

// TestKilledAtBoot kills the run that brings another generation up at boot. The next
// boot ends it.
func TestKilledAtBoot(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a.hcl"), filepath.Join(dir, "b.hcl")
	must(t, os.WriteFile(a, []byte(killA), 0o600))
	must(t, os.WriteFile(b, []byte(killB), 0o600))
	base := killRoot(t, dir)
	activate(t, base, a)
	succeeds := func(t *testing.T, root string, args ...string) {
		t.Helper()
		if out, err := exec.Command(binary, append(args, "--root", root, "--init", "none")...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v: %s", args, err, out)
		}
	}
	succeeds(t, base, "boot", b)
	alone := killCopy(t, base, dir, "alone")
	succeeds(t, alone, "at-boot")
	want := plainTree(t, alone)
	for _, call := range deadly {
		t.Run(call, func(t *testing.T) {
			t.Parallel()
			for k, whole := 1, false; !whole; k++ {
				root := killCopy(t, base, dir, fmt.Sprintf("boot-%s-%d", call, k))
				whole = killedRun(t, root, call, k, "at-boot")
				succeeds(t, root, "at-boot")
				if d := cmp.Diff(want, plainTree(t, root)); d != "" {
					t.Errorf("killed at %s %d, then booted again: %s", call, k, d)
				}
				succeeds(t, root, "drift")
				must(t, os.RemoveAll(root))
			}
		})
	}
}

// killedRun kills a run at its k-th call, and tells whether it ended before.
func killedRun(t *testing.T, root, call string, k int, args ...string) (whole bool) {
	t.Helper()
	inject := fmt.Sprintf("inject=%s:signal=SIGKILL:when=%d", call, k)
	argv := append([]string{"-f", "-o", os.DevNull, "-e", "trace=" + call, "-e", inject, binary}, args...)
	return exec.CommandContext(t.Context(), "strace", append(argv, "--root", root, "--init", "none")...).Run() == nil
}
