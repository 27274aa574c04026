package main_test

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// Who waits for another run is told for whom, and can stop that.
func TestStoppedWhileWaiting(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	lock := filepath.Join(dir, "root/run/activate/lock")
	if err := os.MkdirAll(filepath.Dir(lock), 0o755); err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(dir, "host.hcl")
	if err := os.WriteFile(config, []byte("etc \"motd\" {\n  text = \"hello\"\n}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	held, err := os.Create(lock)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = held.Close() }()
	if _, err := held.WriteString("pid 1 (rollback)\n"); err != nil {
		t.Fatal(err)
	}
	if err := unix.Flock(int(held.Fd()), unix.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), binary, "switch", "--root", filepath.Join(dir, "root"), config)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said := bufio.NewReader(stderr)
	if line, err := said.ReadString('\n'); err != nil || line != "lock: waiting up to 1m0s for pid 1 (rollback)\n" {
		t.Errorf("it waits saying %q, %v", line, err)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(said)
	if err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != 1 || !strings.Contains(string(rest), "error: stopped before the first change: interrupt signal received\n") {
		t.Errorf("stopped, it ends with %d and says %s", code, rest)
	}
}
