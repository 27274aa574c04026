// Package sysvinit runs services by scripts in /etc/init.d with links in the
// directories of the runlevels.
//
// It owns the scripts, their LSB headers and the links. It refuses to trust a
// file with a process id: the scripts have activate start, find and stop the
// keeper. The header is that of LSB 5.0, 22.3, as insserv(8) reads it.
package sysvinit

import (
	"context"
	"fmt"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/daemon"
	"github.com/activate-agent/activate/daemon/keep"
	"github.com/activate-agent/activate/daemon/supervise"
)

const defaultDir = "/etc/init.d"

// maxLevel is the highest number of a start link whose stop link still has
// two digits.
const maxLevel = 99

// Manager is a host with init scripts.
type Manager struct {
	opts supervise.Options
	dir  string
}

// New gives the scripts in dir; empty means /etc/init.d.
func New(o supervise.Options, dir string) *Manager {
	switch {
	case dir != "":
	case o.Own != nil:
		dir = path.Join(o.Own.Config, "init.d")
	default:
		dir = defaultDir
	}
	return &Manager{opts: o.Complete(), dir: dir}
}

// Name is "sysvinit".
func (*Manager) Name() string { return "sysvinit" }

// Place moves to another directory of scripts.
func (m *Manager) Place(dir string) { m.dir = dir }

// Files are the script and, for what starts with the host, its links.
func (m *Manager) Files(s keep.Spec) (supervise.Native, error) {
	if s.Bundle() {
		return supervise.Native{}, nil
	}
	n := supervise.Native{Parts: []daemon.Part{{
		Path: path.Join(rootfs.Rel(m.dir), s.Name), Name: s.Name, Content: m.script(s), Mode: 0o755,
	}}}
	if !s.Boot || m.opts.Own != nil {
		return n, nil
	}
	if s.Level >= maxLevel {
		return n, fmt.Errorf("it is number %d in the order of starts, and links of runlevels end at %d", s.Level, maxLevel)
	}
	n.Links = map[string]string{}
	starts := headerOf(s).levels("Default-Start")
	for level := range 7 {
		name := fmt.Sprintf("K%02d%s", 100-s.Level, s.Name)
		if slices.Contains(starts, strconv.Itoa(level)) {
			name = fmt.Sprintf("S%02d%s", s.Level, s.Name)
		}
		n.Links[fmt.Sprintf("etc/rc%d.d/%s", level, name)] = "../init.d/" + s.Name
	}
	return n, nil
}

func (m *Manager) script(s keep.Spec) []byte {
	flags := []string{"--log", m.opts.LogDir(s.Name)}
	call := func(verb string) string { return supervise.Line(m.opts.Keep(verb, s.Name, flags...)) }
	var b strings.Builder
	fmt.Fprintf(&b, "#!/bin/sh\n%s# Written by activate.\ncase \"$1\" in\n", headerOf(s))
	verbs := []string{"start", "stop", "restart", "reload", "force-reload", "status"}
	if s.Reload == nil {
		verbs = slices.DeleteFunc(verbs, func(v string) bool { return v == "reload" })
	}
	for _, verb := range verbs {
		fmt.Fprintf(&b, "%s) exec %s ;;\n", verb, call(verb))
	}
	fmt.Fprintf(&b, "reload) echo \"%s cannot reload\" >&2; exit 3 ;;\n", s.Name)
	fmt.Fprintf(&b, "*) echo \"Usage: $0 {%s}\" >&2; exit 1 ;;\nesac\n", strings.Join(verbs, "|"))
	return []byte(b.String())
}

// Detect tells whether process 1 is the init of System V.
func Detect() bool { return supervise.PID1() == "init" }

// Running tells whether scripts are what this host runs services by: scripts
// need nobody, but an init of another kind would not know of them.
func (m *Manager) Running() bool {
	if m.opts.Own != nil {
		return true
	}
	others := []string{"systemd", "finit", "s6-svscan", "runit"}
	return m.opts.Root.Dir() == "/" && !slices.Contains(others, supervise.PID1()) && !exists("/run/systemd/system")
}

func exists(p string) bool {
	_, err := os.Lstat(p)
	return err == nil
}

// Refresh has the boot know the scripts; they are read when they run.
func (m *Manager) Refresh(ctx context.Context, services []keep.Spec) error {
	return m.Order(ctx, services)
}

// Up runs the script, which waits until the service is up.
func (m *Manager) Up(ctx context.Context, name string) error {
	_, err := supervise.Command(ctx, path.Join(m.dir, name), "start")
	return err
}

// Down runs the script, which waits until the service is down. Without a
// script there is nothing to stop it by but its keeper.
func (m *Manager) Down(ctx context.Context, name string) error {
	script := path.Join(m.dir, name)
	if !exists(script) {
		return nil
	}
	_, err := supervise.Command(ctx, script, "stop")
	return err
}
