package supervise_test

import (
	"strings"
	"testing"

	"github.com/activate-agent/activate/daemon/supervise"
)

// TestAToolIsNotStoppedFromTheTerminal: a Ctrl-C reaches the processes of the
// terminal's own group, of which a tool is none (setpgid(2)).
func TestAToolIsNotStoppedFromTheTerminal(t *testing.T) {
	t.Parallel()
	out, err := supervise.Command(t.Context(), "/bin/sh", "-c", "echo $$; cut -d ' ' -f 5 /proc/$$/stat")
	if err != nil {
		t.Fatal(err)
	}
	if pid, group, _ := strings.Cut(strings.TrimSpace(out), "\n"); pid != group {
		t.Errorf("process %s is in the group %s", pid, group)
	}
}

func TestAToolsErrorHasWhatItWrote(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]string{
		"echo no such thing >&2; exit 1": "sh: no such thing",
		"echo ERROR; exit 1":             "sh: ERROR",
		"exit 7":                         "sh: exit status 7",
	} {
		if _, err := supervise.Command(t.Context(), "/bin/sh", "-c", script); err == nil || err.Error() != want {
			t.Errorf("%s: got %v", script, err)
		}
	}
}
