// Package s6rc writes services as source definition directories of s6-rc, for
// s6-rc-compile to make a database of.
//
// It owns the directories: a longrun with its logger in a pipeline for what
// keeps running, a oneshot, a bundle, and the bundle "default" of what starts
// with the host. It refuses to drive a live database: build writes, and who
// runs s6-rc compiles. The format is that of s6-rc-compile, version 0.5.
package s6rc

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/daemon"
	"github.com/activate-agent/activate/daemon/keep"
	"github.com/activate-agent/activate/daemon/supervise"
)

const (
	defaultDir = "/etc/s6-rc/source"
	// tree is what the directories are below among all that is rendered.
	tree = "source"
	// bundle is the one that starts with the host.
	bundle = "default"
)

// Manager is a host whose services s6-rc is to run.
type Manager struct {
	opts supervise.Options
	dir  string
}

// Init is s6-rc as an init to write for.
type Init struct{ *supervise.Engine }

// New gives the init; see the package for what it does not do.
func New(o supervise.Options) Init { return Init{supervise.New(newManager(o, ""), o)} }

// Render also makes the bundle of what starts with the host, unless there is nothing
// to start.
func (i Init) Render(d daemon.Desired) ([]daemon.File, error) {
	there := func(t daemon.Target) bool { return t.Name == bundle }
	if len(d.Services) > 0 && !slices.ContainsFunc(d.Targets, there) {
		d.Targets = append(slices.Clone(d.Targets), daemon.Target{Name: bundle, Description: "What starts with the host"})
	}
	return i.Engine.Render(d)
}

// newManager gives the source directories in dir; empty means /etc/s6-rc/source.
func newManager(o supervise.Options, dir string) *Manager {
	if dir == "" {
		dir = defaultDir
	}
	return &Manager{opts: o.Complete(), dir: dir}
}

// Name is "s6-rc".
func (*Manager) Name() string { return "s6-rc" }

// Place moves to another directory of sources.
func (m *Manager) Place(dir string) { m.dir = dir }

// directory collects the files of one definition directory.
type directory struct {
	m     *Manager
	name  string
	parts []daemon.Part
}

func (d *directory) add(file, content string, mode uint32) {
	d.parts = append(d.parts, daemon.Part{
		Path: path.Join(rootfs.Rel(d.m.dir), d.name, file), Name: path.Join(tree, d.name, file), Content: []byte(content), Mode: mode,
	})
}

// list adds an empty file for each name.
func (d *directory) list(dir string, names []string) {
	for _, name := range names {
		d.add(path.Join(dir, name), "", 0o644)
	}
}

// Files are the definition directories of a service: its own, its logger's,
// and its place in the default bundle.
func (m *Manager) Files(s keep.Spec) (supervise.Native, error) {
	if strings.HasPrefix(s.Name, "s6rc-") || strings.HasPrefix(s.Name, "s6-rc-") {
		return supervise.Native{}, fmt.Errorf("s6-rc has the name for itself")
	}
	d := &directory{m: m, name: s.Name}
	switch {
	case s.Bundle():
		d.add("type", "bundle\n", 0o644)
		if len(s.Members) == 0 {
			return supervise.Native{}, nil
		}
		d.list("contents.d", s.Members)
		return supervise.Native{Parts: d.parts}, nil
	case s.Oneshot != nil:
		m.oneshot(d, s)
	default:
		m.longrun(d, s)
	}
	d.list("dependencies.d", union(s.Needs, s.Follows))
	m.settings(d, s)
	parts := d.parts
	if s.Process != nil {
		parts = append(parts, m.logger(s)...)
	}
	return supervise.Native{Parts: parts}, nil
}

func union(a, b []string) []string {
	out := slices.Concat(a, b)
	slices.Sort(out)
	return slices.Compact(out)
}

// longrun: the keeper says on descriptor 3 that the service is up.
func (m *Manager) longrun(d *directory, s keep.Spec) {
	d.add("type", "longrun\n", 0o644)
	d.add("run", string(supervise.Script(m.opts.Keep("run", s.Name, "--ready-fd", "3"))), 0o755)
	d.add("notification-fd", "3\n", 0o644)
	d.add("producer-for", loggerOf(s.Name)+"\n", 0o644)
}

// oneshot: up and down are one command line of execline each.
func (m *Manager) oneshot(d *directory, s keep.Spec) {
	d.add("type", "oneshot\n", 0o644)
	flags := []string{"--log", m.opts.LogDir(s.Name)}
	d.add("up", line(m.opts.Keep("start", s.Name, flags...))+"\n", 0o644)
	d.add("down", line(m.opts.Keep("stop", s.Name))+"\n", 0o644)
}

// settings of its own become files, over what the portable part gave.
func (m *Manager) settings(d *directory, s keep.Spec) {
	for key, values := range s.Init["s6-rc"][""] {
		d.parts = slices.DeleteFunc(d.parts, func(p daemon.Part) bool { return p.Name == path.Join(tree, s.Name, key) })
		d.add(key, strings.Join(values, "\n")+"\n", 0o644)
	}
}

func loggerOf(name string) string { return name + "-log" }

// logger is the other end of the pipeline.
func (m *Manager) logger(s keep.Spec) []daemon.Part {
	d := &directory{m: m, name: loggerOf(s.Name)}
	logs := m.opts.LogDir(s.Name)
	d.add("type", "longrun\n", 0o644)
	d.add("consumer-for", s.Name+"\n", 0o644)
	d.add("notification-fd", "3\n", 0o644)
	d.add("run", string(supervise.LogScript(logs, []string{"s6-log", "-b", "-d3", "n10", "s1000000", "T", logs})), 0o755)
	return d.parts
}

// line is a command line as execlineb(1) lexes it.
func line(argv []string) string {
	words := make([]string, len(argv))
	for i, word := range argv {
		words[i] = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(word) + `"`
	}
	return strings.Join(words, " ")
}

// Boot is nothing: whoever compiles the database starts its default bundle.
func (*Manager) Boot([]string) supervise.Native { return supervise.Native{} }

// Booted is nothing, too.
func (*Manager) Booted([]string) supervise.Native { return supervise.Native{} }

// Running is false: see the package.
func (*Manager) Running() bool { return false }

// errRefused says what this package refuses.
var errRefused = errors.New("services of s6-rc are built, and not driven")

// Refresh is refused.
func (*Manager) Refresh(context.Context, []keep.Spec) error { return errRefused }

// Up is refused.
func (*Manager) Up(context.Context, string) error { return errRefused }

// Down is refused.
func (*Manager) Down(context.Context, string) error { return errRefused }
