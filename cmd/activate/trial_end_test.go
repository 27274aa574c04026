package main_test

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
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
			cmd := exec.CommandContext(t.Context(), binary, "switch", two, "--confirm", "1h", "--root", root, "--init", "none")
			said, err := cmd.StderrPipe()
			must(t, err)
			must(t, cmd.Start())
			lines, text := bufio.NewScanner(said), ""
			for lines.Scan() && !strings.HasPrefix(lines.Text(), "confirm with") {
				text += lines.Text() + "\n"
			}
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
				t.Errorf("exit %d, not %d: %s%s", code, c.status, text, rest)
			}
		})
	}
}
