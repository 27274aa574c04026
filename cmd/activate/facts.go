package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/modules"
)

// facts gathers what a configuration may read as host.*. Those of the operating
// system and the name come from the root.
func (h *host) facts() (modules.Host, error) {
	root := h.engine.Root
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return modules.Host{}, os.NewSyscallError("uname", err)
	}
	release, err := osRelease(root)
	if err != nil {
		return modules.Host{}, err
	}
	hostname := unix.ByteSliceToString(u.Nodename[:])
	if h.engine.Offline {
		if hostname, err = rootHostname(root); err != nil {
			return modules.Host{}, err
		}
	}
	return modules.Host{
		Hostname:    hostname,
		Arch:        runtime.GOARCH,
		Kernel:      unix.ByteSliceToString(u.Release[:]),
		Init:        h.wiring.init.Name(),
		OSID:        release["ID"],
		OSVersionID: release["VERSION_ID"],
		CPUs:        runtime.NumCPU(),
		MemoryMB:    memoryMB(),
	}, nil
}

// osRelease reads os-release(5) of the root; a root without one has no facts
// of it.
func osRelease(root *rootfs.Root) (map[string]string, error) {
	out := map[string]string{}
	for _, p := range []string{"etc/os-release", "usr/lib/os-release"} {
		b, err := root.ReadThrough(p, 1<<20)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("cannot read os-release: %w", err)
		}
		for line := range strings.Lines(string(b)) {
			if k, v, ok := strings.Cut(strings.TrimSpace(line), "="); ok && !strings.HasPrefix(k, "#") {
				out[k] = strings.Trim(v, `"'`)
			}
		}
		return out, nil
	}
	return out, nil
}

func rootHostname(root *rootfs.Root) (string, error) {
	b, err := root.ReadThrough("etc/hostname", 1<<16)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("cannot read the host name: %w", err)
	}
	return strings.TrimSpace(string(b)), nil
}

// memoryMB is MemTotal of proc(5) in MiB; 0 where /proc is not mounted.
func memoryMB() int {
	b, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0
	}
	lines := bufio.NewScanner(bytes.NewReader(b))
	for lines.Scan() {
		f := strings.Fields(lines.Text())
		if len(f) >= 2 && f[0] == "MemTotal:" {
			kb, _ := strconv.Atoi(f[1])
			return kb / 1024
		}
	}
	return 0
}
