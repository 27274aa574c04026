package main_test

import (
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/activate-agent/activate/testvm"
)

// TestSessionEnds: a switch started in a login session goes on when the
// session is killed, as it is when sshd or the network restarts.
func TestSessionEnds(t *testing.T) {
	t.Parallel()
	m := testvm.Start(t, testvm.Config{})
	m.CopyTo(binary, "/usr/local/bin/activate")
	m.WriteFile("/root/slow.hcl", `
etc "motd" { text = "done\n" }
snippet "slow" {
  before = ["etc"]
  script = "touch /root/reached; until test -e /root/ended; do sleep 0.05; done"
}
`)
	keepSlice(m)
	m.Succeed("systemd-run --quiet --collect --scope --unit=session-c9 --slice=user-0.slice -- activate switch /root/slow.hcl >/dev/null 2>&1 & until test -e /root/reached; do :; done")
	m.Succeed("systemctl kill -s KILL session-c9.scope")
	m.WaitUntil(func() bool {
		_, _, code := m.Run("systemctl is-active session-c9.scope")
		return code != 0
	}, "the session to end")
	m.Fail("test -e /etc/static")
	m.Succeed("touch /root/ended")
	m.WaitUntil(func() bool {
		out, _, _ := m.Run("cat /etc/motd; activate generations --json | grep -c number")
		return out == "done\n1\n"
	}, "the switch to end after its session did")

	// What a snippet leaves behind on purpose outlives the unit of the run.
	m.WriteFile("/root/daemon.hcl", `
snippet "daemon" { script = "setsid sh -c 'echo $$ >/root/daemon; exec sleep 1000' >/dev/null 2>&1 & until test -s /root/daemon; do :; done" }
`)
	m.Succeed("systemd-run --quiet --collect --scope --unit=session-c11 --slice=user-0.slice -- activate switch /root/daemon.hcl && kill -0 $(cat /root/daemon)")

	// The exit status and the output come through while the session lives.
	m.WriteFile("/root/bad.hcl", `etc "motd" { txt = "x" }`)
	_, stderr, code := m.Run("systemd-run --quiet --collect --scope --unit=session-c10 --slice=user-0.slice -- activate switch /root/bad.hcl")
	if code != 1 || !strings.Contains(stderr, "bad.hcl:1,") {
		t.Errorf("exit %d, %s", code, stderr)
	}
	if log := m.Succeed("journalctl -t activate --no-pager -o cat"); !strings.Contains(log, "run ended") {
		t.Errorf("the journal has no log of the run: %s", log)
	}
}

// keepSlice keeps the slice of root's sessions: systemd stops it after the last of them,
// and the next one would come in the middle of that.
func keepSlice(m *testvm.Machine) {
	m.Succeed("systemd-run --quiet --slice=user-0.slice --unit=keep-slice sleep infinity")
}

// TestInterruptedInASession: who presses Ctrl-C in a login session stops the
// switch itself before its first change, and learns how it ended after it.
func TestInterruptedInASession(t *testing.T) {
	t.Parallel()
	m := testvm.Start(t, testvm.Config{})
	m.CopyTo(binary, "/usr/local/bin/activate")
	m.WriteFile("/root/early.hcl", `
etc "motd" {
  text     = "done\n"
  validate = ["/bin/sh", "-c", "touch /root/reached; sleep 1000", "%s"]
}
`)
	m.WriteFile("/root/late.hcl", `
etc "motd" { text = "done\n" }
snippet "slow" {
  before = ["etc"]
  script = "touch /root/reached; until test -e /root/ended; do sleep 0.05; done"
}
`)
	keepSlice(m)
	inSession := func(config string, meanwhile string) string {
		m.Succeed("rm -f /root/reached /root/code; setsid systemd-run --quiet --collect --scope --slice=user-0.slice -- sh -c 'trap : INT; echo $$ >/root/pid; activate switch " + config +
			"; echo $? >/root/code' >/root/out 2>&1 & timeout 20 sh -c 'until test -e /root/reached; do :; done'; kill -INT -$(cat /root/pid); " + meanwhile + "timeout 20 sh -c 'until test -s /root/code; do :; done'")
		return m.Succeed("cat /root/code /root/out")
	}
	if out := inSession("/root/early.hcl", ""); !strings.HasPrefix(out, "1\n") || !strings.Contains(out, "stopped before the first change") {
		t.Errorf("early: %s", out)
	}
	m.Fail("test -e /etc/static")
	if out := inSession("/root/late.hcl", "timeout 20 sh -c 'until grep -q too.late /root/out; do :; done'; touch /root/ended; "); !strings.HasPrefix(out, "0\n") {
		t.Errorf("late: %s", out)
	}
	m.Succeed("grep done /etc/motd")
}

// TestClosedOutput: nobody reads what a switch prints; it finishes all the same,
// and the programs it starts have the usual signals.
func TestClosedOutput(t *testing.T) {
	t.Parallel()
	m := testvm.Start(t, testvm.Config{})
	m.CopyTo(binary, "/usr/local/bin/activate")
	m.WriteFile("/root/a.hcl", `
etc "motd" { text = "done\n" }
snippet "signals" {
  before = ["etc"]
  script = "grep SigIgn /proc/self/status >/root/ignored; seq 100000"
}
`)
	m.Succeed("(activate switch /root/a.hcl 2>&1; echo $? >/root/code) | true; until test -s /root/code; do :; done")
	if got := m.Succeed("cat /root/code /etc/motd"); got != "0\ndone\n" {
		t.Errorf("got %q", got)
	}
	// However fast it prints, the journal has each line, with its step.
	m.WaitUntil(func() bool {
		return m.Succeed("journalctl -t activate --no-pager -o cat | grep -c '^snippet signals: [0-9]*$' || true") == "100000\n"
	}, "the journal to have all lines")
	ignored, err := strconv.ParseUint(strings.Fields(m.Succeed("cat /root/ignored"))[1], 16, 64)
	if mask := uint64(1)<<(unix.SIGHUP-1) | 1<<(unix.SIGPIPE-1); err != nil || ignored&mask != 0 {
		t.Errorf("a snippet ignores signals %x, %v", ignored, err)
	}
}

// TestInitUpgrade: a switch after systemd's own program was replaced has PID 1
// run the new one, and then acts on units as ever.
func TestInitUpgrade(t *testing.T) {
	t.Parallel()
	m := testvm.Start(t, testvm.Config{})
	m.CopyTo(binary, "/usr/local/bin/activate")
	m.WriteFile("/root/a.hcl", `
service "hello" {
  process { argv = ["/bin/sleep", "infinity"] }
}
`)
	m.Succeed("cp -p /lib/systemd/systemd /lib/systemd/systemd.new && mv /lib/systemd/systemd.new /lib/systemd/systemd")
	m.Succeed("readlink /proc/1/exe | grep deleted")
	m.Succeed("activate switch /root/a.hcl")
	m.Fail("readlink /proc/1/exe | grep deleted")
	m.WaitForUnit("hello.service")

	// Settings that PID 1 reads only when it begins count at once, too.
	pid := m.Succeed("systemctl show -P MainPID hello.service")
	m.WriteFile("/root/b.hcl", `
imports = ["./a.hcl"]
etc "systemd/system.conf.d/limits.conf" {
  text = "[Manager]\nDefaultTimeoutStartSec=77s\n"
}
`)
	m.Succeed("activate switch /root/b.hcl")
	if got := m.Succeed("systemctl show -P DefaultTimeoutStartUSec; systemctl show -P MainPID hello.service"); got != "1min 17s\n"+pid {
		t.Errorf("after a change of system.conf: %q, the service had %q", got, pid)
	}
	m.Succeed("activate rollback")
	if got := m.Succeed("systemctl show -P DefaultTimeoutStartUSec; systemctl show -P MainPID hello.service"); got != "1min 30s\n"+pid {
		t.Errorf("after the rollback: %q, the service had %q", got, pid)
	}
}
