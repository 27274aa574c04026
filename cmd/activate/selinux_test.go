package main_test

import (
	"strings"
	"testing"

	"github.com/activate-agent/activate/testvm"
)

// seLinux: under Debian's policy, all that a switch makes has the label that
// the policy has for it, and keeps the one that an administrator gave. The
// first switch is made permissively, the others under enforcement.
func seLinux(t *testing.T, m *testvm.Machine) {
	t.Helper()
	if got := m.Succeed("getenforce"); got != "Permissive\n" {
		t.Fatalf("SELinux is %s", got)
	}
	m.CopyTo("testdata/selinux", "/root/selinux")
	const wrong = "restorecon -nvR /etc /home /srv /usr/local /var/www /var/log 2>/dev/null || :"
	m.Succeed("restorecon -R /etc /home /srv /usr/local /var/log; chcon -t user_home_t /etc/issue")
	before := m.Succeed(wrong)

	m.Succeed("activate switch /root/selinux/host.hcl")
	if got := m.Succeed(wrong); got != before {
		t.Errorf("labels that are not the policy's: %s\nbefore: %s", got, before)
	}
	if got := m.Succeed("ls -dZ /etc/static /etc/motd /etc/shadow /home/alice/.ssh /usr/local/bin/demo /etc/systemd/system/demo.service | cut -d: -f3"); got != "etc_t\nshadow_t\netc_t\nsystemd_unit_t\nssh_home_t\nbin_t\n" {
		t.Errorf("the labels are\n%s", got)
	}
	if got := m.Succeed("stat -L -c %C /etc/static /etc/motd /etc/apache2/demo.conf /var/lib/activate/current/manifest.json | cut -d: -f3"); got != "etc_t\netc_t\nhttpd_config_t\nvar_lib_t\n" {
		t.Errorf("the labels behind links are\n%s", got)
	}
	m.WriteFile("/root/issue.hcl", "etc \"issue\" {\n  text = \"ours\\n\"\n  mode = \"0644\"\n}\n")
	enforced(m, "switch /root/issue.hcl")
	if got := m.Succeed("ls -Z /etc/issue"); !strings.Contains(got, ":user_home_t:") {
		t.Errorf("a replaced file lost its label: %s", got)
	}
	enforced(m, "switch /root/selinux/host.hcl")
	if got := m.Succeed(wrong); got != before {
		t.Errorf("made under enforcement, labels that are not the policy's: %s\nbefore: %s", got, before)
	}
	enforced(m, "deactivate")
	if got := m.Succeed(wrong); got != before {
		t.Errorf("after deactivate, labels that are not the policy's: %s\nbefore: %s", got, before)
	}
}

// enforced runs activate as an administrator's shell does, unconfined, while
// the policy is enforced. The rest of the machine is not labelled for that.
func enforced(m *testvm.Machine, args string) {
	m.Succeed("runcon unconfined_u:unconfined_r:unconfined_t:s0 sh -c '" +
		"setenforce 1 && test $(getenforce) = Enforcing && activate " + args + "; code=$?; setenforce 0; exit $code'")
}
