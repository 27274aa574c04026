package daemon_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/daemon"
	"github.com/activate-agent/activate/daemon/systemd"
)

// fakeInit reads and compares as systemd does, and pretends to run: it keeps
// states, writes down what it is told, and fails where it is told to.
type fakeInit struct {
	*systemd.Systemd
	status  map[string]daemon.Status
	calls   []string
	fail    map[string]string
	refresh error
	// followers maps a unit to those that go down with it.
	followers map[string][]string
}

func newFake(up ...string) *fakeInit {
	f := &fakeInit{Systemd: systemd.Offline(), status: map[string]daemon.Status{}, fail: map[string]string{}}
	for _, name := range up {
		f.status[name] = daemon.Status{Name: name, Active: "active"}
	}
	return f
}

func (f *fakeInit) Running() bool { return true }

func (f *fakeInit) Status(context.Context, []string) (map[string]daemon.Status, error) {
	return maps.Clone(f.status), nil
}

func (f *fakeInit) Followers(_ context.Context, name string) ([]string, error) {
	return f.followers[name], nil
}

func (f *fakeInit) Settings() []string { return []string{"etc/init.conf", "etc/init.conf.d"} }

func (f *fakeInit) Renew(context.Context) error {
	f.calls = append(f.calls, "renew")
	return nil
}

func (f *fakeInit) Refresh(context.Context) error {
	f.calls = append(f.calls, "refresh")
	return f.refresh
}

func (f *fakeInit) Forget(_ context.Context, names []string) error {
	f.calls = append(f.calls, "forget "+strings.Join(names, " "))
	return nil
}

func (f *fakeInit) Do(ctx context.Context, verb daemon.Verb, names []string, _ time.Duration) []daemon.Failure {
	f.calls = append(f.calls, string(verb)+" "+strings.Join(names, " "))
	var failures []daemon.Failure
	for _, name := range names {
		reason := f.fail[string(verb)+" "+name]
		if ctx.Err() != nil {
			reason = "canceled"
		}
		switch {
		case reason != "":
			failures = append(failures, daemon.Failure{Unit: name, Verb: verb, Reason: reason})
			f.status[name] = daemon.Status{Name: name, Active: "failed", Failed: true}
		case verb == daemon.VerbStop:
			f.status[name] = daemon.Status{Name: name, Active: "inactive"}
		default:
			f.status[name] = daemon.Status{Name: name, Active: "active"}
		}
	}
	return failures
}

func (f *fakeInit) Log(_ context.Context, name string, _ int) []string {
	return []string{"log of " + name}
}

// handsOver gives the Units of a host that goes from a to b under init.
func handsOver(t *testing.T, init *fakeInit, a, b daemon.Desired, change func(*daemon.Config)) (*daemon.Units, plan.Units) {
	t.Helper()
	h := newHost(t)
	h.apply(a)
	cfg := daemon.Config{Init: init, Root: h.root, Store: h.store, Desired: b, Last: h.last}
	if change != nil {
		change(&cfg)
	}
	u, err := daemon.New(cfg)
	h.must(err)
	diff, err := u.Diff(t.Context())
	h.must(err)
	verbs, err := u.Verbs(t.Context(), diff.Changes)
	h.must(err)
	return u, verbs
}

func named(name, arg string, opts ...func(*daemon.Service)) daemon.Desired {
	d := web("/bin/" + arg)
	s := &d.Services[0]
	s.Name, s.Origin = name, name+".hcl:1"
	for _, o := range opts {
		o(s)
	}
	return d
}

func all(list ...daemon.Desired) daemon.Desired {
	var d daemon.Desired
	for _, x := range list {
		d.Services = append(d.Services, x.Services...)
		d.Sockets = append(d.Sockets, x.Sockets...)
	}
	return d
}

func TestHandOffTriesEveryPhase(t *testing.T) {
	t.Parallel()
	reload := func(s *daemon.Service) { s.Reload = &daemon.Reload{Signal: "HUP"}; s.ReloadIfChanged = true }
	stops := func(s *daemon.Service) { s.StopIfChanged = true }
	init := newFake("a.service", "b.service", "c.service")
	u, verbs := handsOver(t, init,
		all(named("a", "x", stops), named("b", "x"), named("c", "x", reload)),
		all(named("a", "y", stops), named("b", "y"), named("c", "y", reload), named("d", "y")), nil)
	init.refresh = errors.New("no answer")
	init.fail = map[string]string{
		"stop a.service": "busy", "reload c.service": "no", "restart b.service": "no", "start d.service": "no",
	}
	ctx, cancel := context.WithCancel(t.Context())

	stopped := u.Stop(ctx, verbs)
	cancel()
	out, err := u.Start(ctx, verbs)

	want := []string{
		"stop a.service", "refresh", "forget a.service b.service d.service",
		"reload c.service", "restart b.service", "start a.service d.service",
	}
	if d := cmp.Diff(want, init.calls); d != "" {
		t.Error(d)
	}
	if len(stopped) != 1 || stopped[0].Error() != "cannot stop a.service: busy" {
		t.Errorf("stopped: %v", stopped)
	}
	if !errors.Is(err, init.refresh) {
		t.Errorf("error: %v", err)
	}
	var failed []string
	for _, f := range out.Failed {
		failed = append(failed, f.Error()+" / "+strings.Join(f.Log, ""))
	}
	if d := cmp.Diff([]string{
		"cannot restart b.service: no / log of b.service",
		"cannot reload c.service: no / log of c.service",
		"cannot start d.service: no / log of d.service",
	}, failed); d != "" {
		t.Error(d)
	}
	if !slices.Equal(out.Started, []string{"a.service"}) || len(out.Restarted)+len(out.Reloaded) != 0 {
		t.Errorf("outcome: %+v", out)
	}
}

func TestReloadOfAUnitThatWentDownIsAStart(t *testing.T) {
	t.Parallel()
	reload := func(s *daemon.Service) { s.Reload = &daemon.Reload{Signal: "HUP"}; s.ReloadIfChanged = true }
	init := newFake("a.service")
	u, verbs := handsOver(t, init, named("a", "x", reload), named("a", "y", reload), nil)
	if !slices.Equal(verbs.Reload, []string{"a.service"}) {
		t.Fatalf("verbs: %+v", verbs)
	}
	init.status["a.service"] = daemon.Status{Name: "a.service", Active: "inactive"}
	out, err := u.Start(t.Context(), verbs)
	if err != nil || !slices.Equal(out.Started, []string{"a.service"}) {
		t.Errorf("outcome: %+v, %v", out, err)
	}
}

func TestBaselineAndIgnoredFailures(t *testing.T) {
	t.Parallel()
	ignore := func(s *daemon.Service) { s.IgnoreFailure = true }
	init := newFake("ok.service")
	for _, old := range []string{"theirs.service", "mine.service"} {
		init.status[old] = daemon.Status{Name: old, Active: "failed", Failed: true}
	}
	// mine failed long ago and is not to run by itself.
	byHand := func(s *daemon.Service) { s.Autostart = false }
	u, verbs := handsOver(t, init,
		all(named("mine", "x", byHand), named("ok", "x")),
		all(named("mine", "x", byHand), named("ok", "y"), named("shy", "x", ignore), named("new", "x")), nil)
	init.status["late.service"] = daemon.Status{Name: "late.service", Active: "failed", Failed: true}
	init.fail["start shy.service"] = "no"

	out, err := u.Start(t.Context(), verbs)
	if err != nil {
		t.Fatal(err)
	}
	names := func(list []daemon.Failure) string {
		var out []string
		for _, f := range list {
			out = append(out, f.Unit)
		}
		return strings.Join(out, " ")
	}
	got := []string{names(out.Failed), names(out.Ignored), names(out.Unrelated)}
	if d := cmp.Diff([]string{"", "shy.service", "late.service"}, got); d != "" {
		t.Errorf("failed, ignored, unrelated: %s", d)
	}
}

func TestVerbsTable(t *testing.T) {
	t.Parallel()
	socket := daemon.Desired{Sockets: []daemon.Socket{{Name: "a", ListenStream: []string{"1"}, Autostart: true}}}
	accepting := daemon.Desired{Sockets: []daemon.Socket{{Name: "a", ListenStream: []string{"1"}, Autostart: true, Accept: true}}}
	byHand := func(s *daemon.Service) { s.Autostart = false }
	stops := func(s *daemon.Service) { s.StopIfChanged = true }
	always := func(s *daemon.Service) {
		s.Init = map[string]daemon.Sections{"systemd": {"Service": {"X-NotSocketActivated": {"true"}}}}
	}
	keep := func(c *daemon.Config) { c.KeepStopped = true }
	for name, c := range map[string]struct {
		a, b   daemon.Desired
		up     []string
		change func(*daemon.Config)
		want   plan.Units
	}{
		"kept down":            {a: named("a", "x"), b: named("a", "x"), change: keep},
		"kept down, new":       {b: named("a", "x"), change: keep, want: plan.Units{Start: []string{"a.service"}}},
		"a queued start":       {a: named("a", "x"), b: named("a", "x"), up: []string{"queued a.service"}},
		"failed":               {a: named("a", "x"), b: named("a", "x"), up: []string{"failed a.service"}, want: plan.Units{Start: []string{"a.service"}}},
		"a condition":          {a: named("a", "x"), b: named("a", "x"), up: []string{"unmet a.service"}},
		"a condition, changed": {a: named("a", "x"), b: named("a", "y"), up: []string{"unmet a.service"}, want: plan.Units{Start: []string{"a.service"}}},
		"gains a socket": {
			a: named("a", "x"), b: all(named("a", "x", byHand), socket), up: []string{"a.service"},
			want: plan.Units{Stop: []string{"a.service"}, Start: []string{"a.socket"}},
		},
		"gains a socket and always runs": {
			a: named("a", "x"), b: all(named("a", "x", always), socket), up: []string{"a.service"},
			want: plan.Units{Stop: []string{"a.service"}, Start: []string{"a.service", "a.socket"}},
		},
		"stop and start with a socket that always runs": {
			a: all(named("a", "x", always, stops), socket), b: all(named("a", "y", always, stops), socket), up: []string{"a.service", "a.socket"},
			want: plan.Units{Stop: []string{"a.service", "a.socket"}, Start: []string{"a.service", "a.socket"}},
		},
		"stop and start while the socket is down": {
			a: all(named("a", "x", byHand, stops), socket), b: all(named("a", "y", byHand, stops), socket), up: []string{"a.service"},
			want: plan.Units{Stop: []string{"a.service"}, Start: []string{"a.socket"}},
		},
		"loses its socket": {
			a: all(named("a", "x", byHand), socket), b: named("a", "x"), up: []string{"a.socket"},
			want: plan.Units{Stop: []string{"a.socket"}, Start: []string{"a.service"}},
		},
		"one connection": {
			a: all(named("a", "x"), accepting), b: all(named("a", "y"), accepting), up: []string{"a.socket", "a@1-2.service"},
			want: plan.Units{Skip: []string{"a@1-2.service"}},
		},
		"a target up on this host only": {
			a: named("a", "x", func(s *daemon.Service) { s.PartOf = []string{"graphical.target"} }),
			b: named("a", "x", func(s *daemon.Service) { s.PartOf = []string{"graphical.target"} }), up: []string{"graphical.target"},
			want: plan.Units{Start: []string{"a.service"}},
		},
		"a target that is not up": {b: named("a", "x", func(s *daemon.Service) { s.PartOf = []string{"graphical.target"} })},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			init := newFake()
			for _, spec := range c.up {
				state, unit, special := strings.Cut(spec, " ")
				switch {
				case !special:
					init.status[state] = daemon.Status{Name: state, Active: "active"}
				default:
					init.status[unit] = daemon.Status{
						Name: unit, Active: map[string]string{"failed": "failed"}[state],
						Failed: state == "failed", Queued: state == "queued", Unmet: state == "unmet",
					}
				}
			}
			_, got := handsOver(t, init, c.a, c.b, c.change)
			got.Reasons, got.Failed, got.Refresh = nil, nil, false
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestFollowers(t *testing.T) {
	t.Parallel()
	stops := func(s *daemon.Service) { s.StopIfChanged = true }
	for name, c := range map[string]struct {
		a, b daemon.Desired
		want plan.Units
	}{
		"restart": {
			all(named("a", "x"), named("b", "x"), named("c", "x")), all(named("a", "y"), named("b", "x"), named("c", "x")),
			plan.Units{Restart: []string{"a.service", "b.service", "c.service"}},
		},
		"stop and start": {
			all(named("a", "x", stops), named("b", "x"), named("c", "x")), all(named("a", "y", stops), named("b", "x"), named("c", "y")),
			plan.Units{Stop: []string{"a.service", "b.service"}, Start: []string{"a.service", "b.service"}, Restart: []string{"c.service"}},
		},
		"removed": {
			all(named("a", "x"), named("b", "x"), named("c", "x")), all(named("b", "x")),
			plan.Units{Stop: []string{"a.service", "b.service", "c.service"}, Start: []string{"b.service"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			init := newFake("a.service", "b.service", "c.service", "theirs.service")
			init.followers = map[string][]string{"a.service": {"b.service", "theirs.service"}, "b.service": {"c.service"}, "c.service": {"a.service"}}
			_, got := handsOver(t, init, c.a, c.b, nil)
			got.Reasons, got.Refresh = nil, false
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestDropInOfAnotherSubsystem: an etc block may write a drop-in.
func TestDropInOfAnotherSubsystem(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.apply(all(named("a", "x"), named("b", "x")))
	h.write("usr/lib/systemd/system/theirs.service", "[Service]\nExecStart=/bin/theirs\n")
	h.write("etc/systemd/system/b.service.d/n.conf", "[Service]\nNice=1\n")
	contents := map[plan.Address]string{
		"etc/systemd/system/a.service.d/n.conf":            "[Service]\nNice=1\n",
		"file//etc/systemd/system/theirs.service.d/n.conf": "[Unit]\nDescription=x\n[Service]\nNice=2\n",
		"etc/systemd/network/x.conf":                       "",
	}
	changes := []plan.Change{plan.New("etc/systemd/system/b.service.d/n.conf", plan.Encode(1), nil, "", "")}
	for a := range contents {
		changes = append(changes, plan.New(a, nil, plan.Encode(1), "", "x.hcl:1"))
	}
	u, err := daemon.New(daemon.Config{
		Init: newFake("a.service", "b.service", "theirs.service"), Root: h.root, Store: h.store,
		Desired: all(named("a", "x"), named("b", "x")), Last: h.last,
		Contents: func(ch plan.Change) (before, after []byte, secret bool, err error) {
			return nil, []byte(contents[ch.Address]), false, nil
		},
	})
	h.must(err)
	verbs, err := u.Verbs(t.Context(), changes)
	h.must(err)
	want := plan.Units{
		Restart: []string{"a.service", "b.service", "theirs.service"},
		Reasons: map[string]string{
			"a.service": "Nice added, a.hcl:1", "b.service": "Nice removed, b.hcl:1", "theirs.service": "Nice added, x.hcl:1",
		},
		Refresh: true,
	}
	if d := cmp.Diff(want, verbs); d != "" {
		t.Error(d)
	}
}

func TestReasonsNameThePlace(t *testing.T) {
	t.Parallel()
	_, verbs := handsOver(t, newFake("a.service"), named("a", "x"), named("a", "y"), nil)
	if got := verbs.Reasons["a.service"]; got != "ExecStart changed, a.hcl:1" {
		t.Errorf("reason %q", got)
	}
	if !verbs.Refresh {
		t.Error("the init need not read the changed file")
	}
}

func TestMissingFileOfARunningUnit(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	h.apply(named("a", "x"))
	// The engine keeps the contents of a generation in its store.
	content := h.tree()["etc/systemd/system/a.service"]
	_, _, err := h.store.Put(strings.NewReader(content), false)
	h.must(err)
	h.must(h.root.Remove("etc/systemd/system/a.service"))
	u, err := daemon.New(daemon.Config{Init: newFake("a.service"), Root: h.root, Store: h.store, Desired: named("a", "x"), Last: h.last})
	h.must(err)
	diff, err := u.Diff(t.Context())
	h.must(err)
	verbs, err := u.Verbs(t.Context(), diff.Changes)
	h.must(err)
	if len(diff.Changes) != 1 || len(verbs.Restart)+len(verbs.Start) != 0 {
		t.Errorf("changes %v, verbs %+v: what runs was made from the same file", actions(diff), verbs)
	}
}
