package main_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// execute runs the command under test with that standard input.
func execute(t *testing.T, stdin string, argv ...string) (out string, code int) {
	t.Helper()
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Stdin = strings.NewReader(stdin)
	b, err := cmd.CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return string(b), exit.ExitCode()
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(b), 0
}

// TestRun: a script's exit code is the command's; a configuration is applied,
// and a person at a terminal gets a shell in the machine.
func TestRun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	run := filepath.Join(dir, "run")
	if out, err := exec.Command("go", "build", "-o", run, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	write := func(name, text string) string {
		p := filepath.Join(dir, "files", name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(p), 0o755), os.WriteFile(p, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
		return p
	}
	script := write("script", "cat /run/given; exit 3")
	given := write("given", "given\n")
	write("motd", "from beside it\n")
	config := write("host.hcl", `etc "motd" { source = "motd" }`)
	for _, row := range []struct {
		name, stdin, want string
		argv              []string
		code              int
	}{
		{"script", "", "given\n", []string{run, "-copy", given + ":/run/given", script}, 3},
		{"configuration", "", "generation 1: 0 added, 1 changed", []string{run, config}, 0},
		{"shell", "cat /etc/motd\nexit 7\n", "from beside it", []string{"script", "-qec", run + " " + config, "/dev/null"}, 7},
		{"bad configuration", "", `no block type "nonsense"`, []string{run, write("bad/bad.hcl", "nonsense {}")}, 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			out, code := execute(t, row.stdin, row.argv...)
			if code != row.code || !strings.Contains(out, row.want) {
				t.Errorf("it ended with %d, not %d, and printed this, without %q:\n%s", code, row.code, row.want, out)
			}
		})
	}
}
