package main

import (
	"fmt"
	"os"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// modulesList names, in the order to load them, the modules beside it.
const modulesList = "/modules/order"

// newRoot is where the machine's root is mounted at first.
const newRoot = "/root"

// boot makes of the initial RAM disk the machine. It returns only on errors.
func boot() error {
	if err := loadModules(); err != nil {
		return err
	}
	for _, m := range []struct {
		source, target, fstype string
		flags                  uintptr
	}{
		{"devtmpfs", "/dev", "devtmpfs", unix.MS_NOSUID},
		// As every distribution: read-only until the init mounts it again.
		{"/dev/vda", newRoot, "ext4", unix.MS_RDONLY},
		{"devtmpfs", newRoot + "/dev", "devtmpfs", unix.MS_NOSUID},
		{"proc", newRoot + "/proc", "proc", unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC},
		{"sysfs", newRoot + "/sys", "sysfs", unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC},
	} {
		if err := os.MkdirAll(m.target, 0o755); err != nil {
			return err
		}
		if err := unix.Mount(m.source, m.target, m.fstype, m.flags, ""); err != nil {
			return fmt.Errorf("cannot mount %s at %s: %w", m.source, m.target, err)
		}
	}
	if err := moveRoot(); err != nil {
		return err
	}
	if err := leaveAgent(); err != nil {
		return err
	}
	return syscall.Exec("/sbin/init", []string{"/sbin/init"}, []string{"HOME=/", "TERM=linux"})
}

func loadModules() error {
	list, err := os.ReadFile(modulesList)
	if err != nil {
		return err
	}
	for name := range strings.FieldsSeq(string(list)) {
		f, err := os.Open("/modules/" + name)
		if err != nil {
			return err
		}
		err = unix.FinitModule(int(f.Fd()), "", 0)
		_ = f.Close()
		if err != nil {
			return fmt.Errorf("cannot load %s: %w", name, err)
		}
	}
	return nil
}

// moveRoot makes newRoot the root, as switch_root(8) does.
func moveRoot() error {
	if err := os.Chdir(newRoot); err != nil {
		return err
	}
	if err := unix.Mount(".", "/", "", unix.MS_MOVE, ""); err != nil {
		return fmt.Errorf("cannot move the root: %w", err)
	}
	if err := unix.Chroot("."); err != nil {
		return err
	}
	return os.Chdir("/")
}

// leaveAgent starts the copy that stays. The program's file is out of sight by
// now; /proc still leads to it.
func leaveAgent() error {
	log, err := os.OpenFile("/dev/console", os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	_, err = os.StartProcess("/proc/self/exe", []string{"testvm-agent"}, &os.ProcAttr{
		Dir: "/", Files: []*os.File{nil, log, log}, Sys: &syscall.SysProcAttr{Setsid: true},
	})
	return err
}
