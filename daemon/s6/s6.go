// Package s6 runs services under s6-svscan(8): a service directory for each in
// the scan directory, with a rotating logger.
//
// It owns those directories and the s6 tools' command lines. It refuses to
// order services or to know their commands: a keeper runs in each directory.
// The format is that of servicedir(7) and s6-svscan(8), version 2.11.
package s6

import (
	"context"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/daemon"
	"github.com/activate-agent/activate/daemon/keep"
	"github.com/activate-agent/activate/daemon/supervise"
)

// defaultScanDir is used where no s6-svscan runs.
const defaultScanDir = "/run/service"

// limit is how long s6 itself may take for what it does at once.
const limit = 20 * time.Second

// Manager is one s6-svscan.
type Manager struct {
	opts supervise.Options
	scan string
}

// New gives the s6 whose scan directory is scan; empty means the running
// one's.
func New(o supervise.Options, scan string) *Manager {
	m := &Manager{opts: o.Complete(), scan: scan}
	if scan == "" {
		m.scan = defaultScanDir
		if o.Own != nil {
			m.scan = path.Join(o.Own.Config, "s6")
		}
		if found, ok := Find(); ok {
			m.scan = found
		}
	}
	return m
}

// Find gives the scan directory of the s6-svscan that runs on this host, which
// is its working directory.
func Find() (scan string, ok bool) {
	p, ok := supervise.First("s6-svscan")
	return p.Dir, ok
}

// Name is "s6".
func (*Manager) Name() string { return "s6" }

// Place moves to another scan directory.
func (m *Manager) Place(scan string) { m.scan = scan }

// Files are the service's directory. Settings of its own become files.
func (m *Manager) Files(s keep.Spec) (supervise.Native, error) {
	if s.Bundle() {
		return supervise.Native{}, nil
	}
	dir := path.Join(rootfs.Rel(m.scan), s.Name)
	var parts []daemon.Part
	add := func(name, content string, mode uint32) {
		parts = append(parts, daemon.Part{Path: path.Join(dir, name), Name: path.Join(s.Name, name), Content: []byte(content), Mode: mode})
	}
	logs := m.opts.LogDir(s.Name)
	add("run", string(supervise.Script(m.opts.Run(s.Name, "--ready-fd", "3"))), 0o755)
	add("notification-fd", "3\n", 0o644)
	add("log/run", string(supervise.LogScript(logs, []string{"s6-log", "-b", "n10", "s1000000", "T", logs})), 0o755)
	if !s.Boot {
		add("down", "", 0o644)
	}
	for key, values := range s.Init["s6"][""] {
		add(key, strings.Join(values, "\n")+"\n", 0o644)
	}
	return supervise.Native{Parts: parts}, nil
}

// Running tells whether an s6-svscan takes commands for the scan directory.
func (m *Manager) Running() bool {
	return m.opts.Root.Dir() == "/" && supervise.Listens(filepath.Join(m.scan, ".s6-svscan/control"))
}

func (m *Manager) dir(name string) string { return filepath.Join(m.scan, name) }

// supervised tells whether an s6-supervise runs on the directory.
func supervised(dir string) bool { return supervise.Listens(filepath.Join(dir, "supervise/control")) }

// Refresh has s6-svscan look again. Supervisors of directories whose service
// is gone end first, and take the directory with them.
func (m *Manager) Refresh(ctx context.Context, services []keep.Spec) error {
	if err := m.release(ctx); err != nil {
		return err
	}
	if _, err := supervise.Command(ctx, "s6-svscanctl", "-an", m.scan); err != nil {
		return err
	}
	for _, s := range services {
		dir := m.dir(s.Name)
		err := supervise.Until(ctx, limit, "s6-supervise on "+dir, func() bool { return supervised(dir) })
		if err != nil {
			return err
		}
	}
	return nil
}

// release removes the directories that hold nothing but what s6 itself made:
// their services are gone.
func (m *Manager) release(ctx context.Context) error {
	entries, err := os.ReadDir(m.scan)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		dir := m.dir(entry.Name())
		if !entry.IsDir() || !hollow(dir, "supervise", "event", "log") || !hollow(dir+"/log", "supervise", "event") {
			continue
		}
		if err := m.clear(ctx, dir); err != nil {
			return err
		}
	}
	return nil
}

func (m *Manager) clear(ctx context.Context, dir string) error {
	for _, sub := range []string{dir, dir + "/log"} {
		if supervised(sub) {
			if _, err := supervise.Command(ctx, "s6-svc", "-xd", sub); err != nil {
				return err
			}
		}
	}
	err := supervise.Until(ctx, limit, "s6-supervise to leave "+dir, func() bool { return !supervised(dir) && !supervised(dir+"/log") })
	if err != nil {
		return err
	}
	return m.opts.Root.RemoveAll(rootfs.Rel(dir))
}

// hollow tells whether nothing is in dir but these; an absent one is.
func hollow(dir string, names ...string) bool {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return os.IsNotExist(err)
	}
	for _, e := range entries {
		if !slices.Contains(names, e.Name()) {
			return false
		}
	}
	return len(entries) > 0
}

// Up has the keeper run.
func (m *Manager) Up(ctx context.Context, name string) error {
	_, err := supervise.Command(ctx, "s6-svc", "-u", m.dir(name))
	return err
}

// Down has the keeper stop.
func (m *Manager) Down(ctx context.Context, name string) error {
	if !supervised(m.dir(name)) {
		return nil
	}
	_, err := supervise.Command(ctx, "s6-svc", "-d", m.dir(name))
	return err
}

// Login makes the scan directory, which may be gone since, and becomes
// s6-svscan.
func (m *Manager) Login() []string {
	return []string{"sh", "-c", `mkdir -p "$1" && exec s6-svscan "$1"`, "sh", m.scan}
}

// Boot is a directory whose command runs once.
func (m *Manager) Boot(argv []string) supervise.Native { return m.once(supervise.BootUnit, argv) }

// HoldsBootEntry is true: s6-supervise writes into the entry's directory until its
// command has ended.
func (*Manager) HoldsBootEntry() bool { return true }

// Booted is another one, beside the services.
func (m *Manager) Booted(argv []string) supervise.Native { return m.once(supervise.BootedUnit, argv) }

// once is a directory whose finish says by 125 that it is not to run again.
func (m *Manager) once(name string, argv []string) supervise.Native {
	dir := path.Join(rootfs.Rel(m.scan), name)
	return supervise.Native{Parts: []daemon.Part{
		{Path: path.Join(dir, "run"), Content: supervise.Script(argv), Mode: 0o755},
		{Path: path.Join(dir, "finish"), Content: []byte("#!/bin/sh\nexit 125\n"), Mode: 0o755},
	}}
}
