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
}

func (c Config) suite() string {
	if c.Suite == "" {
		return "bookworm"
	}
	return c.Suite
}

// packages gives all packages, sorted, each once. Every machine has an init
// with its bus, and a Nix that nobody has set up.
func (c Config) packages() []string {
	all := append([]string{"systemd", "systemd-sysv", "dbus", "udev", "nix-bin", "iproute2"}, c.Packages...)
	slices.Sort(all)
	return slices.Compact(all)
}

// checkHost errors when this host cannot run machines, with the way out.
func checkHost() error {
	if os.Geteuid() != 0 {
		return fmt.Errorf("cannot boot a machine: only root may")
	}
	for _, tool := range []string{"systemd-nspawn", "mmdebstrap", "nsenter"} {
		if _, err := exec.LookPath(tool); err != nil {
			return fmt.Errorf("cannot boot a machine: %s is not installed; run: apt-get update && apt-get install -y systemd-container mmdebstrap util-linux", tool)
		}
	}
	return nil
}
