package testvm

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
)

// TB is the part of testing.TB a machine needs, so that a program can own one
// too (see the command in testvm/run).
type TB interface {
	Helper()
	Cleanup(func())
	Failed() bool
	Logf(format string, args ...any)
	// Fatalf does not return.
	Fatalf(format string, args ...any)
}

// Config says which machine Start boots.
type Config struct {
	// Suite is the Debian suite; empty means bookworm.
	Suite string
	// Packages are installed besides the ones every machine has.
	Packages []string
	// Virtual asks for a whole virtual machine, with the suite's own kernel.
	Virtual bool
	// KernelLine is added to a virtual machine's kernel command line.
	KernelLine []string
	// Prepare is shell text that runs once in the tree a virtual machine's disk
	// is made of. Nothing is mounted there, and nothing runs.
	Prepare string
	// Segment is the network a virtual machine is on; nil means none.
	Segment *Segment
	// Init is what runs as process 1; nil means systemd.
	Init *Init
}

func (c Config) init() Init {
	if c.Init == nil {
		return systemd()
	}
	return *c.Init
}

func (c Config) suite() string {
	if c.Suite == "" {
		return "bookworm"
	}
	return c.Suite
}

// packages gives all packages, sorted, each once. Every machine has an init;
// one of systemd also has a Nix that nobody has set up.
func (c Config) packages() []string {
	all := slices.Concat(c.init().Packages, []string{"iproute2"}, c.Packages)
	if c.Init == nil {
		all = append(all, "nix-bin")
	}
	if c.Virtual {
		all = append(all, "linux-image-cloud-amd64", "kmod")
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// checkHost errors when this host cannot run such machines, with the way out.
func checkHost(c Config) error {
	if os.Geteuid() != 0 {
		return fmt.Errorf("cannot boot a machine: only root may")
	}
	tools := []string{"systemd-nspawn", "mmdebstrap", "nsenter"}
	if c.Virtual {
		tools = []string{qemu, "qemu-img", "mke2fs", "mmdebstrap", "xz", "zstd"}
	}
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err != nil {
			return fmt.Errorf("cannot boot a machine: %s is not installed; run make deps", tool)
		}
	}
	return nil
}
