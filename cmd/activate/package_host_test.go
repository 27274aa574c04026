package main_test

import (
	"strings"
	"testing"

	"github.com/activate-agent/activate/testvm"
)

// packageHost is a Debian with one format's packages of two versions in
// /root/p.
type packageHost struct {
	t *testing.T
	m *testvm.Machine
	// before is what its hostTree was at first.
	before string
}

func (h *packageHost) same(when string) {
	h.t.Helper()
	if after := h.m.Succeed(hostTree); after != h.before {
		h.t.Errorf("%s, the host is not as it was:\n%s", when, difference(h.before, after))
	}
}

// answers runs shell text and holds what it prints against want.
func (h *packageHost) answers(when, script, want string) {
	h.t.Helper()
	if out := h.m.Succeed(script); out != want {
		h.t.Errorf("%s, %q printed %q, not %q", when, script, out, want)
	}
}

// idle holds a package that was just installed against what it brings: all of
// it is there, and nothing runs or is to run.
func (h *packageHost) idle(zsh string) {
	h.t.Helper()
	h.answers("installed", "activate version; systemctl is-enabled activate-boot.service activate-booted.service || :", "activate 1.0.0\ndisabled\ndisabled\n")
	if out := h.m.Succeed("zcat /usr/share/man/man1/activate-switch.1.gz /usr/share/man/man5/activate-options.5.gz"); strings.Count(out, ".TH ") != 2 {
		h.t.Errorf("the man pages are %q", out)
	}
	h.m.Succeed("grep -l activate /usr/share/bash-completion/completions/activate /usr/share/fish/vendor_completions.d/activate.fish " + zsh)
	// The configuration it brings does nothing.
	h.m.Succeed("activate plan --detailed-exitcode /etc/activate/config.hcl")
	h.m.Fail("test -e /var/lib/activate")
	h.m.Fail("systemctl list-units --all --plain --no-legend | grep activate")
}

// manage has the installed program take the host over, by the configuration
// that came with it, changed.
func (h *packageHost) manage() {
	h.t.Helper()
	h.m.WriteFile("/etc/activate/config.hcl", managed)
	h.m.Succeed("activate switch /etc/activate/config.hcl")
}

// goesOn has the package be upgraded and removed by those commands, while what
// it managed goes on working, over the next boot too.
func (h *packageHost) goesOn(upgrade, remove string) {
	h.t.Helper()
	pid := h.m.Succeed("systemctl show -P MainPID app.service")
	h.m.Succeed(upgrade)
	h.answers("upgraded", "activate version; systemctl show -P MainPID app.service; head -1 /etc/motd", "activate 1.1.0\n"+pid+"hello\n")
	h.answers("upgraded", "cat /etc/activate/config.hcl", managed)
	h.m.Succeed("activate plan --detailed-exitcode /etc/activate/config.hcl")
	if out := h.m.Succeed(remove); !strings.Contains(out, "what it manages stays") {
		h.t.Errorf("removed: %s", out)
	}
	h.m.Fail("command -v activate")
	h.answers("removed", "systemctl show -P MainPID app.service; cat /etc/motd", pid+"hello\n")
	h.m.Reboot()
	h.m.WaitForUnit("app.service")
	h.answers("after the next boot", "cat /etc/motd; systemctl is-failed activate-boot.service || :", "hello\ninactive\n")
}

// deb is the life of the deb.
func deb(h *packageHost) {
	h.m.Succeed("dpkg -i /root/p/1.0.0")
	h.idle("/usr/share/zsh/vendor-completions/_activate")
	h.m.Succeed("dpkg -r activate")
	h.m.Succeed("dpkg -P activate")
	h.same("installed and purged")

	h.m.Succeed("dpkg -i /root/p/1.0.0")
	h.manage()
	h.goesOn("dpkg -i /root/p/1.1.0", "dpkg -r activate")
	h.answers("removed", "cat /etc/activate/config.hcl", managed)
	h.m.Succeed("dpkg -P activate")
	h.m.Fail("systemctl status app.service")
	h.same("managed and purged")
}

// lintian: Debian's policy is kept, but where .ci/packaging says why not.
func lintian(h *packageHost) {
	h.m.Succeed("cp /root/p/1.1.0 /root/activate_1.1.0_amd64.deb")
	if out, said, code := h.m.Run("lintian --fail-on error,warning /root/activate_1.1.0_amd64.deb"); code != 0 {
		h.t.Errorf("lintian ended with %d: %s%s", code, out, said)
	}
}

// rpm is the life of the rpm. It requires no other package, so Debian's rpm
// takes it, which knows of none. There is no purge; the program that stays with
// the state does its work.
func rpm(h *packageHost) {
	h.m.Succeed("rpm -i /root/p/1.0.0")
	h.idle("/usr/share/zsh/site-functions/_activate")
	h.answers("installed", "rpm -V activate; rpm -qc activate", "/etc/activate/config.hcl\n")
	h.m.Succeed("rpm -e activate")
	h.same("installed and erased")

	h.m.Succeed("rpm -i /root/p/1.0.0")
	h.manage()
	h.goesOn("rpm -U /root/p/1.1.0", "rpm -e activate")
	h.answers("erased", "cat /etc/activate/config.hcl.rpmsave", managed)
	h.m.Succeed("/var/lib/activate/activate-for-purge deactivate")
	h.m.Fail("systemctl status app.service")
	h.m.Succeed("rm -r /etc/activate")
	h.same("erased and deactivated")
}
