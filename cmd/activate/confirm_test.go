package main_test

import (
	"strings"
	"testing"

	"github.com/activate-agent/activate/testvm"
)

// TestConfirm: a switch on trial stays when it is confirmed, and else returns
// by itself, whatever happens to the process or the host.
func TestConfirm(t *testing.T) {
	t.Parallel()
	m := testvm.Start(t, testvm.Config{})
	m.CopyTo(binary, "/usr/local/bin/activate")
	for _, name := range []string{"one", "two"} {
		m.WriteFile("/root/"+name+".hcl", `etc "motd" { text = "`+name+`\n" }`)
	}
	motd := func() string { return strings.TrimSpace(m.Succeed("cat /etc/motd")) }
	m.Succeed("activate switch /root/one.hcl")

	t.Run("time runs out", func(t *testing.T) {
		_, stderr, code := m.Run("activate switch --confirm 1s /root/two.hcl")
		if code != 5 || !strings.Contains(stderr, "not confirmed in time; generation 1 is back") || motd() != "one" {
			t.Errorf("exit %d, motd %q, %s", code, motd(), stderr)
		}
		m.Fail("systemctl is-active activate-confirm.timer")
	})

	t.Run("what returns fails in part", func(t *testing.T) {
		m.WriteFile("/root/part.hcl", `
etc "motd" { text = "part\n" }
service "down" {
  process { argv = ["/bin/false"] }
  restart { policy = "never" }
}
`)
		m.Run("activate switch /root/part.hcl")
		_, stderr, code := m.Run("activate switch --confirm 1s /root/two.hcl")
		if code != 3 || !strings.Contains(stderr, "generation 4 was not confirmed in time; generation 3 is back, but not whole: units failed: down.service") || motd() != "part" {
			t.Errorf("exit %d, motd %q, %s", code, motd(), stderr)
		}
		m.Fail("test -e /var/lib/activate/pending.json || systemctl is-active activate-confirm.timer")
		m.Succeed("activate switch /root/one.hcl")
	})

	t.Run("the process is killed", func(t *testing.T) {
		m.Succeed("activate switch --confirm 2s /root/two.hcl >/dev/null 2>&1 & pid=$!; until grep -q two /etc/motd; do :; done; until test -e /var/lib/activate/pending.json -a ! -e /var/lib/activate/journal/transaction.json; do :; done; kill -9 $pid")
		if motd() != "two" {
			t.Errorf("motd %q", motd())
		}
		m.Fail("activate switch /root/two.hcl")
		m.WaitUntil(func() bool { return motd() == "one" }, "the host's timer to revert")
		m.WaitUntil(func() bool { _, _, code := m.Run("test -e /var/lib/activate/pending.json"); return code != 0 }, "the end of the trial")
	})

	t.Run("the host reboots", func(t *testing.T) {
		m.Succeed("activate switch --confirm 10m /root/two.hcl >/dev/null 2>&1 & until grep -q two /etc/motd; do :; done; until test ! -e /var/lib/activate/journal/transaction.json; do :; done; kill -9 $!")
		m.Reboot()
		if motd() != "one" {
			t.Errorf("motd %q after the reboot", motd())
		}
		m.Fail("test -e /var/lib/activate/pending.json")
	})

	t.Run("confirmed", func(t *testing.T) {
		m.Succeed("activate switch --confirm 60s /root/two.hcl & pid=$!; until activate confirm 2>/dev/null; do :; done; wait $pid")
		if motd() != "two" {
			t.Errorf("motd %q", motd())
		}
		m.Fail("systemctl is-active activate-confirm.timer")
		if boot := m.Succeed("readlink /var/lib/activate/boot /var/lib/activate/current | sort -u | wc -l"); strings.TrimSpace(boot) != "1" {
			t.Errorf("boot and current differ")
		}
		if stderr := m.Fail("activate confirm"); !strings.Contains(stderr, "no switch waits") {
			t.Errorf("a second confirm says %s", stderr)
		}
	})
}
