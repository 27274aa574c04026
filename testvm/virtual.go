package testvm

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// qemu is the emulator's program.
const qemu = "qemu-system-x86_64"

// memory is what a virtual machine has, in MiB.
const memory = 768

// virtual is a machine with a kernel of its own, in QEMU.
type virtual struct {
	name   string
	config Config
	// place holds the sockets, the console's log and the initial RAM disk.
	place  *disk
	disk   *volatileDisk
	server net.Listener
	kernel string
	accel  []string

	qemu    *os.Process
	exited  <-chan struct{}
	channel *channel
	// served is closed when QEMU let go of the disk.
	served chan struct{}
	// wake is the saved state of memory to start from; "" is a cold start.
	wake string
}

func newVirtual(c Config) (*virtual, error) {
	tree, file, err := image(c)
	if err != nil {
		return nil, err
	}
	d, err := openVolatile(file)
	if err != nil {
		return nil, err
	}
	return assembleVirtual(c, tree, d)
}

// assembleVirtual makes a machine of the tree's kernel and the disk d, which is
// then its own.
func assembleVirtual(c Config, tree string, d *volatileDisk) (*virtual, error) {
	place, err := newPlace()
	if err != nil {
		return nil, errors.Join(err, d.close())
	}
	v := &virtual{name: "v" + filepath.Base(place.dir), config: c, place: place, disk: d}
	if err := v.equip(tree); err != nil {
		return nil, errors.Join(err, v.remove())
	}
	return v, nil
}

func (v *virtual) equip(tree string) error {
	image, version, err := kernel(tree)
	if err != nil {
		return err
	}
	if v.kernel, err = unpacked(tree, image); err != nil {
		return err
	}
	if v.accel, err = accel(image); err != nil {
		return err
	}
	if err := writeInitrd(v.at("initrd"), tree, version); err != nil {
		return err
	}
	v.server, err = net.Listen("unix", v.at("disk"))
	return err
}

// at is a file of the machine's own.
func (v *virtual) at(name string) string { return filepath.Join(v.place.dir, name) }

func (v *virtual) console() string { return v.at("console") }

// pace: a question takes a tenth of a second in emulation, of what it waits for
// too, and a boot ten times as long where others are busy.
func (*virtual) pace() (every, timeout time.Duration) { return time.Second, 6 * time.Minute }

// start starts QEMU and gives it the disk.
func (v *virtual) start() (<-chan struct{}, error) {
	cmd := exec.Command(qemu, v.arguments()...)
	cmd.Dir = v.place.dir
	log, err := os.OpenFile(v.at("qemu.log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }()
	cmd.Stdout, cmd.Stderr = log, log
	v.served = make(chan struct{})
	go v.serveDisk(v.served)
	v.exited, err = spawn(cmd)
	if err != nil {
		return nil, err
	}
	v.qemu = cmd.Process
	v.channel = nil
	return v.exited, nil
}

// serveDisk serves one run of QEMU.
func (v *virtual) serveDisk(served chan struct{}) {
	defer close(served)
	conn, err := v.server.Accept()
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }()
	// A killed QEMU leaves half a request; that is the point.
	_ = serveNBD(conn, v.disk)
}

func (v *virtual) arguments() []string {
	args := append([]string{
		"-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
		"-smp", "1", "-m", strconv.Itoa(memory),
		"-kernel", v.kernel, "-initrd", "initrd", "-append", commandLine(v.config),
		"-chardev", "file,id=console,path=console,append=on", "-serial", "chardev:console",
		"-device", "virtio-serial-pci",
		"-chardev", "socket,id=agent,path=agent,server=on,wait=off",
		"-device", "virtserialport,chardev=agent,name=testvm",
		"-blockdev", "driver=nbd,node-name=disk,server.type=unix,server.path=disk",
		"-device", "virtio-blk-pci,drive=disk",
		"-qmp", "unix:qmp,server=on,wait=off",
	}, v.accel...)
	if s := v.config.Segment; s != nil {
		args = append(args, "-netdev", "stream,id=net,addr.type=unix,addr.path="+s.socket(),
			"-device", "virtio-net-pci,netdev=net,mac="+randomMAC())
	}
	if v.wake != "" {
		args = append(args, "-incoming", "exec:cat "+quote(v.wake))
	}
	return args
}

// chores are what Debian does now and then, and a test in emulation has no time
// for: half a minute each.
var chores = [...]string{
	"e2scrub_reap.service", "e2scrub_all.timer", "apt-daily.timer", "apt-daily-upgrade.timer",
	"dpkg-db-backup.timer", "fstrim.timer", "systemd-pstore.service", "ldconfig.service",
}

// commandLine is the kernel's. It has no checks of its own that take time in
// emulation. Emulated code serves again where it stands at the same address,
// so every process has its libraries at the same place: "norandmaps".
func commandLine(c Config) string {
	words := []string{
		"root=/dev/vda", "console=ttyS0", "panic=1", "loglevel=5", "net.ifnames=0", "random.trust_cpu=on",
		"edd=off", "mitigations=off", "no_timer_check", "cryptomgr.notests", "norandmaps",
		"systemd.show_status=1",
	}
	for _, unit := range chores {
		words = append(words, "systemd.mask="+unit)
	}
	return strings.Join(append(words, c.KernelLine...), " ")
}

// ready tells whether the agent answers.
func (v *virtual) ready() bool {
	if v.channel == nil {
		// QEMU makes the socket a moment after it was started.
		c, err := openChannel(v.at("agent"))
		if err != nil {
			return false
		}
		v.channel = c
	}
	return v.channel.answered()
}

func (v *virtual) run(ctx context.Context, s streams, argv ...string) (int, error) {
	return v.channel.run(ctx, s, argv)
}

func (v *virtual) kill() {
	_ = v.qemu.Kill()
	<-v.exited
}

// gone waits until the last write is in.
func (v *virtual) gone() {
	if v.channel != nil {
		_ = v.channel.conn.Close()
	}
	<-v.served
	v.qemu, v.channel, v.wake = nil, nil, ""
	_ = os.Remove(v.at("agent"))
}

func (v *virtual) remove() error {
	if v.server != nil {
		_ = v.server.Close()
	}
	return errors.Join(v.disk.close(), v.place.remove())
}

func (m *Machine) virtual() *virtual {
	m.t.Helper()
	v, ok := m.body.(*virtual)
	if !ok {
		m.t.Fatalf("%s is a container; this needs a virtual machine, Config.Virtual", m.name)
	}
	return v
}

func randomMAC() string {
	h := randomHex(3)
	// 52:54:00 is QEMU's.
	return fmt.Sprintf("52:54:00:%s:%s:%s", h[0:2], h[2:4], h[4:6])
}
