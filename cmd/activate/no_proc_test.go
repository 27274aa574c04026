package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// TestWithoutProc: in a chroot without /proc, where an image is made, also on a kernel
// whose chmod needs one. The init there is not the one that /run is of.
func TestWithoutProc(t *testing.T) {
	t.Parallel()
	root := filepath.Join(t.TempDir(), "root")
	must(t, writeAccounts(root))
	for _, dir := range []string{"bin", "usr/bin", "sbin", "run/systemd/system", "usr/lib/systemd"} {
		must(t, os.MkdirAll(filepath.Join(root, dir), 0o755))
	}
	must(t, os.Symlink("/usr/lib/systemd/systemd", filepath.Join(root, "sbin/init")))
	must(t, os.WriteFile(filepath.Join(root, "usr/lib/systemd/systemd"), nil, 0o755))
	must(t, exec.Command("cp", binary, filepath.Join(root, "usr/bin/activate")).Run())
	must(t, os.WriteFile(filepath.Join(root, "a.hcl"), []byte(killB+`
service "web" {
  process {
    argv = ["/usr/bin/activate"]
  }
}
`), 0o600))
	inside := func(called string, args ...string) (string, error) {
		var told strings.Builder
		cmd := &exec.Cmd{
			Path: "/usr/bin/activate", Args: append([]string{called}, args...), Dir: "/", Env: []string{"PATH=/bin:/usr/bin"},
			Stdout: &told, Stderr: &told, SysProcAttr: &syscall.SysProcAttr{Chroot: root},
		}
		err := denied(cmd, unix.ENOSYS, unix.SYS_FCHMODAT2)
		return told.String(), err
	}
	if told, err := inside("something", "switch", "a.hcl"); err == nil || !strings.Contains(told, "mount /proc, or call activate by its path") {
		t.Errorf("called by another name: %v, %s", err, told)
	}
	for _, args := range [][]string{{"switch", "a.hcl"}, {"drift"}} {
		if told, err := inside("activate", args...); err != nil {
			t.Fatalf("%s: %v, %s", args[0], err, told)
		}
	}
	for _, unit := range []string{"web.service", "activate-boot.service"} {
		b, err := os.ReadFile(filepath.Join(root, "etc/systemd/system", unit))
		if err != nil || !strings.Contains(string(b), "=/usr/bin/activate") {
			t.Errorf("%s: %v, %s", unit, err, b)
		}
	}
	if told, err := inside("/usr/bin/activate", "deactivate"); err != nil {
		t.Errorf("deactivate: %v, %s", err, told)
	}
}
