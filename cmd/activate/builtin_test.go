package main_test

import (
	"strings"
	"testing"

	"github.com/activate-agent/activate/testvm"
)

// serverMachine is a Debian with the programs that the built-in modules are
// about.
func serverMachine(t *testing.T) *testvm.Machine {
	t.Helper()
	m := testvm.Start(t, testvm.Config{Packages: []string{"openssh-server", "sudo", "nftables", "locales", "tzdata", "procps", "kmod"}})
	m.CopyTo(binary, "/usr/local/bin/activate")
	m.CopyTo("../../examples", "/root/examples")
	m.WriteFile("/etc/hosts", "127.0.0.1 localhost\n192.0.2.7 of-the-administrator\n")
	m.WaitForUnit("ssh.service")
	return m
}

// TestBuiltinModules brings a plain server under the modules that come with the
// program, and asks the host itself what it makes of them.
func TestBuiltinModules(t *testing.T) {
	t.Parallel()
	m := serverMachine(t)
	before := m.Succeed("sha256sum /etc/hosts; readlink /etc/localtime; stat -c '%a %U %n' /etc/hosts /etc/sudoers.d")
	sshd := m.Succeed("systemctl show -P MainPID ssh.service")
	journal := m.Succeed("systemctl show -P InvocationID systemd-journald.service")
	if _, stderr, code := m.Run("activate switch /root/examples/server.hcl"); code != 0 {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	for _, c := range []struct{ what, ask, want string }{
		{"sysctl", "sysctl -n net.ipv4.ip_forward net.ipv4.ip_local_port_range | tr '\\t\\n' '  '", "1 20000 60000 "},
		{"kernel_modules", "modprobe -c | grep -x 'blacklist pcspkr'", "blacklist pcspkr\n"},
		{"hosts", "getent hosts db | tr -s ' '", "10.0.0.5 db.example.org db\n"},
		{"time zone", "TZ= ; unset TZ; date -d '2026-07-01 12:00 UTC' +%H:%M%Z", "14:00CEST\n"},
		{"locale", "locale -a | grep -x de_DE.utf8; . /etc/default/locale; echo $LANG", "de_DE.utf8\nde_DE.UTF-8\n"},
		{"ssh", "sshd -T | grep -E '^(passwordauthentication|permitrootlogin) ' | sort", "passwordauthentication no\npermitrootlogin without-password\n"},
		{"ssh reloaded in place", "systemctl show -P MainPID ssh.service", sshd},
		{"ssh told to reload", "journalctl -u ssh.service | grep -c 'Received SIGHUP'", "1\n"},
		{"sudo", "runuser -u bob -- sudo -n id -u", "0\n"},
		{"nftables", "nft list ruleset | grep -c 'tcp dport 22 accept'", "1\n"},
		{"timers", "systemctl is-active cleanup.timer; systemctl is-active cleanup.service || :", "active\ninactive\n"},
		{"timers run", "touch /tmp/x.old && systemctl start cleanup.service && ls /tmp/*.old 2>/dev/null | wc -l", "0\n"},
	} {
		if got := m.Succeed(c.ask); got != c.want {
			t.Errorf("%s: %q, want %q", c.what, got, c.want)
		}
	}
	if now := m.Succeed("systemctl show -P InvocationID systemd-journald.service"); now == journal {
		t.Error("journald still runs with its old settings")
	}
	if _, stderr, _ := m.Run("activate switch /root/examples/server.hcl"); !strings.Contains(stderr, "0 added, 0 changed") {
		t.Errorf("the second switch: %s", stderr)
	}
	builtinRefusals(t, m)
	m.Reboot()
	if got := m.Succeed("nft list ruleset | grep -c 'tcp dport 22 accept'; sysctl -n net.ipv4.ip_forward; systemctl is-active cleanup.timer"); got != "1\n1\nactive\n" {
		t.Errorf("after a boot: %q", got)
	}
	m.Succeed("activate deactivate")
	if after := m.Succeed("sha256sum /etc/hosts; readlink /etc/localtime; stat -c '%a %U %n' /etc/hosts /etc/sudoers.d"); after != before {
		t.Errorf("after deactivate:\n%swant:\n%s", after, before)
	}
}

// builtinRefusals gives each module with a checker what its program refuses.
func builtinRefusals(t *testing.T, m *testvm.Machine) {
	t.Helper()
	for _, c := range []struct{ name, text, said string }{
		{"ssh", `ssh { settings = { PermitRootLogin = "sometimes" } }`, "refused by sshd: exit status 255: the new ssh/sshd_config.d/10-activate.conf"},
		{"sudo", `sudo { extra = "bob ALL=(ALL" }`, "refused by visudo: exit status 1:"},
		{"nftables", `nftables { ruleset = "table inet filter { chain input { no such rule } }" }`, "refused by nft: exit status 1: the new nftables.conf"},
		{"timezone_locale", `timezone_locale { timezone = "Europe/Berln" }`, "refused by sh: exit status 1: there is no time zone Europe/Berln in /usr/share/zoneinfo"},
	} {
		m.WriteFile("/root/bad.hcl", "imports = [\""+c.name+"\"]\n"+c.text+"\n")
		for _, verb := range []string{"plan", "switch"} {
			_, stderr, code := m.Run("activate " + verb + " /root/bad.hcl")
			if code != 1 || !strings.Contains(stderr, c.said) {
				t.Errorf("%s of a bad %s: exit %d: %s", verb, c.name, code, stderr)
			}
		}
	}
	if n := m.Succeed("readlink /var/lib/activate/current"); n != "generations/1\n" {
		t.Errorf("a refused switch left %s", n)
	}
}
