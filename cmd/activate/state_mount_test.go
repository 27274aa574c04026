package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestStateOnAFileSystemOfItsOwn: where the state and run directories are mount
// points, deactivate empties them and is done.
func TestStateOnAFileSystemOfItsOwn(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	must(t, writeAccounts(root))
	for _, dir := range []string{"var/lib/activate", "run/activate"} {
		at := filepath.Join(root, dir)
		must(t, os.MkdirAll(at, 0o755))
		must(t, unix.Mount("tmpfs", at, "tmpfs", 0, "size=1m,mode=755"))
		t.Cleanup(func() { must(t, unix.Unmount(at, unix.MNT_DETACH)) })
	}
	config := filepath.Join(t.TempDir(), "a.hcl")
	run := func(text string, args ...string) (string, int) {
		must(t, os.WriteFile(config, []byte(text), 0o600))
		cmd := exec.Command(binary, append(args, "--root", root)...)
		out, _ := cmd.CombinedOutput()
		return string(out), cmd.ProcessState.ExitCode()
	}
	if out, code := run(`file "/x" {
  text = "x"
  user = "nobody-has-it"
}
`, "switch", config); code != 1 || strings.Contains(out, "busy") {
		t.Errorf("refused: exit %d, %s", code, out)
	}
	if out, code := run("etc \"x\" { text = \"x\" }\n", "switch", config); code != 0 {
		t.Errorf("switch: exit %d, %s", code, out)
	}
	for range 2 {
		if out, code := run("", "deactivate"); code != 0 {
			t.Errorf("deactivate: exit %d, %s", code, out)
		}
	}
	for _, dir := range []string{"var/lib/activate", "run/activate"} {
		entries, err := os.ReadDir(filepath.Join(root, dir))
		must(t, err)
		if len(entries) > 0 {
			t.Errorf("%s has %v left", dir, entries)
		}
	}
}
