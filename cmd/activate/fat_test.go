package main_test

import (
	"strings"
	"testing"

	"github.com/activate-agent/activate/testvm"
)

// fat: on a boot partition, whose file system keeps neither modes, owners nor
// links, what can be had is done once, and what can't is refused before the
// first change.
func fat(t *testing.T, m *testvm.Machine) {
	t.Helper()
	m.Succeed("modprobe -a loop vfat nls_cp437 nls_ascii && truncate -s 20M /fat.img && mkfs.vfat /fat.img && mkdir -p /boot/efi && mount -o loop,umask=0077 /fat.img /boot/efi")
	before := m.Succeed("ls -lR /boot/efi")
	m.WriteFile("/root/fat.hcl", `file "/boot/efi/loader/loader.conf" { text = "timeout 3\n" }
directory "/boot/efi/entries" {}
file "/boot/efi/secret" {
  text = "key\n"
  mode = "0600"
}
`)
	m.Succeed("activate switch /root/fat.hcl")
	m.Succeed("activate plan --detailed-exitcode /root/fat.hcl && activate drift")
	for block, why := range map[string]string{
		`symlink "/boot/efi/link" { target = "x" }`:                 "cannot create /boot/efi/link: its file system, FAT, has no links",
		`directory "/boot/efi/own" { user = "daemon" }`:             "keeps no owners and all of it belongs to 0:0",
		"file \"/boot/efi/x\" {\n text = \"\"\n mode = \"4755\"\n}": "keeps no modes and gives 0700",
	} {
		m.WriteFile("/root/refused.hcl", block+"\n")
		for _, verb := range []string{"plan", "switch"} {
			if _, stderr, code := m.Run("activate " + verb + " /root/refused.hcl"); code != 1 || !strings.Contains(stderr, why) {
				t.Errorf("%s of %s is exit %d: %s", verb, block, code, stderr)
			}
		}
	}
	m.Succeed("umount /boot/efi && mount -o loop,umask=0022 /fat.img /boot/efi")
	if _, stderr, code := m.Run("activate switch /root/fat.hcl"); code != 1 || !strings.Contains(stderr, "cannot update /boot/efi/secret: its file system, FAT, keeps no modes and gives 0755") {
		t.Errorf("a secret that all can read now is exit %d: %s", code, stderr)
	}
	m.Succeed("umount /boot/efi && mount -o loop,umask=0077 /fat.img /boot/efi && activate deactivate")
	if after := m.Succeed("ls -lR /boot/efi"); after != before {
		t.Errorf("after deactivate there is %s\nbefore: %s", after, before)
	}
}
