package main

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/activate-agent/activate/activation/generation"
	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/daemon"
	"github.com/activate-agent/activate/daemon/finit"
	"github.com/activate-agent/activate/daemon/none"
	"github.com/activate-agent/activate/daemon/openrc"
	"github.com/activate-agent/activate/daemon/runit"
	"github.com/activate-agent/activate/daemon/s6"
	"github.com/activate-agent/activate/daemon/s6rc"
	"github.com/activate-agent/activate/daemon/supervise"
	"github.com/activate-agent/activate/daemon/supervisord"
	"github.com/activate-agent/activate/daemon/systemd"
	"github.com/activate-agent/activate/daemon/sysvinit"
)

// initNames are those that --init takes besides auto.
func initNames() []string {
	return []string{"systemd", "sysvinit", "supervisord", "s6", "s6-rc", "openrc", "runit", "finit", "none"}
}

// chooseInit makes the init that --init names. With auto it is the one that
// runs; for another root, the one that its /sbin/init belongs to, or that what is
// there was handed to.
func (f *flags) chooseInit(root *rootfs.Root, state *generation.State) (daemon.Init, error) {
	if f.caller != nil {
		return f.chooseOwnInit(root, state)
	}
	name := f.init
	if name == "auto" {
		name = orRecorded(detectInit(root), root, state)
	}
	switch name {
	case "systemd":
		return systemd.New(root), nil
	case "none":
		return none.New(), nil
	}
	exe, err := itself()
	if err != nil {
		return nil, fmt.Errorf("cannot find this program, which is to keep services: %w", err)
	}
	opts := supervise.Options{Root: root, Program: exe}
	if name == "s6-rc" {
		return s6rc.New(opts), nil
	}
	m := manager(name, opts)
	if m == nil {
		return nil, fmt.Errorf("cannot use --init %s: there are %s", f.init, strings.Join(initNames(), ", "))
	}
	return supervise.New(m, opts), nil
}

// manager makes the manager of that name, nil when there is none.
func manager(name string, o supervise.Options) supervise.Manager {
	switch name {
	case "sysvinit":
		return sysvinit.New(o, "")
	case "supervisord":
		return supervisord.New(o, "")
	case "s6":
		return s6.New(o, "")
	case "openrc":
		return openrc.New(o, "")
	case "runit":
		return runit.New(o, "")
	case "finit":
		return finit.New(o, "")
	}
	return nil
}

// detectInit names the init that root is served by.
func detectInit(root *rootfs.Root) string {
	if systemd.Detect(root) {
		return "systemd"
	}
	if root.Dir() != "/" {
		return installedInit(root)
	}
	return runningInit()
}

// runningInit goes by what runs, process 1 before other supervisors; what is
// installed says nothing.
func runningInit() string {
	if finit.Detect() {
		return "finit"
	}
	if openrc.Detect() {
		return "openrc"
	}
	switch supervise.PID1() {
	case "s6-svscan":
		return "s6"
	case "runit", "runsvdir":
		return "runit"
	case "supervisord":
		return "supervisord"
	case "init":
		return "sysvinit"
	}
	found := map[string]bool{}
	_, found["s6"] = s6.Find()
	_, found["runit"] = runit.Find()
	_, found["supervisord"] = supervisord.Find()
	for _, name := range []string{"s6", "runit", "supervisord"} {
		if found[name] {
			return name
		}
	}
	return "none"
}

// installedInit goes by where /sbin/init of another root leads.
func installedInit(root *rootfs.Root) string {
	target, err := root.Readlink("sbin/init")
	if err != nil {
		if _, err := root.Lstat("etc/inittab"); err == nil {
			return "sysvinit"
		}
		return "none"
	}
	names := map[string]string{
		"finit": "finit", "openrc-init": "openrc", "runit": "runit", "runit-init": "runit", "s6-linux-init": "s6", "s6-svscan": "s6",
	}
	if name := names[path.Base(target)]; name != "" {
		return name
	}
	return "none"
}

// orRecorded is the init that was found, or where there is none the one that has what
// is there: of another root each, of the host that of plain scripts, which go on
// though nobody runs them.
func orRecorded(found string, root *rootfs.Root, state *generation.State) string {
	if found != "none" {
		return found
	}
	recorded := recordedInit(state)
	if root.Dir() != "/" || recorded == "sysvinit" {
		return recorded
	}
	return found
}

// recordedInit is the init that the current generation was handed to. What cannot
// be read is for the run to tell.
func recordedInit(state *generation.State) string {
	record, err := state.ReadCurrent()
	if err != nil {
		return "none"
	}
	var d daemon.Desired
	if err := section(record, sectionDaemon, &d); err != nil {
		return "none"
	}
	return initOf(d)
}

// errNoInit says that an init was asked for that does not run.
var errNoInit = errors.New("it does not run")

// asksForInit tells whether a person named an init for this host, which then
// has to run.
func (f *flags) asksForInit() bool {
	return f.root == "/" && !slices.Contains([]string{"auto", "none"}, f.init)
}
