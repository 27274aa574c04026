package main_test

import (
	"bytes"
	"context"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/activate-agent/activate/testvm"
)

// wayIn makes of a tree of ours what Vagrant asks of a box; KEY stands for the
// public key that everybody has the private one of.
const wayIn = `
useradd --create-home --shell /bin/bash vagrant
echo 'vagrant ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/vagrant
mkdir -m 0700 /home/vagrant/.ssh
echo 'KEY' >/home/vagrant/.ssh/authorized_keys
chown -R vagrant:vagrant /home/vagrant/.ssh
printf '[Match]\nName=eth0\n[Network]\nDHCP=yes\n' >/etc/systemd/network/eth0.network
systemctl enable systemd-networkd.service
`

// hello is a derivation that needs nothing but Nix itself.
const hello = `derivation {
  name = "hello";
  system = builtins.currentSystem;
  builder = "/bin/sh";
  args = [ "-c" "echo built by uid $(id -u) > $out" ];
  PATH = "/usr/bin:/bin";
}
`

// vagrantUp has Debian's Vagrant and libvirt, in a machine of ours, take a box
// of ours from its first start to its end, by the Vagrantfile as it is.
func vagrantUp(t *testing.T, m *testvm.Machine) {
	w := newWorkstation(t, m)
	w.vagrant("box add --name debian/bookworm64 /srv/our.box")
	w.expect(w.vagrant("up"), `generation 1: \d+ added`)
	w.m.WriteFile("/root/project/hello.nix", hello)
	w.expect(w.vagrant("rsync && vagrant ssh -c 'id -un; cat $(nix-build --no-out-link /vagrant/hello.nix)'"), `(?s)vagrant.*built by uid 3000\d`)
	w.expect(w.vagrant("provision"), `generation 1: 0 added, 0 changed, 0 removed`)

	w.m.Succeed("sed -i 's/max_jobs .*/max_jobs = 3/' /root/project/examples/nix.hcl")
	w.expect(w.vagrant("rsync && vagrant provision"), `generation 2: 0 added, [1-9]`)

	// As a CI job has it: what the switch says is what vagrant ends with.
	w.vagrant("halt")
	w.m.Succeed("sed -i 's/max_jobs .*/max_jobs = \"many\"/' /root/project/examples/nix.hcl")
	out, code := w.try("up --provision")
	if code == 0 {
		t.Error("a switch that failed is no failure to vagrant")
	}
	w.expect(out, `nix.hcl:\d+,\d+`)
	w.expect(w.vagrant("ssh -c 'grep max-jobs /etc/nix/nix.conf; systemctl is-active nix-daemon.socket'"), `max-jobs = 3\s+active`)

	w.vagrant("destroy -f")
	if left := w.m.Succeed("virsh list --all --name"); strings.TrimSpace(left) != "" {
		t.Errorf("destroyed, there is still %s", left)
	}
}

// workstation is a machine with Vagrant, libvirt and the project.
type workstation struct {
	t *testing.T
	m *testvm.Machine
}

// hypervisor is what a box needs besides Vagrant.
func hypervisor() []string {
	return []string{
		"libvirt-daemon-system", "libvirt-clients", "qemu-system-x86", "qemu-utils", "dnsmasq-base", "iptables", "rsync",
		"openssh-client",
	}
}

func newWorkstation(t *testing.T, m *testvm.Machine) *workstation {
	t.Helper()
	key := strings.TrimSpace(m.Succeed("cat /usr/share/rubygems-integration/all/gems/vagrant-*/keys/vagrant.pub"))
	box := testvm.Box(t, testvm.Config{
		Packages: []string{"openssh-server", "sudo", "rsync"},
		Prepare:  strings.ReplaceAll(wayIn, "KEY", key),
	})
	m.CopyTo(box, "/srv/our.box")

	program := filepath.Join(t.TempDir(), "activate")
	build := exec.CommandContext(t.Context(), "go", "build", "-ldflags=-s -w", "-o", program, "../../cmd/activate")
	build.Env = append(build.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	m.CopyTo(program, "/root/project/bin/activate")
	m.CopyTo("../../examples", "/root/project/examples")
	// A container's control groups of version 1 are not libvirt's to divide.
	m.Succeed("echo 'cgroup_controllers = []' >>/etc/libvirt/qemu.conf && systemctl restart libvirtd.service")
	return &workstation{t, m}
}

// try runs vagrant and gives what it said and its exit code.
func (w *workstation) try(command string) (out string, code int) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 20*time.Minute)
	defer cancel()
	var b bytes.Buffer
	begin := time.Now()
	defer func() { w.t.Logf("vagrant %s: %s", command, time.Since(begin).Round(time.Second)) }()
	// libvirt's QEMU is not root's, and root's home is closed to it.
	code = w.m.Exec(ctx, nil, &b, &b, "/usr/bin/env", "VAGRANT_HOME=/srv/vagrant", "VAGRANT_CHECKPOINT_DISABLE=1",
		"VAGRANT_DEFAULT_PROVIDER=libvirt", "/bin/sh", "-c", "cd /root/project && vagrant "+command)
	if ctx.Err() != nil {
		w.t.Fatalf("timed out waiting for vagrant %s, which said: %s", command, b.String())
	}
	return b.String(), code
}

// vagrant is a try that succeeds.
func (w *workstation) vagrant(command string) string {
	w.t.Helper()
	out, code := w.try(command)
	if code != 0 {
		w.t.Fatalf("vagrant %s ended with %d: %s", command, code, out)
	}
	return out
}

func (w *workstation) expect(out, pattern string) {
	w.t.Helper()
	if !regexp.MustCompile(pattern).MatchString(out) {
		w.t.Errorf("there is no %q in %s", pattern, out)
	}
}
