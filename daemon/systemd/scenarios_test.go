package systemd_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/daemon"
)

// scenario is a configuration A and a configuration B, and what the switch
// from one to the other does to units. Lists hold units by full name, several
// in one string.
type scenario struct {
	name                               string
	a, b                               daemon.Desired
	between                            string
	stop, start, restart, reload, skip string
	// failed are units the verdict has to name, ignored those it lists apart.
	failed, ignored string
	// also are further units to watch.
	also []string
	// check is shell text that succeeds after the switch.
	check string
}

func (c scenario) verify(t *testing.T, got plan.Units, out daemon.Outcome) {
	t.Helper()
	want := plan.Units{
		Stop: strings.Fields(c.stop), Start: strings.Fields(c.start), Restart: strings.Fields(c.restart),
		Reload: strings.Fields(c.reload), Skip: strings.Fields(c.skip),
	}
	lists := func(u plan.Units) map[string]string {
		return map[string]string{
			"stop": strings.Join(u.Stop, " "), "start": strings.Join(u.Start, " "), "restart": strings.Join(u.Restart, " "),
			"reload": strings.Join(u.Reload, " "), "skip": strings.Join(u.Skip, " "),
		}
	}
	if d := cmp.Diff(lists(want), lists(got)); d != "" {
		t.Errorf("the plan's lists:\n%sreasons: %v", d, got.Reasons)
	}
	for kind, pair := range map[string][2]any{"failed": {c.failed, out.Failed}, "ignored": {c.ignored, out.Ignored}} {
		list, _ := pair[1].([]daemon.Failure)
		for unit := range strings.FieldsSeq(pair[0].(string)) {
			if !slices.ContainsFunc(list, func(f daemon.Failure) bool { return f.Unit == unit }) {
				t.Errorf("%s is not among the %s: %v", unit, kind, list)
			}
		}
	}
	for _, f := range out.Failed {
		if strings.HasPrefix(f.Unit, "t-"+c.name) && !slices.Contains(strings.Fields(c.failed), f.Unit) {
			t.Errorf("it failed: %v", f)
		}
	}
}

// service is a service t-NAME that sleeps, changed by the options.
func service(name string, opts ...func(*daemon.Service)) daemon.Desired {
	s := daemon.Service{
		Name: "t-" + name, Process: &daemon.Process{Argv: []string{"/bin/sleep", "infinity"}},
		PartOf: []string{"default"}, Autostart: true, RestartIfChanged: true,
	}
	for _, o := range opts {
		o(&s)
	}
	return daemon.Desired{Services: []daemon.Service{s}}
}

func argv(args ...string) func(*daemon.Service) {
	return func(s *daemon.Service) { s.Process = &daemon.Process{Argv: args} }
}

func longer(s *daemon.Service) { s.Process = &daemon.Process{Argv: []string{"/bin/sleep", "100000"}} }
func byHand(s *daemon.Service) { s.Autostart = false }

func stopFirst(s *daemon.Service) { s.StopIfChanged = true }

func needs(name string) func(*daemon.Service) {
	return func(s *daemon.Service) { s.DependsOn = []string{name} }
}

func partOf(name string) func(*daemon.Service) {
	return func(s *daemon.Service) { s.PartOf = []string{name} }
}

// bundle is a service with nothing to run.
func bundle(name string) daemon.Desired {
	return service(name, func(s *daemon.Service) { s.Process = nil })
}

func shell(script string) func(*daemon.Service) { return argv("/bin/sh", "-c", script) }

func oneshot(start, stop string) func(*daemon.Service) {
	return func(s *daemon.Service) {
		s.Process = nil
		s.Oneshot = &daemon.Oneshot{Start: []string{"/bin/sh", "-c", start}, RemainAfterExit: true}
		if stop != "" {
			s.Oneshot.Stop = []string{"/bin/sh", "-c", stop}
		}
	}
}

func reloads(marker string) func(*daemon.Service) {
	return func(s *daemon.Service) {
		s.Reload = &daemon.Reload{Command: []string{"/bin/sh", "-c", "echo x >> /run/" + marker}}
	}
}

func unit(name, text string) daemon.Desired {
	return daemon.Desired{Units: []daemon.Unit{{Name: "t-" + name, Text: &text}}}
}

func socket(name string, opts ...func(*daemon.Socket)) daemon.Desired {
	s := daemon.Socket{Name: "t-" + name, ListenStream: []string{"/run/t-" + name + ".sock"}, Autostart: true}
	for _, o := range opts {
		o(&s)
	}
	return daemon.Desired{Sockets: []daemon.Socket{s}}
}

func mount(name string, opts ...string) daemon.Desired {
	return daemon.Desired{Mounts: []daemon.Mount{{Where: "/t/" + name, What: "tmpfs", Type: "tmpfs", Options: opts}}}
}

const raw = "[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n"

// scenarios is the table. Names are unit names, so each is its own world.
func scenarios() []scenario {
	return slices.Concat(serviceScenarios(), policyScenarios(), socketScenarios(), otherScenarios(), rawScenarios(), maskScenarios(), keyScenarios(), failureScenarios())
}

func serviceScenarios() []scenario {
	return []scenario{
		{name: "same", a: service("same"), b: service("same")},
		{
			name: "described", a: service("described"),
			b: service("described", func(s *daemon.Service) { s.Description = "new" }),
		},
		{name: "command", a: service("command"), b: service("command", longer), restart: "t-command.service"},
		{
			name: "environment", a: service("environment"),
			b: service("environment", func(s *daemon.Service) { s.Environment = map[string]string{"A": "1"} }), restart: "t-environment.service",
		},
		{name: "new", b: service("new"), start: "t-new.service", check: "test -L /etc/systemd/system/multi-user.target.wants/t-new.service"},
		{name: "newbyhand", b: service("newbyhand", byHand)},
		{name: "removed", a: service("removed"), stop: "t-removed.service"},
		{name: "disabled", a: service("disabled"), b: service("disabled", byHand), check: "test ! -e /etc/systemd/system/multi-user.target.wants/t-disabled.service"},
		{name: "enabled", a: service("enabled", byHand), b: service("enabled"), start: "t-enabled.service"},
		{name: "down", a: service("down"), b: service("down"), between: "systemctl stop t-down", start: "t-down.service"},
		{name: "downchanged", a: service("downchanged"), b: service("downchanged", longer), between: "systemctl stop t-downchanged", start: "t-downchanged.service"},
		{name: "idlechanged", a: service("idlechanged", byHand), b: service("idlechanged", byHand, longer)},
		{
			name: "once", a: service("once", oneshot("echo a >> /run/t-once", "")), b: service("once", oneshot("echo b >> /run/t-once", "")),
			restart: "t-once.service", check: `test "$(cat /run/t-once)" = "a
b"`,
		},
		{name: "oncesame", a: service("oncesame", oneshot("echo a >> /run/t-oncesame", "")), b: service("oncesame", oneshot("echo a >> /run/t-oncesame", "")), check: "test $(wc -l < /run/t-oncesame) = 1"},
		{
			name: "oncestop", a: service("oncestop", oneshot("true", "echo old > /run/t-oncestop")),
			b: service("oncestop", oneshot("true", "echo new > /run/t-oncestop")), stop: "t-oncestop.service", start: "t-oncestop.service",
			check: `test "$(cat /run/t-oncestop)" = old`,
		},
		{
			name: "needs", a: merge(service("needs1"), service("needs2", needs("t-needs1"))),
			b: merge(service("needs1", longer), service("needs2", needs("t-needs1"))), restart: "t-needs1.service t-needs2.service",
		},
		{
			name: "needsstop", a: merge(service("needsstop1", stopFirst), service("needsstop2", needs("t-needsstop1"))),
			b:    merge(service("needsstop1", stopFirst, longer), service("needsstop2", needs("t-needsstop1"))),
			stop: "t-needsstop1.service t-needsstop2.service", start: "t-needsstop1.service t-needsstop2.service",
		},
		{
			name: "requiredby", a: merge(service("requiredby1", func(s *daemon.Service) { s.RequiredBy = []string{"t-requiredby2"} }), service("requiredby2")),
			b:       merge(service("requiredby1", longer, func(s *daemon.Service) { s.RequiredBy = []string{"t-requiredby2"} }), service("requiredby2")),
			restart: "t-requiredby1.service t-requiredby2.service",
		},
		{
			name: "moves", a: merge(bundle("moves"), service("moves1", partOf("t-moves"))), b: service("moves1"),
			stop: "t-moves.target", restart: "t-moves1.service",
		},
		{
			name: "killprocess", a: service("killprocess", shell("sleep 7777 & exec sleep infinity"), func(s *daemon.Service) { s.Stop = &daemon.Stop{Kill: "process"} }),
			stop: "t-killprocess.service", check: "pidof -q sleep; for p in $(pidof sleep); do tr '\\0' ' ' < /proc/$p/cmdline; echo; done | grep -q 7777",
		},
	}
}

func policyScenarios() []scenario {
	trigger := func(restart, reload string) func(*daemon.Service) {
		return func(s *daemon.Service) {
			if restart != "" {
				s.RestartTriggers = []string{restart}
			}
			if reload != "" {
				s.ReloadTriggers = []string{reload}
			}
		}
	}
	noRestart := func(s *daemon.Service) { s.RestartIfChanged = false }
	reloadIf := func(s *daemon.Service) { s.ReloadIfChanged = true }
	data := func(text, onChange string) func(*daemon.Service) {
		return func(s *daemon.Service) {
			s.ConfigData = []daemon.ConfigData{{Name: "c", Path: "/etc/c", Text: text, OnChange: onChange}}
		}
	}
	return []scenario{
		{name: "norestart", a: service("norestart", noRestart), b: service("norestart", noRestart, longer), skip: "t-norestart.service"},
		{
			name: "reloadif", a: service("reloadif", reloadIf, reloads("t-reloadif")), b: service("reloadif", reloadIf, reloads("t-reloadif"), longer),
			reload: "t-reloadif.service", check: "test $(wc -l < /run/t-reloadif) = 1",
		},
		{name: "reloadifcannot", a: service("reloadifcannot", reloadIf), b: service("reloadifcannot", reloadIf, longer), restart: "t-reloadifcannot.service"},
		{name: "stopif", a: service("stopif", stopFirst), b: service("stopif", stopFirst, longer), stop: "t-stopif.service", start: "t-stopif.service"},
		{name: "trigger", a: service("trigger", trigger("a", "")), b: service("trigger", trigger("b", "")), restart: "t-trigger.service"},
		{
			name: "reloadtrigger", a: service("reloadtrigger", reloads("t-reloadtrigger"), trigger("", "a")),
			b: service("reloadtrigger", reloads("t-reloadtrigger"), trigger("", "b")), reload: "t-reloadtrigger.service", check: "test $(wc -l < /run/t-reloadtrigger) = 1",
		},
		{
			name: "reloadtriggergone", a: service("reloadtriggergone", reloads("x"), trigger("", "a")),
			b: service("reloadtriggergone", reloads("x")),
		},
		{
			name: "bothtriggers", a: service("bothtriggers", reloads("x"), trigger("a", "a")),
			b: service("bothtriggers", reloads("x"), trigger("b", "b")), restart: "t-bothtriggers.service",
		},
		{name: "reloadcommand", a: service("reloadcommand", reloads("y")), b: service("reloadcommand", reloads("t-reloadcommand")), reload: "t-reloadcommand.service", check: "test -s /run/t-reloadcommand"},
		{name: "reloadadded", a: service("reloadadded"), b: service("reloadadded", reloads("t-reloadadded")), reload: "t-reloadadded.service"},
		{name: "reloadgone", a: service("reloadgone", reloads("x")), b: service("reloadgone")},
		{name: "datanone", a: service("datanone", data("a", "none")), b: service("datanone", data("b", "none"))},
		{name: "datareload", a: service("datareload", reloads("x"), data("a", "reload")), b: service("datareload", reloads("x"), data("b", "reload")), reload: "t-datareload.service"},
		{name: "datarestart", a: service("datarestart", data("a", "restart")), b: service("datarestart", data("b", "restart")), restart: "t-datarestart.service"},
		{
			name: "signal", a: service("signal", shell("trap 'echo x >> /run/t-signal' HUP; while :; do sleep 0.05; done")),
			b:      service("signal", shell("trap 'echo x >> /run/t-signal' HUP; while :; do sleep 0.05; done"), func(s *daemon.Service) { s.Reload = &daemon.Reload{Signal: "HUP"} }),
			reload: "t-signal.service", check: "sleep 0.3; test $(wc -l < /run/t-signal) = 1",
		},
	}
}

func socketScenarios() []scenario {
	served := func(name string, opts ...func(*daemon.Service)) daemon.Desired {
		return service(name, append(opts, byHand)...)
	}
	moved := func(s *daemon.Socket) { s.ListenStream = []string{"/run/t-moved2.sock"} }
	return []scenario{
		{
			name: "idle", a: merge(socket("idle"), served("idle")), b: merge(socket("idle"), served("idle", longer)),
		},
		{
			name: "busy", a: merge(socket("busy"), served("busy")), b: merge(socket("busy"), served("busy", longer)),
			between: "systemctl start t-busy.service", restart: "t-busy.service",
		},
		{
			name: "busystop", a: merge(socket("busystop"), served("busystop")),
			b:       merge(socket("busystop"), served("busystop", longer, func(s *daemon.Service) { s.StopIfChanged = true })),
			between: "systemctl start t-busystop.service", stop: "t-busystop.service t-busystop.socket", start: "t-busystop.socket",
		},
		{name: "moved", a: merge(socket("moved"), served("moved")), b: merge(socket("moved", moved), served("moved")), skip: "t-moved.socket"},
		{
			name: "gains", a: service("gains"), b: merge(socket("gains"), served("gains")),
			stop: "t-gains.service", start: "t-gains.socket", check: "test -S /run/t-gains.sock",
		},
		{
			name: "socketgone", a: merge(socket("socketgone"), served("socketgone")), between: "systemctl start t-socketgone.service",
			stop: "t-socketgone.service t-socketgone.socket",
		},
		{name: "socketdown", a: merge(socket("socketdown"), served("socketdown")), b: merge(socket("socketdown"), served("socketdown")), between: "systemctl stop t-socketdown.socket", start: "t-socketdown.socket"},
		{
			name: "nix", a: merge(socket("nix"), served("nix", func(s *daemon.Service) { s.RestartTriggers = []string{"a"}; s.Stop = &daemon.Stop{Kill: "process"} })),
			b:       merge(socket("nix"), served("nix", func(s *daemon.Service) { s.RestartTriggers = []string{"b"}; s.Stop = &daemon.Stop{Kill: "process"} })),
			between: "systemctl start t-nix.service", restart: "t-nix.service",
		},
	}
}

func otherScenarios() []scenario {
	timer := func(name, when string) daemon.Desired {
		d := service(name, byHand, func(s *daemon.Service) {
			s.Process, s.Oneshot = nil, &daemon.Oneshot{Start: []string{"/bin/true"}}
		})
		d.Timers = []daemon.Timer{{Name: "t-" + name, OnCalendar: []string{when}, Autostart: true}}
		return d
	}
	return []scenario{
		{name: "timer", b: timer("timer", "*-01-01"), start: "t-timer.timer"},
		{name: "timerchanged", a: timer("timerchanged", "*-01-01"), b: timer("timerchanged", "*-02-02"), restart: "t-timerchanged.timer"},
		{name: "timergone", a: timer("timergone", "*-01-01"), stop: "t-timergone.timer"},
		{name: "mount", b: mount("mount"), start: "t-mount.mount", check: "mountpoint -q /t/mount"},
		{name: "mountoptions", a: mount("mountoptions"), b: mount("mountoptions", "ro"), reload: "t-mountoptions.mount", check: "! touch /t/mountoptions/x"},
		{name: "mounthand", a: mount("mounthand"), b: mount("mounthand"), between: "umount /t/mounthand", start: "t-mounthand.mount"},
		{name: "mountgone", a: mount("mountgone"), stop: "t-mountgone.mount", check: "! mountpoint -q /t/mountgone"},
		{
			name: "bundle", a: merge(bundle("bundle"), service("bundle1", partOf("t-bundle"))),
			b: merge(bundle("bundle"), service("bundle1", partOf("t-bundle")), service("bundle2", partOf("t-bundle"))), start: "t-bundle2.service",
			check: "systemctl is-active t-bundle.target t-bundle2",
		},
		{
			name: "path", a: unit("path.path", "[Path]\nPathExists=/nowhere\nUnit=t-same.service\n[Install]\nWantedBy=paths.target\n"),
			b: unit("path.path", "[Path]\nPathExists=/elsewhere\nUnit=t-same.service\n[Install]\nWantedBy=paths.target\n"),
		},
		{
			name: "slice", a: unit("slice.slice", "[Slice]\nMemoryMax=1G\n[Install]\nWantedBy=multi-user.target\n"),
			b: unit("slice.slice", "[Slice]\nMemoryMax=2G\n[Install]\nWantedBy=multi-user.target\n"),
		},
	}
}

func rawScenarios() []scenario {
	template := func(exec string) daemon.Desired {
		return unit("tmpl@.service", "[Service]\nExecStart=/bin/sleep "+exec+"\n")
	}
	return []scenario{
		{name: "rawkeys", a: unit("rawkeys.service", raw), b: unit("rawkeys.service", raw+"[Unit]\nX-Unknown=1\n"), restart: "t-rawkeys.service"},
		{name: "rawformat", a: unit("rawformat.service", raw), b: unit("rawformat.service", "# a comment\n[Install]\nWantedBy=multi-user.target\n[Service]\nExecStart=/bin/false\nExecStart=\nExecStart = /bin/sleep\\\n; within\n  infinity\n")},
		{name: "rawskip", a: unit("rawskip.service", raw), b: unit("rawskip.service", raw+"[Unit]\nRefuseManualStop=yes\nAfter=network.target\n"), skip: "t-rawskip.service"},
		{name: "rawsection", a: unit("rawsection.service", raw), b: unit("rawsection.service", raw+"[X-Mine]\nA=1\n"), restart: "t-rawsection.service"},
		{name: "masked", a: unit("masked.service", raw), b: unit("masked.service", ""), stop: "t-masked.service", check: "test $(systemctl is-enabled t-masked) = masked"},
		{name: "unmasked", a: unit("unmasked.service", ""), b: unit("unmasked.service", raw), start: "t-unmasked.service"},
		{
			name: "keeps", a: unit("keeps.service", raw+"[Unit]\nX-StopOnRemoval=false\n"), skip: "t-keeps.service",
			check: "systemctl is-active t-keeps && test ! -e /etc/systemd/system/t-keeps.service",
		},
		{
			name: "dropin", a: unit("dropin.service", raw), b: merge(unit("dropin.service", raw), unit("dropin.service.d/n.conf", "[Service]\nNice=3\n")),
			restart: "t-dropin.service", check: "test $(systemctl show -P Nice t-dropin) = 3",
		},
		{
			name: "dropingone", a: merge(unit("dropingone.service", raw), unit("dropingone.service.d/n.conf", "[Service]\nNice=3\n")),
			b: unit("dropingone.service", raw), restart: "t-dropingone.service", check: "test ! -e /etc/systemd/system/t-dropingone.service.d",
		},
		{
			name: "instances", a: template("infinity"), b: template("99999"), between: "systemctl start t-tmpl@a.b.service t-tmpl@c.service",
			restart: "t-tmpl@a.b.service t-tmpl@c.service", also: []string{"t-tmpl@a.b.service", "t-tmpl@c.service"},
		},
		{
			name: "default", b: unit("default@.service", raw+"DefaultInstance=x.y\n"), also: []string{"t-default@x.y.service"},
			start: "t-default@x.y.service",
		},
		{
			name: "defaultdown", a: unit("defaultdown@.service", raw+"DefaultInstance=x\n"), b: unit("defaultdown@.service", raw+"DefaultInstance=x\n"),
			between: "systemctl stop t-defaultdown@x", start: "t-defaultdown@x.service", also: []string{"t-defaultdown@x.service"},
		},
		{
			name: "ownfile", a: merge(unit("own@.service", raw), unit("own@x.service", raw)),
			b: merge(unit("own@.service", raw+"[Service]\nNice=1\n"), unit("own@x.service", raw)),
		},
		{name: "onlymanual", b: unit("onlymanual.service", raw+"[Unit]\nRefuseManualStart=yes\n")},
		{
			name: "unmet", a: unit("unmet.service", raw+"[Unit]\nConditionPathExists=/nowhere\n"), b: unit("unmet.service", raw+"[Unit]\nConditionPathExists=/nowhere\n"),
		},
		{
			name: "foreign", b: unit("foreign.service", raw+"[Service]\nNice=1\n"),
			between: "mkdir -p /usr/local/lib/systemd/system; printf '[Service]\\nExecStart=/bin/sleep infinity\\n' > /usr/local/lib/systemd/system/t-foreign.service; systemctl daemon-reload; systemctl start t-foreign",
			restart: "t-foreign.service", check: "test $(systemctl show -P Nice t-foreign) = 1",
		},
	}
}

// forking is a service that leaves its process in the background.
func forking(pidFile, seconds string) func(*daemon.Service) {
	return func(s *daemon.Service) {
		s.Process = &daemon.Process{
			Daemon:  []string{"/bin/sh", "-c", "sleep " + seconds + " & echo $! > " + pidFile},
			PIDFile: pidFile,
		}
	}
}

func failureScenarios() []scenario {
	ready := func(r daemon.Readiness) func(*daemon.Service) { return func(s *daemon.Service) { s.Readiness = &r } }
	ignored := func(s *daemon.Service) { s.IgnoreFailure = true }
	return []scenario{
		{name: "noprogram", b: service("noprogram", argv("/nowhere")), start: "t-noprogram.service", failed: "t-noprogram.service"},
		{name: "tolerated", b: service("tolerated", argv("/nowhere"), ignored), start: "t-tolerated.service", ignored: "t-tolerated.service"},
		{name: "readyexec", b: service("readyexec", ready(daemon.Readiness{Exec: []string{"/bin/true"}, Timeout: "5s"})), start: "t-readyexec.service"},
		{name: "neverready", b: service("neverready", ready(daemon.Readiness{Exec: []string{"/bin/false"}, Timeout: "1s"}), func(s *daemon.Service) { s.Restart = &daemon.Restart{Policy: "never"} }), start: "t-neverready.service", failed: "t-neverready.service"},
		{name: "notify", b: service("notify", shell("systemd-notify --ready; exec sleep infinity"), ready(daemon.Readiness{Notify: true, Timeout: "5s"}), func(s *daemon.Service) {
			s.Init = map[string]daemon.Sections{"systemd": {"Service": {"NotifyAccess": {"all"}}}}
		}), start: "t-notify.service"},
		{name: "fd", b: service("fd", shell("sleep 0.1; echo >&3; exec sleep infinity"), ready(daemon.Readiness{FD: 3, Timeout: "5s"})), start: "t-fd.service"},
	}
}
