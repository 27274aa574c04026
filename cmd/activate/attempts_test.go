package main_test

import (
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/activate-agent/activate/testvm"
)

// onlyLive is a service that comes up on a live host and never at boot.
const onlyLive = `
activation { boot_attempts = 2 }
etc "motd" { text = "two\n" }
service "web" {
  oneshot { start = ["/bin/sh", "-c", "test -e /run/live"] }
}
`

// TestBootAttempts: a generation that does not come up at boot is told, and
// after as many attempts as it may have the one before is back.
func TestBootAttempts(t *testing.T) {
	t.Parallel()
	m := testvm.Start(t, testvm.Config{})
	m.CopyTo(binary, "/usr/local/bin/activate")
	m.WriteFile("/root/one.hcl", `
etc "motd" { text = "one\n" }
service "web" {
  process { argv = ["/bin/sleep", "infinity"] }
}
`)
	m.WriteFile("/root/two.hcl", onlyLive)
	m.Succeed("activate switch /root/one.hcl && touch /run/live && activate switch /root/two.hcl && activate drift")

	for _, attempt := range []string{"once", "2 times"} {
		m.Reboot()
		want := "generation 2 failed to boot " + attempt + ": units failed: web.service (it failed)"
		if out, _, code := m.Run("activate drift"); code != 2 || !strings.Contains(out, want) {
			t.Fatalf("drift ends with %d and says %q, not %q\n%s", code, out, want, m.Succeed("journalctl -b -u 'activate-boot*' --no-pager"))
		}
		if out := m.Succeed("activate generations; cat /etc/motd"); !strings.Contains(out, "current boot failed to boot "+attempt) || !strings.HasSuffix(out, "two\n") {
			t.Errorf("after attempt %s: %s", attempt, out)
		}
	}

	m.Reboot()
	m.WaitForUnit("web.service")
	out := m.Succeed("activate drift; cat /etc/motd; activate generations --json; journalctl -b -u activate-boot --no-pager")
	for _, want := range []string{
		"generation 2 failed to boot 2 times (units failed: web.service (it failed)); generation 1 was brought back\n",
		"\none\n", `"boot_failure": "units failed: web.service (it failed)"`,
		"at-boot: generation 2 failed to boot 2 times",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in:\n%s", want, out)
		}
	}
	m.Succeed("test $(readlink /var/lib/activate/boot) = generations/1; test $(readlink /var/lib/activate/current) = generations/1")
	m.Reboot()
	m.Succeed("activate drift; systemctl is-active web; systemctl is-system-running")
	m.Succeed(`activate deactivate; test -z "$(ls -d /var/lib/activate /run/activate /etc/systemd/system/activate* /etc/systemd/system/sysinit.target.wants/activate* 2>/dev/null)"`)
}

// TestBootAttemptsPowerCut: a boot that hangs until the power is cut is a failed
// one, on a disk that loses what was not flushed.
func TestBootAttemptsPowerCut(t *testing.T) {
	t.Parallel()
	lean, err := os.ReadFile("testdata/powercut/lean.sh")
	must(t, err)
	m := testvm.Start(t, testvm.Config{Virtual: true, Prepare: string(lean)})
	m.CopyTo(binary, "/usr/local/bin/activate")
	m.WriteFile("/root/one.hcl", `etc "motd" { text = "one\n" }`)
	m.WriteFile("/root/two.hcl", `
activation { boot_attempts = 2 }
etc "motd" { text = "two\n" }
service "hang" {
  oneshot { start = ["/bin/sleep", "infinity"] }
}
`)
	m.Succeed("activate switch /root/one.hcl && activate boot /root/two.hcl")
	m.PowerOff()
	r := rand.New(rand.NewPCG(1, 2))
	for range 2 {
		m.PowerOn()
		m.WaitUntil(func() bool {
			out, _, _ := m.Run("systemctl is-active hang.service; cat /etc/motd")
			return out == "activating\ntwo\n"
		}, "generation 2 to hang")
		if out, _, code := m.Run("activate drift"); code != 2 || !strings.Contains(out, "it has not reached the default target") {
			t.Errorf("drift ends with %d and says %s", code, out)
		}
		m.PowerCut(r)
	}
	m.Boot()
	out := m.Succeed("cat /etc/motd; activate drift")
	if !strings.Contains(out, "one\n") || !strings.Contains(out, "generation 2 failed to boot 2 times (it has not reached the default target); generation 1 was brought back") {
		t.Errorf("after falling back: %s%s", out, m.Succeed("journalctl -b -u activate-boot --no-pager"))
	}
}
