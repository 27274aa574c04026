package systemd_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/activate-agent/activate/daemon"
	"github.com/activate-agent/activate/daemon/systemd"
)

func define(unit string, files ...string) daemon.Definition {
	d := daemon.Definition{Unit: unit}
	for _, f := range files {
		d.Files = append(d.Files, []byte(f))
	}
	return d
}

func TestCompare(t *testing.T) {
	t.Parallel()
	const base = "[Unit]\nDescription=a\n[Service]\nExecStart=/bin/a\n"
	for name, c := range map[string]struct {
		was, will string
		want      daemon.Difference
	}{
		"same":                     {base, base, daemon.Difference{}},
		"order of keys":            {"[Service]\nA=1\nB=2\n", "[Service]\nB=2\nA=1\n", daemon.Difference{}},
		"order of sections":        {"[Unit]\nA=1\n[Service]\nB=2\n", "[Service]\nB=2\n[Unit]\nA=1\n", daemon.Difference{}},
		"order of values":          {"[Service]\nA=1\nA=2\n", "[Service]\nA=2\nA=1\n", daemon.Difference{Effect: daemon.NeedsRestart, Reason: "A changed"}},
		"a section in two parts":   {"[Service]\nA=1\n[Unit]\n[Service]\nB=2\n", "[Service]\nA=1\nB=2\n", daemon.Difference{}},
		"comments":                 {base, "# x\n; y\n" + base + "  # z\n", daemon.Difference{}},
		"spaces around the equals": {"[Service]\nA=1\n", "[Service]\n  A   =   1  \n", daemon.Difference{}},
		"spaces in a value":        {"[Service]\nA=1 2\n", "[Service]\nA=1  2\n", daemon.Difference{Effect: daemon.NeedsRestart, Reason: "A changed"}},
		"continuation":             {"[Service]\nA=1 2\n", "[Service]\nA=1\\\n# comment\n2\n", daemon.Difference{}},
		"continuation at the end":  {"[Service]\nA=1\n", "[Service]\nA=1\\", daemon.Difference{}},
		"no continuation":          {"[Service]\nA=1\\\\\nB=2\n", "[Service]\nB=2\nA=1\\\\\n", daemon.Difference{}},
		"reset":                    {"[Service]\nA=2\n", "[Service]\nA=1\nA=\nA=2\n", daemon.Difference{}},
		"reset to nothing":         {"[Service]\n", "[Service]\nA=1\nA=\n", daemon.Difference{}},
		"line endings":             {"[Service]\nA=1\n", "[Service]\r\nA=1\r\n", daemon.Difference{}},
		"byte order mark":          {"[Service]\nA=1\n", "\ufeff[Service]\nA=1\n", daemon.Difference{}},
		"lines that are nothing":   {"[Service]\nA=1\n", "x\n[Service]\nA=1\nnothing\n[broken\n", daemon.Difference{}},
		"description":              {base, strings.ReplaceAll(base, "=a", "=b"), daemon.Difference{Effect: daemon.NoEffect, Reason: "Description changed"}},
		"documentation added":      {base, base + "[Unit]\nDocumentation=man:x\n", daemon.Difference{Effect: daemon.NoEffect, Reason: "Documentation added"}},
		"install":                  {base, base + "[Install]\nWantedBy=multi-user.target\n", daemon.Difference{}},
		"command":                  {base, strings.ReplaceAll(base, "/a", "/b"), daemon.Difference{Effect: daemon.NeedsRestart, Reason: "ExecStart changed"}},
		"key added":                {base, base + "[Service]\nNice=1\n", daemon.Difference{Effect: daemon.NeedsRestart, Reason: "Nice added"}},
		"key removed":              {base + "[Service]\nNice=1\n", base, daemon.Difference{Effect: daemon.NeedsRestart, Reason: "Nice removed"}},
		"new section":              {base, base + "[X-Mine]\nA=1\n", daemon.Difference{Effect: daemon.NeedsRestart, Reason: "A added"}},
		"empty section":            {base, base + "[X-Mine]\n", daemon.Difference{}},
		"reload trigger":           {base + "[Unit]\nX-Reload-Triggers=1\n", base + "[Unit]\nX-Reload-Triggers=2\n", daemon.Difference{Effect: daemon.NeedsReload, Reason: "X-Reload-Triggers changed"}},
		"reload trigger removed":   {base + "[Unit]\nX-Reload-Triggers=1\n", base, daemon.Difference{Effect: daemon.NoEffect, Reason: "X-Reload-Triggers removed"}},
		"reload command added":     {base, base + "ExecReload=/bin/r\n", daemon.Difference{Effect: daemon.NeedsReload, Reason: "ExecReload added"}},
		"reload command removed":   {base + "ExecReload=/bin/r\n", base, daemon.Difference{Effect: daemon.NoEffect, Reason: "ExecReload removed"}},
		"reload and restart":       {base, base + "ExecReload=/bin/r\nNice=1\n", daemon.Difference{Effect: daemon.NeedsRestart, Reason: "Nice added"}},
		"stop command":             {base + "ExecStop=/bin/s\n", base + "ExecStop=/bin/t\n", daemon.Difference{Effect: daemon.NeedsStop, Reason: "ExecStop changed"}},
		"stop command added":       {base, base + "ExecStop=/bin/t\nNice=1\n", daemon.Difference{Effect: daemon.NeedsStop, Reason: "ExecStop added"}},
		"mount options":            {"[Mount]\nOptions=ro\n", "[Mount]\nOptions=rw\n", daemon.Difference{Effect: daemon.NeedsReload, Reason: "Options changed"}},
		"mount options added":      {"[Mount]\nWhat=a\n", "[Mount]\nWhat=a\nOptions=rw\n", daemon.Difference{Effect: daemon.NeedsReload, Reason: "Options added"}},
		"mount source":             {"[Mount]\nWhat=a\n", "[Mount]\nWhat=b\n", daemon.Difference{Effect: daemon.NeedsRestart, Reason: "What changed"}},
		"restart trigger":          {base + "[Unit]\nX-Restart-Triggers=1\n", base + "[Unit]\nX-Restart-Triggers=2\n", daemon.Difference{Effect: daemon.NeedsRestart, Reason: "X-Restart-Triggers changed"}},
		"silent key elsewhere":     {base, base + "[Service]\nDescription=x\n", daemon.Difference{Effect: daemon.NeedsRestart, Reason: "Description added"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := systemd.Offline().Compare(define("x.service", c.was), define("x.service", c.will))
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestCompareWithDropIns(t *testing.T) {
	t.Parallel()
	was := define("x.service", "[Service]\nExecStart=/bin/a\nEnvironment=A=1\n")
	will := define("x.service", "[Service]\nExecStart=/bin/b\nEnvironment=A=1\n", "[Service]\nExecStart=\nExecStart=/bin/a\n")
	if got := systemd.Offline().Compare(was, will); got.Effect != daemon.NoEffect {
		t.Errorf("a drop-in that takes the change back: %+v", got)
	}
}

func TestTraits(t *testing.T) {
	t.Parallel()
	plain := daemon.Traits{RestartIfChanged: true, StopOnRemoval: true}
	with := func(change func(*daemon.Traits)) daemon.Traits {
		x := plain
		change(&x)
		return x
	}
	for name, c := range map[string]struct {
		unit, text string
		want       daemon.Traits
	}{
		"none": {"a.service", "[Service]\nExecStart=/bin/a\n", plain},
		"in Service": {
			"a.service", "[Service]\nExecStart=/bin/a\nX-RestartIfChanged=no\nX-StopIfChanged=1\nX-ReloadIfChanged=on\nX-NotSocketActivated=true\n",
			with(func(x *daemon.Traits) {
				x.RestartIfChanged, x.StopIfChanged, x.ReloadIfChanged, x.NotSocketActivated = false, true, true, true
			}),
		},
		"in Unit": {
			"a.timer", "[Unit]\nX-RestartIfChanged=false\nX-StopOnRemoval=false\nX-StopOnReconfiguration=true\nX-OnlyManualStart=true\nRefuseManualStop=yes\n",
			with(func(x *daemon.Traits) {
				x.RestartIfChanged, x.StopOnRemoval, x.StopOnReconfiguration, x.ManualStartOnly, x.ManualStopRefused = false, false, true, true, true
				x.Triggers = "a.service"
			}),
		},
		"last value wins":    {"a.service", "[Service]\nExecStart=/bin/a\nX-StopIfChanged=true\nX-StopIfChanged=false\n", plain},
		"oneshot":            {"a.service", "[Service]\nType=oneshot\n", with(func(x *daemon.Traits) { x.Passing = true })},
		"oneshot that stays": {"a.service", "[Service]\nType=oneshot\nRemainAfterExit=yes\n", plain},
		"reload":             {"a.service", "[Service]\nExecStart=/bin/a\nExecReload=/bin/r\n", with(func(x *daemon.Traits) { x.CanReload = true })},
		"notify-reload":      {"a.service", "[Service]\nExecStart=/bin/a\nType=notify-reload\n", with(func(x *daemon.Traits) { x.CanReload = true })},
		"mount":              {"a.mount", "[Mount]\nWhat=a\n", with(func(x *daemon.Traits) { x.CanReload = true })},
		"sockets":            {"a.service", "[Service]\nExecStart=/bin/a\nSockets=b.socket c.socket\n", with(func(x *daemon.Traits) { x.Sockets = []string{"b.socket", "c.socket"} })},
		"socket":             {"a.socket", "[Socket]\nListenStream=1\n", with(func(x *daemon.Traits) { x.Triggers = "a.service" })},
		"socket of another":  {"a.socket", "[Socket]\nService=b.service\n", with(func(x *daemon.Traits) { x.Triggers = "b.service" })},
		"accepting socket":   {"a.socket", "[Socket]\nAccept=yes\n", with(func(x *daemon.Traits) { x.Triggers, x.Accept = "a@.service", true })},
		"timer":              {"a.timer", "[Timer]\nUnit=b.service\n", with(func(x *daemon.Traits) { x.Triggers = "b.service" })},
		"path":               {"a.path", "[Path]\nPathExists=/x\n", with(func(x *daemon.Traits) { x.Triggers = "a.service" })},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if d := cmp.Diff(c.want, systemd.Offline().Traits(define(c.unit, c.text))); d != "" {
				t.Error(d)
			}
		})
	}
}

// FuzzCompare: any bytes can be read, equal ones are equal, and a difference
// has a reason in both directions.
func FuzzCompare(f *testing.F) {
	f.Add("[Service]\nA=1\\\n2\n", "[Service]\nA=\n")
	f.Add("[Unit]\n;x\n", "\ufeff[Unit]\r\nA = b\\\\\n")
	f.Fuzz(func(t *testing.T, a, b string) {
		init := systemd.Offline()
		if d := init.Compare(define("x.service", a), define("x.service", a)); d != (daemon.Difference{}) {
			t.Errorf("%q differs from itself: %+v", a, d)
		}
		there := init.Compare(define("x.service", a), define("x.service", b))
		back := init.Compare(define("x.service", b), define("x.service", a))
		if (there.Reason == "") != (back.Reason == "") {
			t.Errorf("%q and %q: %+v one way, %+v the other", a, b, there, back)
		}
		if (there.Effect > daemon.NoEffect) && there.Reason == "" {
			t.Errorf("no reason for %+v", there)
		}
	})
}
