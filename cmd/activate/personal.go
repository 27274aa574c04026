package main

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"github.com/activate-agent/activate/activation"
	"github.com/activate-agent/activate/activation/generation"
	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/daemon"
	"github.com/activate-agent/activate/daemon/finit"
	"github.com/activate-agent/activate/daemon/keep"
	"github.com/activate-agent/activate/daemon/none"
	"github.com/activate-agent/activate/daemon/openrc"
	"github.com/activate-agent/activate/daemon/runit"
	"github.com/activate-agent/activate/daemon/s6"
	"github.com/activate-agent/activate/daemon/supervise"
	"github.com/activate-agent/activate/daemon/supervisord"
	"github.com/activate-agent/activate/daemon/systemd"
	"github.com/activate-agent/activate/daemon/sysvinit"
)

// becomeUser turns the flags to what is the caller's own.
func (f *flags) becomeUser(root *rootfs.Root) error {
	if f.root != "/" {
		return errors.New("cannot use --user with --root: a user's own things are on the running host")
	}
	c, err := findCaller(root)
	if err != nil {
		return err
	}
	f.caller = c
	if f.stateDir == defaultStateDir {
		f.stateDir = filepath.Join(c.state, "activate")
	}
	return nil
}

// runDir is where what goes with a reboot is kept, relative to the root; empty
// for the host.
func (c *caller) runDir() string {
	if c == nil {
		return ""
	}
	return rootfs.Rel(filepath.Join(c.runtime, "activate"))
}

// assignments is environment as programs are given it.
func (c *caller) assignments() []string {
	env := c.environment()
	var out []string
	for _, name := range slices.Sorted(maps.Keys(env)) {
		out = append(out, name+"="+env[name])
	}
	return out
}

func (c *caller) systemd() *systemd.Systemd {
	return systemd.ForCaller(systemd.Caller{UID: c.uid, Config: c.config, Runtime: c.runtime})
}

// services are the places of a user's services where an init has none for
// them.
func (c *caller) services(root *rootfs.Root, program string) supervise.Options {
	return supervise.Options{
		Root: root, Program: program,
		Dirs: keep.Dirs{
			Specs: filepath.Join(c.config, "activate/services"), Run: filepath.Join(c.runtime, "activate/services"),
		},
		Logs: filepath.Join(c.state, "log/activate"),
		Own:  &supervise.Own{Config: filepath.Join(c.config, "activate"), Runtime: c.runtime},
	}
}

// chooseOwnInit makes the init of the caller's own services: the one that
// --init names, or the one that runs for the caller.
func (f *flags) chooseOwnInit(root *rootfs.Root, state *generation.State) (daemon.Init, error) {
	name := f.init
	if name == "auto" {
		if s := f.caller.systemd(); s.Running() {
			return s, nil
		}
		name = orRecorded(detectOwnInit(root), root, state)
	}
	switch name {
	case "systemd":
		return f.caller.systemd(), nil
	case "none":
		return none.New(), nil
	case "openrc", "finit", "s6-rc":
		return nil, fmt.Errorf("cannot use --init %s with --user: it runs no services of ordinary users; there are systemd, supervisord, s6, runit and sysvinit", name)
	}
	exe, err := itself()
	if err != nil {
		return nil, fmt.Errorf("cannot find this program, which is to keep services: %w", err)
	}
	opts := f.caller.services(root, exe)
	m := manager(name, opts)
	if m == nil {
		return nil, fmt.Errorf("cannot use --init %s with --user: there are systemd, supervisord, s6, runit, sysvinit and none", f.init)
	}
	return supervise.New(m, opts), nil
}

// detectOwnInit names the supervisor that runs for a caller who has no systemd,
// else what a login would start on this host.
func detectOwnInit(root *rootfs.Root) string {
	found := map[string]bool{}
	_, found["s6"] = s6.Find()
	_, found["runit"] = runit.Find()
	_, found["supervisord"] = supervisord.Find()
	for _, name := range []string{"s6", "runit", "supervisord"} {
		if found[name] {
			return name
		}
	}
	switch {
	case systemd.New(root).Running():
		return "systemd"
	case sysvinit.Detect() && !openrc.Detect() && !finit.Detect():
		return "sysvinit"
	}
	return "none"
}

// missingInit says why services cannot be handed over, nil where they can or
// where nobody is there who could take them.
func (w *wiring) missingInit(d daemon.Desired) error {
	if w.caller == nil || w.alone || len(d.Services)+len(d.Sockets)+len(d.Timers)+len(d.Targets)+len(d.Units) == 0 || w.init.Running() {
		return nil
	}
	switch w.init.Name() {
	case "systemd":
		return w.caller.noManager()
	case "none":
		if openrc.Detect() || finit.Detect() {
			return errors.New("cannot hand units over: this host's init runs no services of ordinary users; start s6-svscan, runsvdir or supervisord as yourself, or say --init none to leave services alone")
		}
	}
	return nil
}

// ownBootFiles are the entry by which the caller's own init runs this program
// whenever it starts, or a login shell starts that init.
func (f *flags) ownBootFiles(init daemon.Init) ([]activation.BootFile, error) {
	exe, err := itself()
	if err != nil {
		return nil, fmt.Errorf("cannot find this program for the boot entry: %w", err)
	}
	if e, ok := init.(*supervise.Engine); ok {
		file := e.LoginEntry([]string{exe, "--user", "--state-dir", f.stateDir, "--init", e.Name()})
		return bootFilesOf([]daemon.File{file}), nil
	}
	s, ok := init.(*systemd.Systemd)
	if !ok {
		return nil, nil
	}
	env := f.caller.environment()
	for _, name := range []string{"HOME", "USER", "XDG_RUNTIME_DIR"} {
		// The manager has these, and for this very user.
		delete(env, name)
	}
	files, err := s.UserBootEntry([]string{exe, "at-boot", "--user", "--state-dir", f.stateDir}, env, f.stateDir)
	return bootFilesOf(files), err
}
