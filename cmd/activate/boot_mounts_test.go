package main_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/activate-agent/activate/testvm"
)

// TestBootWithDisks: the state and a managed path are on disks that appear once
// udev runs, which waits for systemd-sysusers. The boot waits for them, and for
// nothing that waits for it.
func TestBootWithDisks(t *testing.T) {
	t.Parallel()
	m := testvm.Start(t, testvm.Config{})
	m.CopyTo(binary, "/usr/local/bin/activate")
	// A disk is a directory here, and what it waits for a service.
	m.WriteFile("/etc/systemd/system/disks.service", `[Unit]
DefaultDependencies=no
After=systemd-sysusers.service
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/true
`)
	for _, name := range []string{"state", "data"} {
		m.WriteFile("/etc/systemd/system/"+name+".mount", `[Unit]
Requires=disks.service
After=disks.service
[Mount]
What=/disks/`+name+`
Where=/`+name+`
Type=none
Options=bind
[Install]
WantedBy=local-fs.target
`)
	}
	m.Succeed("mkdir -p /disks/state /disks/data /state /data && systemctl daemon-reload && systemctl enable --now state.mount data.mount")
	m.WriteFile("/root/host.hcl", "file \"/data/file\" { text = \"on the disk\\n\" }\n")
	m.Succeed("activate switch --state-dir /state/activate /root/host.hcl")
	m.Succeed("rm /data/file")
	m.Reboot()
	if got := m.Succeed("cat /disks/data/file"); got != "on the disk\n" {
		t.Errorf("the disk has %q", got)
	}
	if got := m.Succeed("journalctl -b --no-pager | grep -i 'ordering cycle' || :; systemctl --failed --no-legend"); got != "" {
		t.Errorf("the boot: %s", got)
	}
	began := timestamp(t, m, "ExecMainStartTimestampMonotonic", "activate-boot.service")
	for _, disk := range []string{"state.mount", "data.mount"} {
		if there := timestamp(t, m, "ActiveEnterTimestampMonotonic", disk); began == 0 || there > began {
			t.Errorf("the boot began at %d us, %s was there at %d us", began, disk, there)
		}
	}
}

// timestamp is a property of a unit in microseconds since the boot.
func timestamp(t *testing.T, m *testvm.Machine, property, unit string) int {
	t.Helper()
	n, err := strconv.Atoi(strings.TrimSpace(m.Succeed("systemctl show -P " + property + " " + unit)))
	must(t, err)
	return n
}
