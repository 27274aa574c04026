package main_test

import (
	"os"
	"strings"
	"testing"

	"github.com/activate-agent/activate/testvm"
)

// TestVagrantfile: Debian's vagrant finds nothing wrong with the Vagrantfile,
// nor misses a file that it names. Without any provider it refuses to look.
// With ACTIVATE_ALL_SUITES set a box is carried up and down on the same machine.
func TestVagrantfile(t *testing.T) {
	t.Parallel()
	packages := []string{"vagrant", "vagrant-libvirt"}
	carries := os.Getenv("ACTIVATE_ALL_SUITES") != ""
	if carries {
		packages = append(packages, hypervisor()...)
	}
	m := testvm.Start(t, testvm.Config{Packages: packages})
	m.CopyTo("../../Vagrantfile", "/root/project/Vagrantfile")
	const validate = "cd /root/project && VAGRANT_CHECKPOINT_DISABLE=1 vagrant validate 2>&1"
	if out, _, code := m.Run(validate); code == 0 || !strings.Contains(out, "testvm/run/provision.sh") {
		t.Errorf("without the script that it names, it ended with %d: %s", code, out)
	}
	m.CopyTo("provision.sh", "/root/project/testvm/run/provision.sh")
	if out := m.Succeed(validate); !strings.Contains(out, "validated successfully") {
		t.Errorf("vagrant says %s", out)
	}
	if carries {
		t.Run("up", func(t *testing.T) { vagrantUp(t, m) })
	}
}
