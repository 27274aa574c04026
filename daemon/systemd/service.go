package systemd

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/daemon"
)

// defaultPath is the PATH of every service on every init.
const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

func (r *renderer) service(s *daemon.Service) {
	t := &text{}
	unit := r.serviceUnit(s)
	r.serviceUnitSection(t, s)
	if s.Process != nil || s.Oneshot != nil {
		serviceCommands(t, s)
		r.serviceProcess(t, s)
		r.serviceEnvironment(t, s)
		serviceLimits(t, s)
		r.serviceSandbox(t, s)
		servicePolicy(t, s)
		t.setWords("Service", "Sockets", r.sockets[s.Name])
	}
	r.serviceInstall(t, s)
	t.override("Service", s.Init["systemd"])
	f := r.add(unit, s.Origin, t)
	f.IgnoreFailure = s.IgnoreFailure
	if holdsSecretHash(s) {
		f.Mode = 0o600
	}
}

func (r *renderer) serviceUnitSection(t *text, s *daemon.Service) {
	t.set("Unit", "Description", literal(s.Description))
	needs := r.named(s.DependsOn)
	t.setWords("Unit", "Requires", needs)
	t.setWords("Unit", "Wants", r.named(s.Wants))
	t.setWords("Unit", "After", union(needs, r.named(s.After)))
	t.setWords("Unit", "Before", union(r.named(s.RequiredBy), r.named(s.Before)))
	for _, bundle := range r.named(s.PartOf) {
		if bundle != r.bootTarget {
			t.set("Unit", "PartOf", bundle)
		}
	}
	t.set("Unit", "X-Restart-Triggers", daemon.TriggerHash(s.RestartTriggers, s.ConfigData, "restart"))
	t.set("Unit", "X-Reload-Triggers", daemon.TriggerHash(s.ReloadTriggers, s.ConfigData, "reload"))
}

// serviceInstall: a service that does not start by itself is still started by
// the bundles it is part of.
func (r *renderer) serviceInstall(t *text, s *daemon.Service) {
	if r.accepted[s.Name] {
		return
	}
	for _, bundle := range r.named(s.PartOf) {
		if s.Autostart || bundle != r.bootTarget {
			t.set("Install", "WantedBy", bundle)
		}
	}
	t.setWords("Install", "RequiredBy", r.named(s.RequiredBy))
}

func union(a, b []string) []string {
	out := slices.Clone(a)
	for _, x := range b {
		if !slices.Contains(out, x) {
			out = append(out, x)
		}
	}
	return out
}

// holdsSecretHash tells whether a trigger is made of a secret that was not
// sealed, which somebody who reads the unit could try guesses against.
func holdsSecretHash(s *daemon.Service) bool {
	return slices.ContainsFunc(s.ConfigData, func(c daemon.ConfigData) bool {
		return c.Secret && !rootfs.IsKeyed(c.Text) && (c.OnChange == "reload" || c.OnChange == "restart")
	})
}

func serviceCommands(t *text, s *daemon.Service) {
	// Preparation and cleanup are root's on every init, also where the
	// service has a user.
	asRoot := ""
	if s.User != "" || s.Group != "" {
		asRoot = "+"
	}
	switch {
	case s.Oneshot != nil:
		t.set("Service", "Type", "oneshot")
		t.set("Service", "RemainAfterExit", yesNo(s.Oneshot.RemainAfterExit))
		t.setCommand("ExecStartPre", asRoot, s.Prepare)
		t.setCommand("ExecStart", "", s.Oneshot.Start)
		readiness(t, s.Readiness)
		t.setCommand("ExecStop", "", s.Oneshot.Stop)
	case len(s.Process.Daemon) > 0:
		t.set("Service", "Type", "forking")
		t.set("Service", "PIDFile", literal(s.Process.PIDFile))
		t.setCommand("ExecStartPre", asRoot, s.Prepare)
		t.setCommand("ExecStart", "", s.Process.Daemon)
		readiness(t, s.Readiness)
	default:
		// "exec" and not "simple": a program that cannot be run is then a
		// failed start and not a surprise later.
		t.set("Service", "Type", processType(s.Readiness))
		t.setCommand("ExecStartPre", asRoot, s.Prepare)
		t.setCommand("ExecStart", "", foreground(s))
		readiness(t, s.Readiness)
	}
	reload(t, s.Reload)
	t.setCommand("ExecStopPost", asRoot, s.Cleanup)
}

// reload: the shell's own kill, since a kill program is not everywhere.
func reload(t *text, reload *daemon.Reload) {
	switch {
	case reload == nil:
	case len(reload.Command) > 0:
		t.setCommand("ExecReload", "", reload.Command)
	case reload.Signal != "":
		if err := checkSignal(reload.Signal); err != nil {
			t.fail("cannot write ExecReload=: %w", err)
		}
		// $MAINPID is systemd's to replace.
		t.set("Service", "ExecReload", `/bin/sh -c "kill -`+reload.Signal+` $MAINPID"`)
	}
}

func checkSignal(name string) error {
	if strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+") != "" || name == "" {
		return fmt.Errorf("%q is not the name of a signal", name)
	}
	return nil
}

func (r *renderer) serviceProcess(t *text, s *daemon.Service) {
	t.set("Service", "User", literal(s.User))
	t.set("Service", "Group", literal(s.Group))
	t.set("Service", "WorkingDirectory", literal(s.WorkingDirectory))
	t.set("Service", "UMask", s.Umask)
	if s.Nice != nil {
		t.set("Service", "Nice", strconv.Itoa(*s.Nice))
	}
	r.serviceRestart(t, s)
	if s.Stop == nil {
		return
	}
	if s.Stop.Signal != "" {
		if err := checkSignal(s.Stop.Signal); err != nil {
			t.fail("cannot write KillSignal=: %w", err)
		}
		t.set("Service", "KillSignal", "SIG"+s.Stop.Signal)
	}
	t.setDuration("Service", "TimeoutStopSec", s.Stop.Timeout)
	if s.Stop.Kill == "process" {
		t.set("Service", "KillMode", "process")
	}
}

// serviceRestart: a process keeps running, as under every supervisor, unless
// the configuration says otherwise; a oneshot and what serves one connection
// are never repeated by themselves.
func (r *renderer) serviceRestart(t *text, s *daemon.Service) {
	policy, delay := "", ""
	if s.Process != nil && !r.accepted[s.Name] {
		policy, delay = "always", "1s"
	}
	if s.Restart != nil {
		policy = cmp.Or(s.Restart.Policy, policy)
		delay = cmp.Or(s.Restart.Delay, delay)
	}
	switch {
	case policy == "never":
		t.set("Service", "Restart", "no")
	case policy != "":
		t.set("Service", "Restart", policy)
		t.setDuration("Service", "RestartSec", delay)
	}
}

// setDuration writes a duration as Go writes it, which systemd.time(7) reads.
func (t *text) setDuration(name, key, value string) {
	if value == "" {
		return
	}
	d, err := time.ParseDuration(value)
	if err != nil {
		t.fail("cannot write %s=: %q is not a duration", key, value)
		return
	}
	t.set(name, key, strings.ReplaceAll(d.String(), "µ", "u"))
}

func (r *renderer) serviceEnvironment(t *text, s *daemon.Service) {
	env := map[string]string{"PATH": defaultPath}
	if r.user == nil && (s.User == "" || s.User == "root") {
		// For other users systemd takes both from the account.
		env["HOME"], env["USER"] = "/root", "root"
	}
	maps.Copy(env, s.Environment)
	for _, name := range slices.Sorted(maps.Keys(env)) {
		line, err := assignment(name, env[name])
		if err != nil {
			t.fail("cannot write Environment=: %w", err)
		}
		t.set("Service", "Environment", line)
	}
}

// serviceLimits: setrlimit(2) names; systemd calls them the same.
func serviceLimits(t *text, s *daemon.Service) {
	known := daemon.Limits()
	for _, name := range slices.Sorted(maps.Keys(s.Limits)) {
		value := s.Limits[name]
		_, err := strconv.ParseUint(value, 10, 64)
		switch {
		case !slices.Contains(known, name):
			t.fail("cannot set the limit %q: there is none of that name", name)
		case err != nil && value != "infinity":
			t.fail("cannot set the limit %s: %q is neither a number nor \"infinity\"", name, value)
		}
		t.set("Service", "Limit"+strings.ToUpper(name), value)
	}
}

// servicePolicy writes what Traits reads back; defaults are left out.
func servicePolicy(t *text, s *daemon.Service) {
	if s.ReloadIfChanged {
		t.set("Service", "X-ReloadIfChanged", "true")
	}
	if !s.RestartIfChanged && !s.ReloadIfChanged {
		t.set("Service", "X-RestartIfChanged", "false")
	}
	if s.StopIfChanged {
		t.set("Service", "X-StopIfChanged", "true")
	}
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
