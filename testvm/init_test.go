package testvm_test

import (
	"strings"
	"testing"

	"github.com/activate-agent/activate/testvm"
)

// TestOtherInit: a machine boots what it is told to, and again.
func TestOtherInit(t *testing.T) {
	t.Parallel()
	m := testvm.Start(t, testvm.Config{Init: &testvm.Init{
		Packages: []string{"sysvinit-core"},
		Comm:     "init",
		Up:       `test "$(runlevel)" = "N 2"`,
		Off:      "poweroff",
	}})
	if got := m.Succeed("cat /proc/1/comm; echo kept > /root/mark"); got != "init\n" {
		t.Errorf("PID 1 is %q, want init", got)
	}
	m.Reboot()
	if got := strings.Fields(m.Succeed("cat /proc/1/comm /root/mark")); strings.Join(got, " ") != "init kept" {
		t.Errorf("after the boot: %q", got)
	}
}
