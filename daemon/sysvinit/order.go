package sysvinit

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/daemon/keep"
	"github.com/activate-agent/activate/daemon/supervise"
)

// orders are what insserv(8) writes for startpar(8). Where they are, the rc of
// Debian runs the scripts that they name and no others.
func orders() []string { return []string{".depend.boot", ".depend.start", ".depend.stop"} }

// ordering has insserv read the copies in $0 as if they were the host's, since
// it writes these files for /etc/init.d only, and would give everybody's links
// new numbers.
const ordering = `set -e
cp -a /etc/init.d /etc/rc?.d "$0"
rm -f "$0"/init.d/.depend.*
for dir in "$0"/*; do mount --bind "$dir" "/etc/${dir##*/}"; done
insserv`

// Order has startpar know the scripts of the services and of the boot entry. A
// host that starts its scripts by the numbers of links needs nothing.
func (m *Manager) Order(ctx context.Context, services []keep.Spec) error {
	dir := rootfs.Rel(defaultDir)
	if m.opts.Own != nil {
		return nil
	}
	if _, err := m.opts.Root.Lstat(path.Join(dir, orders()[0])); err != nil {
		return nil // Nobody reads what is not there.
	}
	for _, tool := range []string{"startpar", "insserv"} {
		if _, err := exec.LookPath(tool); err != nil {
			return nil // Without the one rc goes by numbers, without the other nobody keeps the files.
		}
	}
	scratch, err := os.MkdirTemp("", "activate-insserv-")
	if err != nil {
		return fmt.Errorf("cannot order init scripts: %w", err)
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	if _, err := supervise.Command(ctx, "unshare", "--mount", "sh", "-c", ordering, scratch); err != nil {
		return fmt.Errorf("cannot order init scripts: %w", err)
	}
	ours := func(name string) bool {
		return name == supervise.BootUnit || name == supervise.BootedUnit || slices.ContainsFunc(services, func(s keep.Spec) bool { return s.Name == name })
	}
	for _, name := range orders() {
		if err := m.renew(path.Join(dir, name), filepath.Join(scratch, "init.d", name), ours); err != nil {
			return fmt.Errorf("cannot order init scripts: %w", err)
		}
	}
	return nil
}

// renew brings what insserv wrote to file into p.
func (m *Manager) renew(p, file string, ours func(string) bool) error {
	fresh, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	was, err := m.opts.Root.ReadFile(p, 1<<20)
	if err != nil {
		return err
	}
	will := merge(string(was), string(fresh), ours)
	if will == string(was) {
		return nil
	}
	attr := m.opts.Root.Private()
	attr.Mode = 0o644
	return m.opts.Root.WriteFile(p, strings.NewReader(will), attr)
}
