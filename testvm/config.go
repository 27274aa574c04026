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
