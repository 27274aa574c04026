package main_test

import (
	"strings"
	"testing"

	"github.com/activate-agent/activate/testvm"
)

// migration is a snippet that must not run beside itself. The first run of it
// leaves a trail of processes; another writes down which of them live on.
const migration = `
snippet "migrate" {
  script = <<-EOT
    if test -e /root/pids; then
      for pid in $(cat /root/pids); do
        if kill -0 $pid 2>/dev/null; then echo $pid >>/root/alive; fi
      done
      echo again >>/root/runs
      exit 0
    fi
    echo first >>/root/runs
    sleep 1000 & echo $! >>/root/trail
    setsid sh -c 'echo $$ >>/root/trail; exec sleep 1000' &
    env -i sh -c 'echo $$ >>/root/trail; exec /bin/sleep 1000' &
    (setsid sh -c 'echo $$ >>/root/trail; sleep 1000; sleep 1000' &)
    echo $$ >>/root/trail
    until test $(wc -l </root/trail) = 5; do :; done
    mv /root/trail /root/pids
    wait
  EOT
}
`

// TestSnippetOfAKilledRun: what a snippet of a run that was killed has left is
// ended before it runs again.
func TestSnippetOfAKilledRun(t *testing.T) {
	t.Parallel()
	m := testvm.Start(t, testvm.Config{})
	m.CopyTo(binary, "/usr/local/bin/activate")
	m.WriteFile("/root/migrate.hcl", migration)
	m.Succeed("activate switch /root/migrate.hcl >/root/log 2>&1 & until test -e /root/pids; do :; done; kill -9 $!")
	alive := func() string {
		return m.Succeed("for pid in $(cat /root/pids); do kill -0 $pid 2>/dev/null && echo $pid; done; true")
	}
	if left := alive(); strings.Count(left, "\n") != 5 {
		t.Fatalf("of the killed run this is left: %q", left)
	}
	// The interrupted run is finished first, and is all that there is to do.
	m.Succeed("activate switch /root/migrate.hcl")
	if runs := m.Succeed("cat /root/runs"); runs != "first\nagain\n" {
		t.Errorf("it ran %q", runs)
	}
	m.Fail("test -e /root/alive")
	if left := alive(); left != "" {
		t.Errorf("these live on: %q", left)
	}
	m.Fail("test -e /run/activate/snippet.json")
}
