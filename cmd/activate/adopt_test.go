package main_test

import (
	"os"
	"strings"
	"testing"

	"github.com/activate-agent/activate/testvm"
)

// hostBytes is all of a machine that adoption could change: names, modes,
// owners, inodes, times and contents. What the boot entry's coming and going
// does to the times of directories does not count.
const hostBytes = `find /etc /home /srv /root /usr/local -xdev \( -path /root/a -o -name "activate-boot*.service" \) -prune -o \( -type d -printf '%p %y %m %u %g\n' -o -printf '%p %y %m %u %g %i %s %T@ %l\n' \) | sort; find /etc /home -xdev -type f ! -name "activate-boot*.service" -exec sha256sum {} + | sort`

// unitStates is what runs of the units made by hand, with their processes.
const unitStates = `systemctl show -p Id,ActiveState,UnitFileState,MainPID app.service job.timer job.service echo.socket inst@a.service stopped.service disabled.service failing.service fstrim.timer`

// TestAdopt writes down a Debian that was changed by hand, takes it over, and
// gives it back.
func TestAdopt(t *testing.T) {
	t.Parallel()
	suites := map[string]testvm.Config{"bookworm": {Packages: []string{"openssh-server", "sudo", "nftables", "locales", "tzdata", "procps", "kmod"}}}
	if os.Getenv("ACTIVATE_ALL_SUITES") != "" {
		suites["trixie"] = testvm.Config{Suite: "trixie", Packages: []string{"libpam-systemd"}}
	}
	for suite, config := range suites {
		t.Run(suite, func(t *testing.T) {
			t.Parallel()
			m := testvm.Start(t, config)
			m.CopyTo(binary, "/usr/local/bin/activate")
			m.CopyTo("testdata/adopt/by-hand.sh", "/root/by-hand.sh")
			m.Succeed("sh /root/by-hand.sh")
			adopt(t, m)
		})
	}
}

func adopt(t *testing.T, m *testvm.Machine) {
	t.Helper()
	before, running := m.Succeed(hostBytes), m.Succeed(unitStates)
	same := func(when string) {
		t.Helper()
		if after := m.Succeed(hostBytes); after != before {
			t.Errorf("%s, the host is not as it was:\n%s", when, difference(before, after))
		}
		if now := m.Succeed(unitStates); now != running {
			t.Errorf("%s, units are not as they were:\n%s", when, difference(running, now))
		}
	}

	_, said, code := m.Run("activate adopt -o /root/a/host.hcl")
	if code != 0 || !strings.Contains(said, "activate plan /root/a/host.hcl has nothing to do\n") {
		t.Fatalf("adopt ended with %d and said %s", code, said)
	}
	same("adopted")
	checkAdopted(t, m.Succeed("cat /root/a/host.hcl"))
	m.Succeed("activate fmt --check /root/a/host.hcl && activate plan --detailed-exitcode /root/a/host.hcl")

	if _, said, _ := m.Run("activate switch /root/a/host.hcl"); !strings.Contains(said, "generation 1: 0 added, 0 changed, 0 removed") {
		t.Errorf("the first switch said %s", said)
	}
	same("switched")
	m.Succeed("activate drift && activate plan --detailed-exitcode /root/a/host.hcl")

	m.Succeed("activate deactivate")
	same("given back")
	m.Fail("test -e /var/lib/activate")

	// From then on it is a configuration like others.
	m.Succeed("activate switch /root/a/host.hcl && sed -i s/ann@laptop/ann@desk/ /root/a/host.hcl && activate switch /root/a/host.hcl")
	if keys := m.Succeed("cat /home/ann/.ssh/authorized_keys"); keys != "ssh-ed25519 AAAA ann@desk\n" {
		t.Errorf("an edit of the configuration leaves %s", keys)
	}
	m.Succeed("activate rollback")
	if keys := m.Succeed("cat /home/ann/.ssh/authorized_keys"); keys != "ssh-ed25519 AAAA ann@laptop\n" {
		t.Errorf("rolled back to the adopted generation: %s", keys)
	}
}

// checkAdopted looks for what must and must not be in the configuration.
func checkAdopted(t *testing.T, config string) {
	t.Helper()
	for _, want := range []string{
		"user \"ann\" {\n  uid             = 1000\n  groups          = [\"sudo\"]\n", "members = [\"ann\", \"www-data\"]", `expires = "2031-01-31"`,
		`etc "bash.bashrc"`, `etc "debian_version"`, "mode 0755 and root's.\netc \"cron.daily/dpkg\"", `directory "/etc/skel"`, "#   /etc/pam.conf: not everybody may read it, mode 0640; the content is the package's", "etc \"pam.d/other\" {\n  text = \"# mine\\n\"", `source = "./adopted-files/etc/decomposed"`, `source = "./adopted-files/etc/large"`, `text = "a\r\nb\r\n"`, `directory "/etc/app.d"`,
		`unit "app.service"`, `unit "job.timer"`, `unit "echo.socket"`, `unit "echo@.service"`, `unit "inst@.service"`,
		"unit \"fstrim.timer\" {\n  text = \"\"\n}", `etc "systemd/system/dbus.service.d/nice.conf"`, `symlink "/etc/systemd/system/multi-user.target.wants/inst@a.service"`,
		"no unit block: it is enabled and does not run, so a switch would start it.\netc \"systemd/system/stopped.service\"",
		"no unit block: it is enabled and does not run, so a switch would start it.\netc \"systemd/system/failing.service\"",
		"no unit block: it has an [Install] section and is not enabled by it.\netc \"systemd/system/disabled.service\"",
		"#   /etc/closed: not everybody may enter it", "#   /etc/secret: not everybody may read it", "#   /etc/fifo: it is a FIFO", "#   /etc/issue.net: a package installed it, and it is gone",
		"#   user Carol.X: its name does not match",
	} {
		if !strings.Contains(config, want) {
			t.Errorf("the configuration has no %q", want)
		}
	}
	for _, secret := range []string{"hunter2", "$y$", "$6$", "battery"} {
		if strings.Contains(config, secret) {
			t.Errorf("the configuration holds %q", secret)
		}
	}
	if t.Failed() {
		t.Log(config)
	}
}
