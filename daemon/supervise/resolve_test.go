package supervise_test

import (
	"strings"
	"testing"

	"github.com/activate-agent/activate/daemon"
	"github.com/activate-agent/activate/daemon/keep"
	"github.com/activate-agent/activate/daemon/supervise"
)

func longrun(name string, change func(*daemon.Service)) daemon.Service {
	s := daemon.Service{Name: name, Process: &daemon.Process{Argv: []string{"/bin/" + name}}}
	if change != nil {
		change(&s)
	}
	return s
}

func specs(t *testing.T, d daemon.Desired) map[string]keep.Spec {
	t.Helper()
	list, err := supervise.Specs(d)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]keep.Spec{}
	for _, s := range list {
		out[s.Name] = s
	}
	return out
}

func same(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("%s: %v, not %v", what, got, want)
	}
}

func TestNeedsReachThroughNestedBundles(t *testing.T) {
	t.Parallel()
	got := specs(t, daemon.Desired{
		Targets: []daemon.Target{
			{Name: "outer", DependsOn: []string{"bus"}},
			{Name: "inner", PartOf: []string{"outer"}},
		},
		Services: []daemon.Service{
			longrun("bus", nil),
			longrun("member", func(s *daemon.Service) { s.PartOf = []string{"inner"} }),
			longrun("user", func(s *daemon.Service) { s.DependsOn = []string{"outer"} }),
		},
	})
	same(t, "what a member of a member needs", got["member"].Needs, "bus")
	same(t, "what needs a bundle needs", got["user"].Needs, "member")
	same(t, "members", got["outer"].Members, "member")
	same(t, "what needs bus", got["bus"].NeededBy, "member")
	if a, b := got["member"].Level, got["user"].Level; a != 2 || b != 3 {
		t.Errorf("levels of member and user: %d and %d, not 2 and 3", a, b)
	}
}

func TestRelationsOfTheOtherSide(t *testing.T) {
	t.Parallel()
	got := specs(t, daemon.Desired{Services: []daemon.Service{
		longrun("late", nil),
		longrun("early", func(s *daemon.Service) { s.Before = []string{"late", "network.target"} }),
		longrun("needed", func(s *daemon.Service) { s.RequiredBy = []string{"late"} }),
	}})
	same(t, "follows", got["late"].Follows, "early")
	same(t, "needs", got["late"].Needs, "needed")
}

func TestWhatStartsWithTheHost(t *testing.T) {
	t.Parallel()
	got := specs(t, daemon.Desired{Services: []daemon.Service{
		longrun("web", func(s *daemon.Service) {
			s.Autostart, s.PartOf, s.DependsOn, s.Wants = true, []string{"default"}, []string{"db"}, []string{"cache"}
		}),
		longrun("db", nil), longrun("cache", nil), longrun("manual", nil),
	}})
	for name, want := range map[string]bool{"web": true, "db": true, "cache": true, "manual": false} {
		if got[name].Boot != want {
			t.Errorf("%s starts with the host: %t", name, got[name].Boot)
		}
	}
}

func TestWhatCannotBeOrderedIsRefused(t *testing.T) {
	t.Parallel()
	needs := func(name, other string) daemon.Service {
		return longrun(name, func(s *daemon.Service) { s.DependsOn, s.Origin = []string{other}, name+".hcl:1" })
	}
	for _, c := range []struct {
		name string
		d    daemon.Desired
		want string
	}{
		{"cycle", daemon.Desired{Services: []daemon.Service{needs("a", "b"), needs("b", "c"), needs("c", "a")}}, "a.hcl:1: cannot order services: a → b → c → a"},
		{"unknown", daemon.Desired{Services: []daemon.Service{needs("a", "nosuch")}}, "a.hcl:1: cannot order a: it depends on nosuch"},
		{"socket", daemon.Desired{Sockets: []daemon.Socket{{Name: "s", Origin: "s.hcl:1"}}}, "s.hcl:1: cannot listen for socket s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if _, err := supervise.Specs(c.d); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, without %q", err, c.want)
			}
		})
	}
}

func TestOnlyWhatRunsIsCompared(t *testing.T) {
	t.Parallel()
	base := keep.Spec{Service: longrun("web", nil)}
	for _, c := range []struct {
		name   string
		change func(*keep.Spec)
		want   daemon.Effect
	}{
		{"nothing", func(*keep.Spec) {}, daemon.NoEffect},
		{"description", func(s *keep.Spec) { s.Description = "x" }, daemon.NoEffect},
		{"place in the configuration", func(s *keep.Spec) { s.Origin = "x.hcl:9" }, daemon.NoEffect},
		{"argument", func(s *keep.Spec) { s.Process = &daemon.Process{Argv: []string{"/bin/web", "x"}} }, daemon.NeedsRestart},
		{"environment", func(s *keep.Spec) { s.Environment = map[string]string{"A": "b"} }, daemon.NeedsRestart},
		{"reload trigger", func(s *keep.Spec) { s.Reload, s.ReloadTrigger = &daemon.Reload{Signal: "HUP"}, "1" }, daemon.NeedsReload},
		{"restart policy", func(s *keep.Spec) { s.Restart = &daemon.Restart{Policy: "never"} }, daemon.NoEffect},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			will := base
			c.change(&will)
			if got := keep.Compare(base, will); got.Effect != c.want {
				t.Errorf("effect %d (%s), not %d", got.Effect, got.Reason, c.want)
			}
		})
	}
}
