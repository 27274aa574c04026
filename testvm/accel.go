package testvm

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// probeTimeout is how long a kernel may take under KVM to find that it has no
// root; it is a fraction of a second where KVM works.
const probeTimeout = 10 * time.Second

// accel gives QEMU's arguments for the processor. KVM is used only after a
// guest really ran: there are hosts whose /dev/kvm opens and whose guests hang.
// What came of it holds until the host boots again.
func accel(kernel string) ([]string, error) {
	works, err := probed(kernel)
	if err != nil {
		return nil, err
	}
	if works {
		return []string{"-accel", "kvm", "-cpu", "host"}, nil
	}
	// A plain processor is a tenth faster in emulation than "max". QEMU 7.2
	// garbles the flags after cmpxchg16b, and Linux 6.12 then its memory.
	return []string{"-accel", "tcg,thread=multi", "-cpu", "Nehalem,+rdrand,-cx16"}, nil
}

func probed(kernel string) (bool, error) {
	cache, err := cacheDir()
	if err != nil {
		return false, err
	}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return false, err
	}
	lock, err := lockFile(filepath.Join(cache, "kvm.lock"), unix.LOCK_EX)
	if err != nil {
		return false, err
	}
	defer func() { _ = lock.Close() }()
	verdict := filepath.Join(cache, "kvm")
	known, err := os.ReadFile(verdict)
	if err == nil && strings.HasPrefix(string(known), string(boot)) {
		return strings.HasSuffix(string(known), "works\n"), nil
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return false, err
	}
	works, word := runsUnderKVM(kernel), "hangs\n"
	if works {
		word = "works\n"
	}
	return works, os.WriteFile(verdict, append(boot, word...), 0o644)
}

// runsUnderKVM boots a kernel without a root: it panics, and "panic=-1" has it
// reset the machine, which ends QEMU.
func runsUnderKVM(kernel string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), probeTimeout)
	defer cancel()
	out, err := exec.CommandContext(ctx, qemu, "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
		"-accel", "kvm", "-cpu", "host", "-m", "256", "-serial", "stdio",
		"-kernel", kernel, "-append", "console=ttyS0 panic=-1").Output()
	return err == nil && strings.Contains(string(out), "Kernel panic")
}
