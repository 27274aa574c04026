package testvm

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// Box gives the path of a box for Vagrant's libvirt provider, made of the disk,
// the kernel and the initial RAM disk that a virtual machine of c has; it is
// built once. The way in is for c to prepare: the user vagrant, sudo, sshd and
// an address by DHCP. The form is the box format, version 2, of vagrant-libvirt.
func Box(t TB, c Config) string {
	t.Helper()
	c.Virtual = true
	if err := checkHost(c); err != nil {
		t.Fatalf("%v", err)
	}
	path, err := box(c)
	if err != nil {
		t.Fatalf("cannot make a box: %v", err)
	}
	return path
}

func box(c Config) (string, error) {
	tree, disk, err := image(c)
	if err != nil {
		return "", err
	}
	boot := strings.ReplaceAll(boxVagrantfile, "COMMAND_LINE", commandLine(c))
	sum := sha256.Sum256([]byte(boot))
	path := disk + "-" + hex.EncodeToString(sum[:4]) + ".box"
	lock, err := lockFile(path+".lock", unix.LOCK_EX)
	if err != nil {
		return "", err
	}
	defer func() { _ = lock.Close() }()
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return path, err
	}
	if err := makeBox(boot, tree, disk, path+".new"); err != nil {
		return "", err
	}
	return path, os.Rename(path+".new", path)
}

// makeBox writes the box with boot as its Vagrantfile.
func makeBox(boot, tree, disk, path string) error {
	place, err := newPlace()
	if err != nil {
		return err
	}
	defer func() { _ = place.remove() }()
	at := func(name string) string { return filepath.Join(place.dir, name) }
	image, version, err := kernel(tree)
	if err != nil {
		return err
	}
	err = errors.Join(
		os.WriteFile(at("metadata.json"), []byte(boxMetadata), 0o644),
		os.WriteFile(at("Vagrantfile"), []byte(boot), 0o644),
		writeInitrd(at("initrd"), tree, version),
		tool("cp", image, at("kernel")),
		tool("qemu-img", "convert", "-f", "raw", "-O", "qcow2", disk, at("box.img")),
	)
	if err != nil {
		return err
	}
	// Vagrant's bsdtar takes an archive that is not compressed, too.
	return tool("tar", "-C", place.dir, "-cf", path, "metadata.json", "Vagrantfile", "kernel", "initrd", "box.img")
}

// tool runs a program of the host that says something only when it fails.
func tool(argv ...string) error {
	if out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", argv[0], err, tail(string(out), 20))
	}
	return nil
}

// boxMetadata names the disk; vagrant-libvirt asks qemu-img for its size.
const boxMetadata = `{"provider": "libvirt", "disks": [{"path": "box.img"}]}
`

// boxVagrantfile has the machine start without a boot loader, which its disk
// lacks, and without KVM, which the host may lack, so that it takes its time:
// on the processor that emulation is quickest with (see accel), and with a disk
// that does not wait for the host's.
const boxVagrantfile = `Vagrant.configure("2") do |config|
  config.vm.boot_timeout = 900
  config.vm.provider :libvirt do |libvirt|
    libvirt.driver = "qemu"
    libvirt.memory = 768
    libvirt.cpu_mode = "custom"
    libvirt.cpu_model = "Nehalem"
    libvirt.cpu_feature name: "rdrand", policy: "require"
    libvirt.cpu_feature name: "cx16", policy: "disable"
    libvirt.disk_driver cache: "unsafe"
    libvirt.kernel = File.join(__dir__, "kernel")
    libvirt.initrd = File.join(__dir__, "initrd")
    libvirt.cmd_line = "COMMAND_LINE"
  end
end
`
