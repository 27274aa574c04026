package main_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/activate-agent/activate/testvm"
)

// TestKilledInEveryPhase kills a switch with real units at every fourth of its
// writes, most of which are messages to systemd. The next run must finish: the
// services of exactly one generation run, and what did not change keeps its
// process.
func TestKilledInEveryPhase(t *testing.T) {
	t.Parallel()
	m := testvm.Start(t, testvm.Config{Packages: []string{"strace"}})
	m.CopyTo(binary, "/usr/local/bin/activate")
	m.WriteFile("/root/a.hcl", phaseConfig("a", `argv = ["/bin/sleep", "1001"]`, "old"))
	m.WriteFile("/root/b.hcl", phaseConfig("b", `argv = ["/bin/sleep", "1002"]`, "new"))
	m.Succeed("activate switch /root/a.hcl")
	steady := m.Succeed("systemctl show -P MainPID steady.service")
	for k := 2; ; k += 4 {
		_, _, code := m.Run(fmt.Sprintf(
			"strace -f -o /dev/null -e trace=write -e inject=write:signal=SIGKILL:when=%d activate switch /root/b.hcl", k))
		m.Succeed("activate switch /root/b.hcl")
		m.WaitUntil(func() bool {
			// What has forked and not come to its execve(2) yet is systemd.
			return !strings.Contains(m.Succeed("readlink /proc/$(systemctl show -P MainPID web)/exe || true"), "systemd")
		}, "the program of web to run")
		got := m.Succeed(`cat /etc/motd; systemctl is-active web new steady; systemctl is-active old || true
			tr '\0' ' ' </proc/$(systemctl show -P MainPID web)/cmdline; activate drift >/dev/null; echo " $?"`)
		if want := "b\nactive\nactive\nactive\ninactive\n/bin/sleep 1002  0\n"; got != want {
			t.Fatalf("killed at write %d, then switched again: %q, want %q", k, got, want)
		}
		if now := m.Succeed("systemctl show -P MainPID steady.service"); now != steady {
			t.Fatalf("killed at write %d: steady.service went from pid %s to %s", k, strings.TrimSpace(steady), now)
		}
		if code == 0 {
			if k < 20 {
				t.Fatalf("a switch has fewer than %d writes; the kills meet nothing", k)
			}
			return
		}
		m.Succeed("activate switch /root/a.hcl")
	}
}

func phaseConfig(motd, process, other string) string {
	return fmt.Sprintf(`
etc "motd" { text = "%s\n" }
service "steady" {
  process { argv = ["/bin/sleep", "infinity"] }
}
service "web" {
  stop_if_changed = true
  process { %s }
}
service "%s" {
  process { argv = ["/bin/sleep", "infinity"] }
}
`, motd, process, other)
}
