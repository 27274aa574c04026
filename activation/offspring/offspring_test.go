package offspring_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/activate-agent/activate/activation/offspring"
)

// TestOnlyItsOwn: what other commands started, and children of this process that
// are none, outlive the end of one command.
func TestOnlyItsOwn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bystander := exec.Command("sleep", "1000")
	must(t, bystander.Start())
	other, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- offspring.Run(shell(other, dir, "setsid sh -c 'echo $$ >other; exec sleep 1000'")) }()
	theirs := awaitPID(t, dir, "other")

	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		awaitPID(t, dir, "mine")
		cancel()
	}()
	err := offspring.Run(shell(ctx, dir, "setsid sh -c 'echo $$ >mine; exec sleep 1000' & wait"))
	if !errors.Is(err, offspring.ErrKilled) {
		t.Errorf("got %v", err)
	}
	if pid := awaitPID(t, dir, "mine"); runs(pid) {
		t.Errorf("%d lives on", pid)
	}
	for _, pid := range []int{bystander.Process.Pid, theirs} {
		if !runs(pid) {
			t.Errorf("%d was killed, too", pid)
		}
	}
	stop()
	if err := <-ended; !errors.Is(err, offspring.ErrKilled) {
		t.Errorf("the other: %v", err)
	}
	must(t, bystander.Process.Kill())
	_ = bystander.Wait()
}

// TestHowACommandEnds: what it says itself counts, and no time is no run.
func TestHowACommandEnds(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var exit *exec.ExitError
	if err := offspring.Run(shell(t.Context(), dir, "exit 7")); !errors.As(err, &exit) || exit.ExitCode() != 7 {
		t.Errorf("got %v", err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := offspring.Run(shell(gone, dir, "true")); !errors.Is(err, offspring.ErrKilled) {
		t.Errorf("got %v", err)
	}
	if err := offspring.Run(exec.CommandContext(t.Context(), "/no/such")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func shell(ctx context.Context, dir, script string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "/bin/sh", "-eu", "-c", script)
	cmd.Dir = dir
	return cmd
}

// awaitPID reads the number that a command wrote, once it is there.
func awaitPID(t *testing.T, dir, name string) int {
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		b, _ := os.ReadFile(filepath.Join(dir, name))
		if text, whole := strings.CutSuffix(string(b), "\n"); whole {
			pid, err := strconv.Atoi(text)
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			return pid
		}
	}
	t.Errorf("%s never came", name)
	return 0
}

// runs tells whether a process is there that is no zombie.
func runs(pid int) bool {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	return err == nil && !strings.Contains(string(b), "State:\tZ")
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
