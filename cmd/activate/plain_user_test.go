package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestPlainUserIsToldOfRoot: what only root may read says so, in every command
// that an ordinary user may try.
func TestPlainUserIsToldOfRoot(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	root, program := filepath.Join(dir, "root"), filepath.Join(dir, "activate")
	config := filepath.Join(dir, "a.hcl")
	must(t, writeAccounts(root))
	must(t, os.WriteFile(config, []byte("user \"web\" {}\nfile \"/srv/token\" {\n  text = \"x\"\n  mode = \"0600\"\n}\n"), 0o600))
	if out, err := exec.Command(binary, "switch", "--root", root, config).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	must(t, exec.Command("cp", binary, program).Run())
	must(t, exec.Command("chmod", "-R", "go+rX", filepath.Dir(dir)).Run())
	for _, c := range []struct{ closed, command string }{
		{"etc/gshadow", "plan " + config},
		{"etc/gshadow", "drift"},
		{"var/lib/activate/generations/1/manifest.json", "diff 1 1"},
	} {
		must(t, os.Chmod(filepath.Join(root, c.closed), 0o600))
		cmd := exec.Command(program, append(strings.Fields(c.command), "--root", root)...)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		out, err := cmd.CombinedOutput()
		if err == nil || !strings.Contains(string(out), "permission denied") || !strings.Contains(string(out), "run this command as root") {
			t.Errorf("%s: %v, %s", c.command, err, out)
		}
	}
}
