// Package runit runs services under runsvdir(8): a directory for each in
// /etc/sv, linked into the one that runsvdir watches, with svlogd as logger.
//
// It owns those directories and the commands of sv(8). It refuses to order
// services or to know their commands: a keeper runs in each directory. The
// format is that of runsv(8), version 2.1.2.
package runit

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/daemon"
	"github.com/activate-agent/activate/daemon/keep"
	"github.com/activate-agent/activate/daemon/supervise"
)

const (
	defaultDir     = "/etc/sv"
	defaultScanDir = "/etc/service"
	// limit is how long runsvdir may take to look again, which it does every
	// five seconds.
	limit = 30 * time.Second
)

// Manager is one runsvdir.
type Manager struct {
	opts supervise.Options
	scan string
}

// New gives the runit whose services are linked in scan; empty means the
// running one's.
func New(o supervise.Options, scan string) *Manager {
	m := &Manager{opts: o.Complete(), scan: scan}
	if scan == "" {
		m.scan = defaultScanDir
		if o.Own != nil {
			m.scan = path.Join(o.Own.Config, "service")
		}
		if found, ok := Find(); ok {
			m.scan = found
		}
	}
	return m
}

// Find gives the directory of the runsvdir that runs on this host: its first
// argument that is no option.
func Find() (scan string, ok bool) {
	p, ok := supervise.First("runsvdir")
	if !ok {
		return "", false
	}
	for _, arg := range p.Argv[1:] {
		if strings.HasPrefix(arg, "-") {
			continue
		}
		if !filepath.IsAbs(arg) {
			// It changes into the directory.
			return p.Dir, true
		}
		return filepath.Clean(arg), true
	}
	return "", false
}

// Name is "runit".
func (*Manager) Name() string { return "runit" }

// Place moves to another directory of links.
func (m *Manager) Place(scan string) { m.scan = scan }

// Files are the service's directory and its link. What runsv keeps in it goes
// to /run, as far as it is runsv's to make.
func (m *Manager) Files(s keep.Spec) (supervise.Native, error) {
	if s.Bundle() {
		return supervise.Native{}, nil
	}
	dir := path.Join(rootfs.Rel(m.definitions()), s.Name)
	logs := m.opts.LogDir(s.Name)
	n := supervise.Native{Links: map[string]string{
		path.Join(dir, "supervise"):           m.state(s.Name),
		path.Join(dir, "log/supervise"):       m.state(s.Name) + logSuffix,
		path.Join(rootfs.Rel(m.scan), s.Name): path.Join(m.definitions(), s.Name),
	}}
	add := func(name, content string, mode uint32) {
		n.Parts = append(n.Parts, daemon.Part{Path: path.Join(dir, name), Name: path.Join(s.Name, name), Content: []byte(content), Mode: mode})
	}
	add("run", string(supervise.Script(m.opts.Run(s.Name))), 0o755)
	// sv runs it with its output closed.
	add("check", "#!/bin/sh\n# Written by activate.\nexec "+supervise.Line(m.opts.Keep("status", s.Name))+" >/dev/null 2>&1\n", 0o755)
	add("log/run", string(supervise.LogScript(logs, []string{"svlogd", "-tt", logs})), 0o755)
	if !s.Boot {
		add("down", "", 0o644)
	}
	for key, values := range s.Init["runit"][""] {
		add(key, strings.Join(values, "\n")+"\n", 0o644)
	}
	return n, nil
}

// logSuffix ends the state's name of a logger.
const logSuffix = ".log"

// state is where runsv keeps its pipes. The directory above it is there from
// the start of a boot, since runsv makes only this one.
func (m *Manager) state(name string) string {
	if m.opts.Own != nil {
		return path.Join(m.opts.Own.Runtime, "runit."+name)
	}
	return "/run/runit." + name
}

// definitions is where the services' directories are.
func (m *Manager) definitions() string {
	if m.opts.Own != nil {
		return path.Join(m.opts.Own.Config, "sv")
	}
	return defaultDir
}

// Running tells whether a runsvdir watches the directory.
func (m *Manager) Running() bool {
	found, ok := Find()
	if m.opts.Root.Dir() != "/" || !ok {
		return false
	}
	a, err1 := os.Stat(found)
	b, err2 := os.Stat(m.scan)
	return err1 == nil && err2 == nil && os.SameFile(a, b)
}

func (m *Manager) supervised(name string) bool { return supervise.Listens(m.state(name) + "/ok") }

// Refresh waits until runsvdir has noticed what came and what went.
func (m *Manager) Refresh(ctx context.Context, services []keep.Spec) error {
	states, err := filepath.Glob(m.state("*"))
	if err != nil {
		return err
	}
	for _, dir := range states {
		name := strings.TrimPrefix(dir, m.state(""))
		if strings.HasSuffix(name, logSuffix) || exists(path.Join(m.definitions(), name, "run")) {
			continue
		}
		if err := m.release(ctx, name); err != nil {
			return err
		}
	}
	for _, s := range services {
		err := supervise.Until(ctx, limit, "runsv on "+s.Name, func() bool { return m.supervised(s.Name) })
		if err != nil {
			return err
		}
	}
	return nil
}

func exists(p string) bool {
	_, err := os.Lstat(p)
	return err == nil
}

// release has runsv of a service that is gone leave.
func (m *Manager) release(ctx context.Context, name string) error {
	if err := control(m.state(name), "dx"); err != nil {
		return err
	}
	err := supervise.Until(ctx, limit, "runsv to leave "+name, func() bool { return !m.supervised(name) })
	for _, dir := range []string{m.state(name), m.state(name) + logSuffix} {
		err = errors.Join(err, os.RemoveAll(dir))
	}
	return err
}

// control writes commands to runsv; nobody there is no error.
func control(state, commands string) error {
	if !supervise.Listens(state + "/control") {
		return nil
	}
	err := os.WriteFile(state+"/control", []byte(commands), 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Up has the keeper run.
func (m *Manager) Up(_ context.Context, name string) error { return control(m.state(name), "u") }

// Down has the keeper stop.
func (m *Manager) Down(_ context.Context, name string) error { return control(m.state(name), "d") }

// Login makes the directory of links, which may be gone since, and becomes
// runsvdir.
func (m *Manager) Login() []string {
	return []string{"sh", "-c", `mkdir -p "$1" && exec runsvdir -P "$1"`, "sh", m.scan}
}

// Boot is a directory whose command runs once.
func (m *Manager) Boot(argv []string) supervise.Native { return m.once(supervise.BootUnit, argv) }

// Booted is another one, beside the services.
func (m *Manager) Booted(argv []string) supervise.Native { return m.once(supervise.BootedUnit, argv) }

// once is a directory whose command's end takes it down.
func (m *Manager) once(name string, argv []string) supervise.Native {
	dir := path.Join(m.definitions(), name)
	down := []string{"sv", "down", dir}
	return supervise.Native{
		Parts: []daemon.Part{
			{Path: path.Join(rootfs.Rel(dir), "run"), Content: supervise.Script(argv), Mode: 0o755},
			{Path: path.Join(rootfs.Rel(dir), "finish"), Content: supervise.Script(down), Mode: 0o755},
		},
		Links: map[string]string{
			path.Join(rootfs.Rel(dir), "supervise"): m.state(name),
			path.Join(rootfs.Rel(m.scan), name):     dir,
		},
	}
}
