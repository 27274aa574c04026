package main_test

import (
	"os"
	"testing"

	"github.com/activate-agent/activate/testvm"
)

// TestOwnKernel is of what needs another kernel than this host's may be: on one
// virtual machine, one after the other.
func TestOwnKernel(t *testing.T) {
	t.Parallel()
	lean, err := os.ReadFile("testdata/powercut/lean.sh")
	must(t, err)
	m := testvm.Start(t, testvm.Config{
		// Labelling all of it, and booting again, takes minutes in emulation.
		Virtual: true, Prepare: string(lean) + "rm -f /.autorelabel /etc/systemd/system/*.wants/nfs-* /etc/systemd/system/*.wants/rpcbind.*\n",
		Packages:   []string{"selinux-basics", "selinux-policy-default", "policycoreutils", "selinux-utils", "dosfstools", "nfs-kernel-server"},
		KernelLine: []string{"security=selinux", "selinux=1", "enforcing=0"},
	})
	m.CopyTo(binary, "/usr/local/bin/activate")
	t.Run("SELinux", func(t *testing.T) { seLinux(t, m) })
	t.Run("FAT", func(t *testing.T) { fat(t, m) })
	t.Run("NFS", func(t *testing.T) { nfs(t, m) })
}
