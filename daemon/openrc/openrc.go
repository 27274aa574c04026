// Package openrc runs services by scripts of openrc-run(8), started in the
// runlevel "default".
//
// It owns the scripts and their links. It refuses OpenRC's own supervision:
// the scripts have activate start, find and stop the keeper. The format is
// that of OpenRC 0.45.
package openrc

import (
	"context"
	"fmt"
	"os"
	"path"
	"strings"
	"time"

	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/daemon"
	"github.com/activate-agent/activate/daemon/keep"
	"github.com/activate-agent/activate/daemon/supervise"
)

const (
	scripts   = "/etc/init.d"
	runlevels = "/etc/runlevels"
	// softlevel is there once OpenRC has started.
	softlevel = "/run/openrc/softlevel"
	// stopLimit is longer than any service should take.
	stopLimit = 10 * time.Minute
)

// Manager is one OpenRC.
type Manager struct {
	opts  supervise.Options
	level string
}

// New gives the OpenRC of the runlevel; empty means "default".
func New(o supervise.Options, level string) *Manager {
	if level == "" {
		level = "default"
	}
	return &Manager{opts: o.Complete(), level: level}
}

// Name is "openrc".
func (*Manager) Name() string { return "openrc" }

// Place moves to another runlevel.
func (m *Manager) Place(level string) { m.level = level }

// Files are the script and, for what starts with the host, its link.
func (m *Manager) Files(s keep.Spec) (supervise.Native, error) {
	if s.Bundle() {
		return supervise.Native{}, nil
	}
	if err := checkSettings(s); err != nil {
		return supervise.Native{}, err
	}
	n := supervise.Native{Parts: []daemon.Part{{
		Path: path.Join(rootfs.Rel(scripts), s.Name), Name: s.Name, Content: m.script(s), Mode: 0o755,
	}}}
	if s.Boot {
		n.Links = map[string]string{path.Join(rootfs.Rel(runlevels), m.level, s.Name): path.Join(scripts, s.Name)}
	}
	return n, nil
}

func (m *Manager) script(s keep.Spec) []byte {
	call := func(verb string) string {
		return supervise.Line(m.opts.Keep(verb, s.Name, "--log", m.opts.LogDir(s.Name)))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "#!/sbin/openrc-run\n# Written by activate.\ndescription=%s\n", supervise.Quote(supervise.Comment(s.Description)))
	if s.Reload != nil {
		b.WriteString("extra_started_commands=reload\n")
	}
	b.WriteString(variables(s))
	b.WriteString("\ndepend() {\n")
	for _, word := range words() {
		if names := depends(s, word); len(names) > 0 {
			fmt.Fprintf(&b, "\t%s %s\n", word, strings.Join(names, " "))
		}
	}
	b.WriteString("}\n")
	verbs := [][2]string{{"start", "Starting"}, {"stop", "Stopping"}}
	if s.Reload != nil {
		verbs = append(verbs, [2]string{"reload", "Reloading"})
	}
	for _, verb := range verbs {
		fmt.Fprintf(&b, "\n%s() {\n\tebegin \"%s ${RC_SVCNAME}\"\n\t%s\n\teend $?\n}\n", verb[0], verb[1], call(verb[0]))
	}
	fmt.Fprintf(&b, "\nstatus() {\n\t%s\n}\n", call("status"))
	return []byte(b.String())
}

// Detect tells whether OpenRC runs on this host.
func Detect() bool {
	_, err := os.Stat(softlevel)
	return err == nil
}

// Running tells whether OpenRC has started.
func (m *Manager) Running() bool { return m.opts.Root.Dir() == "/" && Detect() }

// Refresh has OpenRC read what depends on what.
func (*Manager) Refresh(ctx context.Context, _ []keep.Spec) error {
	_, err := supervise.Command(ctx, "rc-update", "--update")
	return err
}

// Up starts the service alone: its keeper waits for what it needs. What
// OpenRC believes of a service whose keeper is gone is forgotten first.
func (m *Manager) Up(ctx context.Context, name string) error {
	s, err := m.opts.Dirs.Status(name)
	if err != nil {
		return err
	}
	if !s.Keeper.Alive() {
		if _, err := service(ctx, name, "zap"); err != nil {
			return err
		}
	}
	_, err = service(ctx, name, "start")
	return err
}

// Down stops the service alone. One whose start failed has a keeper that tries
// again, of which OpenRC knows nothing.
func (m *Manager) Down(ctx context.Context, name string) error {
	if _, err := os.Stat(path.Join(scripts, name)); err == nil {
		if _, err := service(ctx, name, "stop"); err != nil {
			return err
		}
	}
	return keep.Stop(name, m.opts.Dirs, stopLimit)
}

func service(ctx context.Context, name, verb string) (string, error) {
	return supervise.Command(ctx, "rc-service", "--nodeps", name, verb)
}
