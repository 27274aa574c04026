package main_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/activate-agent/activate/testvm"
)

// pack makes the packages of a version and gives their directory.
func pack(t *testing.T, version string) string {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "sh", "../../.ci/package", dir, version)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("cannot make the packages: %v\n%s", err, out)
	}
	return dir
}

// TestPackagesAreReproducible makes them twice.
func TestPackagesAreReproducible(t *testing.T) {
	t.Parallel()
	one, two := pack(t, "1.0.0"), pack(t, "1.0.0")
	for _, name := range []string{"activate_1.0.0_amd64.deb", "activate-1.0.0-1.x86_64.rpm", "activate-1.0.0.cdx.json"} {
		a, err := os.ReadFile(filepath.Join(one, name))
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(two, name))
		if err != nil || !bytes.Equal(a, b) {
			t.Errorf("two builds of %s differ (%v)", name, err)
		}
	}
}

// hostTree is every path of a machine that a package could leave something at.
const hostTree = `find /etc /usr /var/lib /opt /srv /root /home -xdev \( -path /var/lib/dpkg -o -path /var/lib/systemd -o -path /root/p \) -prune -o -printf '%p %y %m %u %g %l\n' | sort`

// packageMachine is a Debian with the packages of two versions in /root/p.
func packageMachine(t *testing.T) *testvm.Machine {
	t.Helper()
	m := testvm.Start(t, testvm.Config{Packages: []string{"rpm"}})
	m.Succeed("mkdir /root/p")
	for _, version := range []string{"1.0.0", "1.1.0"} {
		dir := pack(t, version)
		m.CopyTo(filepath.Join(dir, "activate_"+version+"_amd64.deb"), "/root/p/"+version+".deb")
		m.CopyTo(filepath.Join(dir, "activate-"+version+"-1.x86_64.rpm"), "/root/p/"+version+".rpm")
	}
	return m
}

func TestPackage(t *testing.T) {
	t.Parallel()
	m := packageMachine(t)
	before := m.Succeed(hostTree)
	same := func(when string) {
		t.Helper()
		if after := m.Succeed(hostTree); after != before {
			t.Errorf("%s, the host is not as it was:\n%s", when, difference(before, after))
		}
	}

	m.Succeed("dpkg -i /root/p/1.0.0.deb")
	if out := m.Succeed("activate version; zcat /usr/share/man/man1/activate-switch.1.gz | head -1; systemctl is-enabled activate-boot.service || :"); !strings.HasPrefix(out, "activate 1.0.0\n.TH") || !strings.HasSuffix(out, "disabled\n") {
		t.Errorf("installed: %s", out)
	}
	// The configuration it brings does nothing.
	m.Succeed("activate plan --detailed-exitcode /etc/activate/config.hcl")
	m.Fail("test -e /var/lib/activate")
	m.Succeed("dpkg -r activate")
	m.Succeed("dpkg -P activate")
	same("installed and purged")

	m.Succeed("dpkg -i /root/p/1.0.0.deb")
	m.WriteFile("/etc/activate/config.hcl", `
etc "motd" { text = "hello\n" }
user "app" { system = true }
service "app" {
  user = "app"
  process { argv = ["/usr/bin/sleep", "infinity"] }
}
`)
	m.Succeed("activate switch /etc/activate/config.hcl")
	upgradeAndRemove(t, m)
	m.Succeed("dpkg -P activate")
	m.Fail("systemctl status app.service")
	same("managed and purged")

	if out := m.Succeed("rpm -qlp /root/p/1.0.0.rpm; rpm -qp --scripts /root/p/1.0.0.rpm"); !strings.Contains(out, "/usr/bin/activate\n") || !strings.Contains(out, "activate-for-purge") {
		t.Errorf("the rpm: %s", out)
	}
}

// upgradeAndRemove has the package go while what it managed goes on working.
func upgradeAndRemove(t *testing.T, m *testvm.Machine) {
	t.Helper()
	pid := m.Succeed("systemctl show -P MainPID app.service")
	m.Succeed("dpkg -i /root/p/1.1.0.deb")
	if out := m.Succeed("activate version; systemctl show -P MainPID app.service; head -1 /etc/motd"); out != "activate 1.1.0\n"+pid+"hello\n" {
		t.Errorf("upgraded: %s", out)
	}
	if out := m.Succeed("activate plan --detailed-exitcode /etc/activate/config.hcl && dpkg -r activate"); !strings.Contains(out, "what it manages stays") {
		t.Errorf("removed: %s", out)
	}
	if out := m.Succeed("systemctl show -P MainPID app.service; cat /etc/motd"); out != pid+"hello\n" {
		t.Errorf("removed, what was managed is %s", out)
	}
	m.Reboot()
	m.WaitForUnit("app.service")
	if out := m.Succeed("cat /etc/motd; systemctl is-failed activate-boot.service || :"); out != "hello\ninactive\n" {
		t.Errorf("after the next boot: %s", out)
	}
}

// difference gives the lines that only one of two listings has.
func difference(before, after string) string {
	var b strings.Builder
	for _, side := range []struct{ mark, has, lacks string }{{"-", before, after}, {"+", after, before}} {
		other := map[string]bool{}
		for line := range strings.Lines(side.lacks) {
			other[line] = true
		}
		for line := range strings.Lines(side.has) {
			if !other[line] {
				b.WriteString(side.mark + line)
			}
		}
	}
	return b.String()
}
