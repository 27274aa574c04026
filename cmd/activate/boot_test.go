package main_test

import (
	"testing"

	"github.com/activate-agent/activate/testvm"
)

// TestBoot: a generation that was only recorded comes with the next boot, its
// units too, and an interrupted switch is ended by it.
func TestBoot(t *testing.T) {
	t.Parallel()
	m := testvm.Start(t, testvm.Config{})
	m.CopyTo(binary, "/usr/local/bin/activate")
	m.WriteFile("/root/one.hcl", `etc "motd" { text = "one\n" }`)
	m.WriteFile("/root/two.hcl", `
etc "motd" { text = "two\n" }
user "svc" { system = true }
service "hello" {
  process { argv = ["/bin/sleep", "infinity"] }
  user = "svc"
}
`)
	m.Succeed("activate switch /root/one.hcl")
	m.Succeed("activate boot /root/two.hcl")
	if got := m.Succeed("cat /etc/motd"); got != "one\n" {
		t.Errorf("boot changed the running system: %q", got)
	}
	m.Fail("getent passwd svc")

	m.Reboot()
	if got := m.Succeed("cat /etc/motd"); got != "two\n" {
		t.Errorf("after the boot /etc/motd is %q; %s", got, m.Succeed("journalctl -u activate-boot --no-pager"))
	}
	// The log of the boot has each step once, with its fields.
	const steps = "journalctl -b -u activate-boot -o cat --no-pager | grep -c '^etc: 1 change$'; journalctl -b ACTIVATE_STEP=etc -o cat --no-pager | grep -c '^etc: 1 change$'"
	if got := m.Succeed(steps); got != "1\n1\n" {
		t.Errorf("steps in the journal: %q; %s", got, m.Succeed("journalctl -b -u activate-boot --no-pager"))
	}
	m.WaitForUnit("hello.service")
	m.Succeed("activate drift")
	m.WaitUntil(func() bool {
		// What has forked and not come to its execve(2) yet is root's.
		return m.Succeed("stat -c %U /proc/$(systemctl show -P MainPID hello.service)") == "svc\n"
	}, "hello to run as svc")

	t.Run("interrupted", func(t *testing.T) {
		m.WriteFile("/root/three.hcl", `
etc "motd" { text = "three\n" }
snippet "cut" {
  after  = ["etc"]
  script = "test -e /root/cut || { touch /root/cut; kill -9 $PPID; }"
}
`)
		m.Fail("activate switch /root/three.hcl")
		m.Succeed("test -e /var/lib/activate/journal/transaction.json")
		m.Reboot()
		if got := m.Succeed("cat /etc/motd"); got != "three\n" {
			t.Errorf("after the boot /etc/motd is %q; %s", got, m.Succeed("journalctl -u activate-boot --no-pager"))
		}
		m.Fail("test -e /var/lib/activate/journal/transaction.json")
		m.Fail("getent passwd svc || systemctl cat hello.service")
		m.Succeed("activate drift")
	})
}
