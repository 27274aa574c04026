package testvm_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/activate-agent/activate/testvm"
)

func TestMachine(t *testing.T) {
	t.Parallel()
	m := testvm.Start(t, testvm.Config{})

	if got := strings.TrimSpace(m.Succeed("cat /proc/1/comm")); got != "systemd" {
		t.Errorf("PID 1 is %q, want systemd", got)
	}
	m.WaitForUnit("dbus.service")
	if _, stderr, code := m.Run("echo to stderr >&2; exit 3"); code != 3 || stderr != "to stderr\n" {
		t.Errorf("Run gave code %d and stderr %q", code, stderr)
	}
	if stderr := m.Fail("ls /nowhere"); !strings.Contains(stderr, "/nowhere") {
		t.Errorf("Fail gave %q", stderr)
	}
}

func TestRebootKeepsTheDisk(t *testing.T) {
	t.Parallel()
	m := testvm.Start(t, testvm.Config{})
	m.Succeed("echo kept > /root/mark; echo lost > /run/mark")
	before := m.Succeed("cat /proc/sys/kernel/random/boot_id")

	m.Reboot()

	if m.Succeed("cat /proc/sys/kernel/random/boot_id") == before {
		t.Error("the machine did not boot again")
	}
	if got := m.Succeed("cat /root/mark"); got != "kept\n" {
		t.Errorf("/root/mark is %q after the reboot", got)
	}
	m.Fail("test -e /run/mark")
}

func TestMachinesDoNotShare(t *testing.T) {
	t.Parallel()
	a, b := testvm.Start(t, testvm.Config{}), testvm.Start(t, testvm.Config{})
	a.Succeed("echo a > /root/a; systemd-run --unit=only-a sleep infinity")
	a.WaitForUnit("only-a.service")
	b.Fail("test -e /root/a")
	b.Succeed("systemctl daemon-reload; ! systemctl is-active only-a")
	b.Kill()
	a.Succeed("systemctl is-active only-a")
}

func TestCopyTo(t *testing.T) {
	t.Parallel()
	m := testvm.Start(t, testvm.Config{})
	src := filepath.Join(t.TempDir(), "tree")
	if err := os.MkdirAll(filepath.Join(src, "sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(src, "sub", "tool"), []byte("#!/bin/sh\necho ran\n"), 0o755); err != nil {
		t.Fatal(err)
	}

	m.CopyTo(src, "/opt/it's here")
	m.CopyTo(filepath.Join(src, "sub", "tool"), "/usr/local/bin/tool")
	m.WriteFile("/etc/new/file", "text\n")

	for cmd, want := range map[string]string{
		`"/opt/it's here/sub/tool"`: "ran\n",
		"tool":                      "ran\n",
		"stat -c %u:%a /usr/bin/../local/bin/tool": "0:755\n",
		"cat /etc/new/file":                        "text\n",
	} {
		if got := m.Succeed(cmd); got != want {
			t.Errorf("%s gave %q, want %q", cmd, got, want)
		}
	}
}
