// Package finit runs services under finit(8): one stanza of its own file for
// each.
//
// It owns those files and the commands of initctl(8). It refuses finit's
// conditions, and the block syntax of finit 5: a keeper orders and probes. The
// format is that of finit.conf(5), version 4.2.
package finit

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/daemon"
	"github.com/activate-agent/activate/daemon/keep"
	"github.com/activate-agent/activate/daemon/supervise"
)

const (
	defaultDir = "/etc/finit.d"
	// killDelay is the longest that finit waits until it kills.
	killDelay = "kill:60"
	// family is what finit calls all keepers; each has an id.
	family = "activate"
	limit  = 20 * time.Second
)

// Manager is one finit.
type Manager struct {
	opts supervise.Options
	dir  string
}

// New gives the finit that reads dir; empty means /etc/finit.d.
func New(o supervise.Options, dir string) *Manager {
	if dir == "" {
		dir = defaultDir
	}
	return &Manager{opts: o.Complete(), dir: dir}
}

// Name is "finit".
func (*Manager) Name() string { return "finit" }

// Place moves to another directory of stanzas.
func (m *Manager) Place(dir string) { m.dir = dir }

// Files is the service's stanza.
func (m *Manager) Files(s keep.Spec) (supervise.Native, error) {
	if s.Bundle() {
		return supervise.Native{}, nil
	}
	argv := m.opts.Keep("run", s.Name, "--log", m.opts.LogDir(s.Name))
	for _, word := range argv {
		if strings.ContainsAny(word, " \t'\"#\\$") {
			return supervise.Native{}, fmt.Errorf("finit cannot run %q", word)
		}
	}
	words := []string{"service", "name:" + family, ":" + s.Name, "[2345]", killDelay}
	if !s.Boot {
		words = append(words, "manual:yes")
	}
	own := s.Init["finit"][""]
	for _, key := range slices.Sorted(maps.Keys(own)) {
		for _, value := range own[key] {
			words = append(words, key+":"+value)
		}
	}
	words = append(append(words, argv...), "--", supervise.Comment(s.Description))
	name := s.Name + ".conf"
	text := "# Written by activate.\n" + strings.TrimRight(strings.Join(words, " "), " ") + "\n"
	return supervise.Native{Parts: []daemon.Part{{
		Path: path.Join(rootfs.Rel(m.dir), name), Name: name, Content: []byte(text), Mode: 0o644,
	}}}, nil
}

// Detect tells whether process 1 is finit, which also goes by the name init.
func Detect() bool {
	exe, err := os.Readlink("/proc/1/exe")
	return supervise.PID1() == "finit" || err == nil && path.Base(exe) == "finit" && supervise.PID1() != ""
}

// Running tells whether finit is process 1.
func (m *Manager) Running() bool { return m.opts.Root.Dir() == "/" && Detect() }

// initctl is not always in PATH, and may be another init's there.
func initctl(ctx context.Context, args ...string) error {
	program := ""
	for _, p := range []string{"/lib/finit/initctl", "/usr/lib/finit/initctl", "/usr/libexec/finit/initctl", "/sbin/initctl", "/usr/sbin/initctl"} {
		if _, err := exec.LookPath(p); err == nil {
			program = p
			break
		}
	}
	if program == "" {
		return errors.New("cannot find finit's initctl")
	}
	_, err := supervise.Command(ctx, append([]string{program}, args...)...)
	return err
}

// Refresh has finit read its directory, which starts what is new and stops
// what is gone, and waits for the former.
func (m *Manager) Refresh(ctx context.Context, services []keep.Spec) error {
	if err := initctl(ctx, "reload"); err != nil {
		return err
	}
	for _, s := range services {
		err := supervise.Until(ctx, limit, "finit to know "+s.Name, func() bool { return known(ctx, s.Name) })
		if err != nil {
			return err
		}
	}
	return nil
}

// Notice has finit read its directory once the boot entry, for which it waits, has
// ended: the signal is finit(8)'s for that.
func (*Manager) Notice() error { return unix.Kill(1, unix.SIGHUP) }

func known(ctx context.Context, name string) bool {
	return initctl(ctx, "status", family+":"+name) == nil
}

// Up has the keeper run.
func (*Manager) Up(ctx context.Context, name string) error {
	return initctl(ctx, "start", family+":"+name)
}

// Down has the keeper stop.
func (*Manager) Down(ctx context.Context, name string) error {
	if !known(ctx, name) {
		return nil
	}
	return initctl(ctx, "stop", family+":"+name)
}

// Boot is a stanza that finit runs to its end before it starts services.
func (m *Manager) Boot(argv []string) supervise.Native {
	return m.stanza("run [S]", supervise.BootUnit, argv, "Re-apply the boot generation")
}

// Booted is a stanza that runs beside the services.
func (m *Manager) Booted(argv []string) supervise.Native {
	return m.stanza("task :booted [2345]", supervise.BootedUnit, argv, "Tell whether the boot generation came up")
}

func (m *Manager) stanza(kind, name string, argv []string, description string) supervise.Native {
	text := "# Written by activate.\n" + kind + " name:" + name + " " + strings.Join(argv, " ") + " -- " + description + "\n"
	return supervise.Native{Parts: []daemon.Part{{
		Path: path.Join(rootfs.Rel(m.dir), name+".conf"), Content: []byte(text), Mode: 0o644,
	}}}
}
