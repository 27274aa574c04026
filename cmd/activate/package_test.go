package main_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/activate-agent/activate/testvm"
)

// pack makes the packages of a version of the project at tree, and gives their
// directory.
func pack(t *testing.T, tree, version string) string {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "sh", filepath.Join(tree, ".ci/package"), dir, version)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("cannot make the packages: %v\n%s", err, out)
	}
	return dir
}

// TestPackagesAreReproducible makes them twice, in two places.
func TestPackagesAreReproducible(t *testing.T) {
	t.Parallel()
	elsewhere := filepath.Join(t.TempDir(), "elsewhere")
	if out, err := exec.CommandContext(t.Context(), "cp", "-a", "../..", elsewhere).CombinedOutput(); err != nil {
		t.Fatalf("cannot copy the project: %v\n%s", err, out)
	}
	one, two := pack(t, "../..", "1.0.0"), pack(t, elsewhere, "1.0.0")
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
const hostTree = `find /etc /usr /var/lib /opt /srv /root /home -xdev \( -path /var/lib/dpkg -o -path /root/.rpmdb -o -path /var/lib/systemd -o -path /root/p \) -prune -o -printf '%p %y %m %u %g %l\n' | sort`

// managed is a configuration that a package's coming and going must not touch.
const managed = `
etc "motd" { text = "hello\n" }
user "app" { system = true }
service "app" {
  user = "app"
  process { argv = ["/usr/bin/sleep", "infinity"] }
}
`

// TestPackage installs, upgrades and removes the packages of two versions, and
// has Debian's checker judge the deb.
func TestPackage(t *testing.T) {
	t.Parallel()
	old, fresh := pack(t, "../..", "1.0.0"), pack(t, "../..", "1.1.0")
	const debFile, rpmFile = "activate_%s_amd64.deb", "activate-%s-1.x86_64.rpm"
	for name, row := range map[string]struct {
		file     string
		packages []string
		test     func(*packageHost)
	}{
		"deb":     {debFile, nil, deb},
		"lintian": {debFile, []string{"lintian"}, lintian},
		"rpm":     {rpmFile, []string{"rpm"}, rpm},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := testvm.Start(t, testvm.Config{Packages: row.packages})
			m.CopyTo(filepath.Join(old, fmt.Sprintf(row.file, "1.0.0")), "/root/p/1.0.0")
			m.CopyTo(filepath.Join(fresh, fmt.Sprintf(row.file, "1.1.0")), "/root/p/1.1.0")
			row.test(&packageHost{t: t, m: m, before: m.Succeed(hostTree)})
		})
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
