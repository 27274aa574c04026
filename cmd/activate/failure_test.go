package main_test

import (
	"strings"
	"testing"

	"github.com/activate-agent/activate/testvm"
)

// TestUnitFails: a unit that fails is told with its last words and exit 4, and
// hurts no other; with on_unit_failure = "rollback" the generation before
// returns with exit 5.
func TestUnitFails(t *testing.T) {
	t.Parallel()
	m := testvm.Start(t, testvm.Config{})
	m.CopyTo(binary, "/usr/local/bin/activate")
	config := func(command, settings string) string {
		return settings + `
etc "motd" { text = "` + command + `\n" }
service "good" {
  process { argv = ["/bin/sleep", "infinity"] }
}
service "app" {
  process { argv = ["/bin/sh", "-c", "` + command + `"] }
  restart { policy = "never" }
}
`
	}
	m.WriteFile("/root/fine.hcl", config("exec sleep infinity", ""))
	m.WriteFile("/root/bad.hcl", config("echo no luck; exit 7", ""))
	m.WriteFile("/root/back.hcl", config("echo no luck; exit 8", `activation { on_unit_failure = "rollback" }`))
	m.Succeed("activate switch /root/fine.hcl")
	pids := m.Succeed("systemctl show -P MainPID good.service")

	_, stderr, code := m.Run("activate switch /root/back.hcl")
	if code != 5 || !strings.Contains(stderr, "app.service") || !strings.Contains(stderr, "generation 1: 0 added, 0 changed") {
		t.Errorf("with rollback: exit %d, %s", code, stderr)
	}
	if got := m.Succeed("cat /etc/motd; systemctl is-active app.service; readlink /var/lib/activate/current"); got != "exec sleep infinity\nactive\ngenerations/1\n" {
		t.Errorf("after the rollback: %s", got)
	}
	m.Succeed("activate drift")

	_, stderr, code = m.Run("activate switch /root/bad.hcl")
	if code != 4 || !strings.Contains(stderr, "app.service") || !strings.Contains(stderr, "no luck") {
		t.Errorf("without rollback: exit %d, %s", code, stderr)
	}
	if got := m.Succeed("cat /etc/motd; readlink /var/lib/activate/current"); !strings.Contains(got, "exit 7\ngenerations/3\n") {
		t.Errorf("after the failure: %s", got)
	}
	if now := m.Succeed("systemctl show -P MainPID good.service"); now != pids {
		t.Errorf("good.service went from pid %s to %s", pids, now)
	}
	stdout, _, code := m.Run("activate switch --json /root/bad.hcl")
	if code != 4 || !strings.Contains(stdout, `"result": "units-failed"`) || !strings.Contains(stdout, `"generation": 3`) {
		t.Errorf("again: exit %d, %s", code, stdout)
	}
}

// TestCalendarIsReadFirst: times that the host's systemd does not understand
// are found before anything is done, at their place, in the user's timers too.
func TestCalendarIsReadFirst(t *testing.T) {
	t.Parallel()
	m := testvm.Start(t, testvm.Config{})
	m.CopyTo(binary, "/usr/local/bin/activate")
	config := func(host, own string) string {
		return `
service "backup" {
  oneshot { start = ["/bin/true"] }
}
timer "backup" {
  on_calendar = ["daily", "` + host + `"]
}
user "alice" {
  service "sync" {
    oneshot { start = ["/bin/true"] }
  }
  timer "sync" { on_calendar = "` + own + `" }
}
`
	}
	m.WriteFile("/root/bad.hcl", config("Mon 25:00", "dayly"))
	for _, verb := range []string{"plan", "switch"} {
		_, stderr, code := m.Run("activate " + verb + " /root/bad.hcl")
		if code != 1 || !strings.Contains(stderr, "bad.hcl:5") || !strings.Contains(stderr, "'Mon 25:00'") || !strings.Contains(stderr, "'dayly'") {
			t.Errorf("%s: exit %d, %s", verb, code, stderr)
		}
	}
	m.Fail("test -e /var/lib/activate")
	m.WriteFile("/root/right.hcl", config("Mon 23:00", "*:0/5"))
	m.Succeed("activate switch /root/right.hcl && systemctl is-active backup.timer")
}

// TestUnitsLastWords: what a failed unit wrote last is shown, and does nothing to
// the terminal.
func TestUnitsLastWords(t *testing.T) {
	t.Parallel()
	m := testvm.Start(t, testvm.Config{})
	m.CopyTo(binary, "/usr/local/bin/activate")
	m.WriteFile("/root/loop.hcl", `
service "loop" {
  process { argv = ["/bin/sh", "-c", "printf 'no\\033[2Jluck\\n'; exit 1"] }
  restart { delay = "1h" }
}
`)
	_, stderr, code := m.Run("activate switch /root/loop.hcl")
	if code != 4 || strings.Contains(stderr, "\x1b") || !strings.Contains(stderr, `no\x1b[2Jluck`) {
		t.Errorf("exit %d, %q", code, stderr)
	}
}

// TestUndoKeepsOwners: while a file could not be taken back, the group that it
// belongs to is not either, and the next run ends what is left.
func TestUndoKeepsOwners(t *testing.T) {
	t.Parallel()
	m := testvm.Start(t, testvm.Config{})
	m.CopyTo(binary, "/usr/local/bin/activate")
	m.WriteFile("/root/a.hcl", `
group "app" {}
etc "app/secret" {
  text  = "x"
  mode  = "0640"
  group = "app"
}
snippet "fails" {
  after  = ["etc"]
  script = "touch /root/over && mount --bind /root/over /etc/app/secret; exit 1"
}
`)
	m.WriteFile("/root/none.hcl", "")
	before := m.Succeed("cat /etc/passwd /etc/group /etc/gshadow; ls -a /etc")
	stdout, stderr, code := m.Run("activate switch --json /root/a.hcl")
	if code != 3 || !strings.Contains(stdout, "etc/app/secret") || !strings.Contains(stdout, "group/app") {
		t.Errorf("exit %d, %s%s", code, stdout, stderr)
	}
	m.Succeed("getent group app && umount /etc/app/secret && test $(stat -c %G /etc/app/secret) = app")
	m.Succeed("activate switch /root/none.hcl")
	if after := m.Succeed("cat /etc/passwd /etc/group /etc/gshadow; ls -a /etc"); after != before {
		t.Errorf("it was\n%s\nand is\n%s", before, after)
	}
}
