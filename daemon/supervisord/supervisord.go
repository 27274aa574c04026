// Package supervisord runs services under supervisord(1): one configuration
// file with one program for each service.
//
// It owns those files and the commands of supervisorctl(1). It refuses groups,
// which restart together, priorities, which do not wait, and "update", which
// restarts more than what changed: keepers order themselves. The format is
// that of supervisor 4.2.
package supervisord

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/daemon"
	"github.com/activate-agent/activate/daemon/keep"
	"github.com/activate-agent/activate/daemon/supervise"
)

// defaultDir is where Debian's supervisord reads programs from.
const defaultDir = "/etc/supervisor/conf.d"

// Manager is one supervisord.
type Manager struct {
	opts supervise.Options
	// config is the file that the running one was started with.
	config string
	// dir and suffix are those of its [include].
	dir, suffix string
}

// New gives the supervisord that reads programs from dir; empty means what the
// running one includes.
func New(o supervise.Options, dir string) *Manager {
	m := &Manager{opts: o.Complete(), dir: defaultDir, suffix: ".conf"}
	if o.Own != nil {
		m.dir = ""
	}
	if config, ok := Find(); ok {
		m.config = config
		if d, suffix := included(config); d != "" {
			m.dir, m.suffix = d, suffix
		}
	}
	if dir != "" {
		m.dir = dir
	}
	return m
}

// Name is "supervisord".
func (*Manager) Name() string { return "supervisord" }

// Place moves to another directory of programs.
func (m *Manager) Place(dir string) { m.dir = dir }

// Files is the service's program.
func (m *Manager) Files(s keep.Spec) (supervise.Native, error) {
	if s.Bundle() {
		return supervise.Native{}, nil
	}
	if strings.ContainsAny(s.Name, ":]") {
		return supervise.Native{}, fmt.Errorf("supervisord allows no : or ] in a name")
	}
	if m.dir == "" {
		return supervise.Native{}, m.noDir()
	}
	keys := map[string]string{
		"command":         command(m.opts.Run(s.Name, "--log", m.opts.LogDir(s.Name))),
		"autostart":       fmt.Sprint(s.Boot),
		"autorestart":     "true",
		"startsecs":       "0",
		"stopsignal":      "TERM",
		"stopwaitsecs":    "3600",
		"killasgroup":     "true",
		"redirect_stderr": "true",
		// The keeper has a log: without the directory of one of its own, as where
		// /var/log is new at each boot, supervisord does not even start.
		"stdout_logfile": "NONE",
	}
	for key, values := range s.Init["supervisord"][""] {
		keys[key] = strings.Join(values, ",")
	}
	var b strings.Builder
	fmt.Fprintf(&b, "; Written by activate.\n[program:%s]\n", s.Name)
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		fmt.Fprintf(&b, "%s=%s\n", key, keys[key])
	}
	name := s.Name + m.suffix
	return supervise.Native{Parts: []daemon.Part{{
		Path: path.Join(rootfs.Rel(m.dir), name), Name: name, Content: []byte(b.String()), Mode: 0o644,
	}}}, nil
}

// noDir says why there is no place for an ordinary user's programs.
func (m *Manager) noDir() error {
	if m.config == "" {
		return errors.New("no supervisord of yours runs with a configuration of its own; start one with -c FILE, in which [include] has files = DIR/*.conf")
	}
	return fmt.Errorf("%s includes no directory; add [include] with files = DIR/*.conf to it and start supervisord again", m.config)
}

// command is a command line as supervisord splits it, which is as sh does.
func command(argv []string) string { return escape(supervise.Line(argv)) }

// escape: a percent sign begins an expansion.
func escape(s string) string { return strings.ReplaceAll(s, "%", "%%") }

// Running tells whether supervisord answers.
func (m *Manager) Running() bool {
	_, ok := Find()
	return ok && m.opts.Root.Dir() == "/"
}

// Refresh adds programs that are new and removes those that are gone. A
// changed one is taken up when supervisord starts again: what it says of a
// keeper hardly matters to one that runs.
func (m *Manager) Refresh(ctx context.Context, services []keep.Spec) error {
	out, err := m.ctl(ctx, "reread")
	if err != nil {
		return err
	}
	ours, err := m.ours(services)
	if err != nil {
		return err
	}
	found := map[string][]string{}
	for line := range strings.Lines(out) {
		name, what, _ := strings.Cut(strings.TrimSpace(line), ": ")
		if slices.Contains(ours, name) {
			found[what] = append(found[what], name)
		}
	}
	if gone := found["disappeared"]; len(gone) > 0 {
		// At boot nobody has stopped them: their keepers wait to begin.
		if err := m.down(ctx, gone...); err != nil {
			return err
		}
		if _, err := m.ctl(ctx, append([]string{"remove"}, gone...)...); err != nil {
			return err
		}
	}
	if fresh := found["available"]; len(fresh) > 0 {
		_, err = m.ctl(ctx, append([]string{"add"}, fresh...)...)
	}
	return err
}

// ours are the services that are, and those that were.
func (m *Manager) ours(services []keep.Spec) ([]string, error) {
	names, err := m.opts.Dirs.Names()
	for _, s := range services {
		names = append(names, s.Name)
	}
	return names, err
}

// Up has the keeper run.
func (m *Manager) Up(ctx context.Context, name string) error {
	out, err := m.ctl(ctx, "start", name)
	return m.answer(out, err, "ALREADY_STARTED", "already started")
}

// Down has the keeper stop, and waits for it.
func (m *Manager) Down(ctx context.Context, name string) error { return m.down(ctx, name) }

// down does so for several at once. What it forgives of one it forgives of all;
// supervisord refuses to remove a program that still runs.
func (m *Manager) down(ctx context.Context, names ...string) error {
	out, err := m.ctl(ctx, append([]string{"stop"}, names...)...)
	return m.answer(out, err, "NOT_RUNNING", "not running", "no such process")
}

// answer forgives what is already as it is to be. Up to version 4.0 a command
// that failed says so in its output only.
func (*Manager) answer(out string, err error, fine ...string) error {
	text := out
	if err != nil {
		text += err.Error()
	}
	for _, f := range fine {
		if strings.Contains(text, f) {
			return nil
		}
	}
	if err == nil && strings.Contains(out, "ERROR") {
		return fmt.Errorf("supervisorctl: %s", strings.TrimSpace(out))
	}
	return err
}

// relative makes p absolute below the directory of the file that names it.
func relative(p, file string) string {
	if filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(filepath.Dir(file), p)
}

// Login runs supervisord in the foreground.
func (m *Manager) Login() []string { return []string{"supervisord", "--nodaemon", "-c", m.config} }

// Boot is a program that runs once, first.
func (m *Manager) Boot(argv []string) supervise.Native { return m.once(supervise.BootUnit, argv) }

// Booted is another one, beside the services.
func (m *Manager) Booted(argv []string) supervise.Native { return m.once(supervise.BootedUnit, argv) }

func (m *Manager) once(name string, argv []string) supervise.Native {
	text := fmt.Sprintf("; Written by activate.\n[program:%s]\nautorestart=false\ncommand=%s\npriority=1\nstartsecs=0\n", name, command(argv))
	return supervise.Native{Parts: []daemon.Part{{
		Path: path.Join(rootfs.Rel(m.dir), name+m.suffix), Content: []byte(text), Mode: 0o644,
	}}}
}
