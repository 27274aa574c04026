package main_test

import (
	"strings"
	"testing"

	"github.com/activate-agent/activate/testvm"
)

// nfs: a root with its state on NFS, which gives open files that are removed another
// name, and one that does not take its client's root for root.
func nfs(t *testing.T, m *testvm.Machine) {
	t.Helper()
	// Version 4 alone takes two programs. The policy has no say in this.
	//nolint:misspell // exportfs is a program's name
	m.Succeed(`setenforce 0 && modprobe -a nfsd nfsv4 && ip link set lo up && mkdir -p /export/own /export/squashed /mnt/own /mnt/squashed
		mount -t nfsd nfsd /proc/fs/nfsd
		chmod 755 /export /export/*
		printf '/export/own *(rw,no_root_squash,no_subtree_check,fsid=1,insecure)\n/export/squashed *(rw,root_squash,no_subtree_check,fsid=2,insecure)\n' >/etc/exports
		exportfs -ra && rpc.mountd -N 3 && rpc.nfsd -N 3 1
		mount -t nfs -o vers=4.2 127.0.0.1:/export/own /mnt/own && mount -t nfs -o vers=4.2 127.0.0.1:/export/squashed /mnt/squashed
		mkdir -p /mnt/own/etc /mnt/own/home && cp /etc/passwd /etc/group /etc/shadow /etc/gshadow /etc/login.defs /etc/os-release /mnt/own/etc
		echo 'of somebody else' >/mnt/own/etc/issue`)
	const tree = "cd /mnt/own && find . ! -name .pwd.lock -printf '%M %U:%G %p %l\n' | sort -k3 && find . -type f | sort | xargs md5sum"
	before := m.Succeed(tree)
	m.WriteFile("/root/nfs.hcl", `user "ann" { home = "/nowhere" }
etc "motd" { text = "hello\n" }
file "/etc/issue" {
  text = "ours\n"
  user = "ann"
  mode = "0640"
}
`)
	m.Succeed("cd /root && activate switch --root /mnt/own nfs.hcl && activate plan --detailed-exitcode --root /mnt/own nfs.hcl && activate drift --root /mnt/own")
	m.Succeed("cd /root && exec 7</mnt/own/etc/issue && activate deactivate --root /mnt/own")
	if after := m.Succeed(tree); after != before {
		t.Errorf("after deactivate there is %s\nbefore: %s", after, before)
	}
	m.Succeed("umount /mnt/squashed && mount -t nfs -o vers=4.2 127.0.0.1:/export/squashed /mnt/own/home")
	m.WriteFile("/root/nfs.hcl", "user \"ann\" {\n  home = \"/home/ann\"\n  create_home = true\n}\n")
	_, stderr, code := m.Run("activate switch --root /mnt/own /root/nfs.hcl")
	if code != 1 || !strings.Contains(stderr, "nothing can be made in its home /home/ann: root may not write in /mnt/own/home: permission denied") {
		t.Errorf("a home where root is nobody: exit %d, %s", code, stderr)
	}
	m.Succeed("umount /mnt/own/home /mnt/own")
}
