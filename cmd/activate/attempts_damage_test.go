package main_test

import (
	"strings"
	"testing"

	"github.com/activate-agent/activate/testvm"
)

// TestBootDamagedRecord: a generation whose record a disk has damaged, or lost,
// does not boot; the host says so, and then goes back by itself.
func TestBootDamagedRecord(t *testing.T) {
	t.Parallel()
	m := testvm.Start(t, testvm.Config{})
	m.CopyTo(binary, "/usr/local/bin/activate")
	m.WriteFile("/root/one.hcl", `etc "motd" { text = "one\n" }`)
	m.WriteFile("/root/two.hcl", `
activation { boot_attempts = 2 }
etc "motd" { text = "two\n" }
etc "only" { text = "two\n" }
service "only" {
  process { argv = ["/bin/sleep", "infinity"] }
}
`)
	for round, harm := range []string{"truncate -s 40 /var/lib/activate/generations/%s/manifest.json", "rm -r /var/lib/activate/generations/%s"} {
		number := []string{"2", "3"}[round]
		m.Succeed("activate switch /root/one.hcl && activate switch /root/two.hcl && " + strings.ReplaceAll(harm, "%s", number) + " && sync")
		for _, attempt := range []string{"once", "2 times"} {
			m.Reboot()
			want := "generation " + number + " failed to boot " + attempt + ": at-boot failed: cannot apply the boot generation: "
			if _, stderr, code := m.Run("activate drift"); code != 1 || !strings.Contains(stderr, want) {
				t.Fatalf("drift ends with %d and says %q, not %q\n%s", code, stderr, want, m.Succeed("journalctl -b -u 'activate-boot*' --no-pager"))
			}
		}
		if out, _, code := m.Run("activate generations"); round == 0 && (code != 1 || !strings.Contains(out, "damaged") || !strings.Contains(out, "current boot failed to boot 2 times")) {
			t.Errorf("generations ends with %d and says %s", code, out)
		}
		m.Reboot()
		out := m.Succeed("activate drift; cat /etc/motd; activate generations; journalctl -b -u activate-boot --no-pager")
		for _, want := range []string{"generation " + number + " failed to boot 2 times", "; generation 1 was brought back\n", "\none\n"} {
			if !strings.Contains(out, want) {
				t.Errorf("%q is not in:\n%s", want, out)
			}
		}
		if round == 0 {
			m.Succeed("! test -L /etc/only && ! systemctl is-active only && ! ls /etc/systemd/system/only.service && activate generations && activate plan --detailed-exitcode /root/one.hcl")
		}
	}
}
