package systemd_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/daemon"
	"github.com/activate-agent/activate/daemon/systemd"
	"github.com/activate-agent/activate/testvm"
)

// switcher switches a machine as the engine does.
type switcher struct {
	t     *testing.T
	m     *testvm.Machine
	init  *systemd.Systemd
	root  *rootfs.Root
	store *rootfs.Store
	last  map[plan.Address]plan.State
	// parents are the directories that were made for units.
	parents []string
	// deadline and keep go into the next switches' Config.
	deadline time.Duration
	keep     bool
}

func newSwitcher(t *testing.T, suite string) *switcher {
	t.Helper()
	m := testvm.Start(t, testvm.Config{Suite: suite})
	root, err := rootfs.Open(m.Root())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = root.Close() })
	store, err := rootfs.OpenStore(root, "var/lib/activate/key", "var/lib/activate/backup")
	if err != nil {
		t.Fatal(err)
	}
	s := &switcher{t: t, m: m, root: root, store: store, last: map[plan.Address]plan.State{}}
	s.connect()
	return s
}

// connect is called again when the machine has booted again.
func (s *switcher) connect() {
	s.init = systemd.At(systemd.Options{
		Socket:  s.m.Path("/run/dbus/system_bus_socket"),
		Journal: append(s.m.Enter(), "journalctl"),
	})
	s.t.Cleanup(s.init.Close)
}

// plan gives what a switch to d would do.
func (s *switcher) plan(d daemon.Desired) (*daemon.Units, []plan.Change, plan.Units) {
	s.t.Helper()
	u, err := daemon.New(daemon.Config{
		Init: s.init, Root: s.root, Store: s.store, Desired: d, Last: s.last, Parents: s.parents,
		Deadline: s.deadline, KeepStopped: s.keep,
	})
	s.must(err)
	diff, err := u.Diff(s.t.Context())
	s.must(err)
	if len(diff.Problems) > 0 {
		s.t.Fatalf("problems: %v", diff.Problems)
	}
	verbs, err := u.Verbs(s.t.Context(), diff.Changes)
	s.must(err)
	return u, diff.Changes, verbs
}

// to switches to d.
func (s *switcher) to(d daemon.Desired) (plan.Units, daemon.Outcome) {
	s.t.Helper()
	u, changes, verbs := s.plan(d)
	s.must(u.Save(s.t.Context(), changes))
	stopped := u.Stop(s.t.Context(), verbs)
	s.must(u.Apply(s.t.Context(), changes))
	out, err := u.Start(s.t.Context(), verbs)
	s.must(err)
	out.Failed = append(stopped, out.Failed...)
	s.parents, s.last = u.Parents(plan.Diff{Changes: changes}), maps.Clone(s.last)
	for _, ch := range changes {
		if u.Leaves(ch) {
			delete(s.last, ch.Address)
		} else {
			s.last[ch.Address] = ch.After
		}
	}
	return verbs, out
}

func (s *switcher) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// runs is what a unit's life looks like from outside.
type runs struct{ active, invocation string }

// observe asks systemd itself, not the code under test.
func (s *switcher) observe(units []string) map[string]runs {
	s.t.Helper()
	out := map[string]runs{}
	if len(units) == 0 {
		return out
	}
	text := s.m.Succeed("systemctl show --property=Id,ActiveState,InvocationID -- " + strings.Join(units, " "))
	for i, block := range strings.Split(strings.TrimSpace(text), "\n\n") {
		var r runs
		for line := range strings.Lines(block) {
			key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
			switch key {
			case "ActiveState":
				r.active = value
			case "InvocationID":
				r.invocation = value
			}
		}
		out[units[i]] = r
	}
	return out
}

// happened derives from two observations what became of each unit.
func happened(before, after map[string]runs) map[string]string {
	out := map[string]string{}
	for unit, b := range before {
		a := after[unit]
		up := func(r runs) bool { return r.active == "active" || r.active == "activating" }
		switch {
		case up(b) && !up(a):
			out[unit] = "stopped"
		case !up(b) && up(a):
			out[unit] = "started"
		case up(b) && b.invocation != a.invocation:
			out[unit] = "again"
		}
	}
	return out
}

// planned derives the same from a plan.
func planned(u plan.Units, before map[string]runs) map[string]string {
	out := map[string]string{}
	for _, unit := range u.Stop {
		out[unit] = "stopped"
		if slices.Contains(u.Start, unit) {
			out[unit] = "again"
		}
	}
	for _, unit := range u.Restart {
		out[unit] = "again"
	}
	for _, unit := range u.Start {
		if _, listed := out[unit]; !listed && before[unit].active != "active" {
			out[unit] = "started"
		}
	}
	return out
}

func merge(all ...daemon.Desired) daemon.Desired {
	var d daemon.Desired
	for _, x := range all {
		d.Services = append(d.Services, x.Services...)
		d.Sockets = append(d.Sockets, x.Sockets...)
		d.Timers = append(d.Timers, x.Timers...)
		d.Targets = append(d.Targets, x.Targets...)
		d.Mounts = append(d.Mounts, x.Mounts...)
		d.Units = append(d.Units, x.Units...)
	}
	return d
}

func unitNames(t *testing.T, all ...daemon.Desired) []string {
	t.Helper()
	var names []string
	for _, d := range all {
		files, err := systemd.Offline().Render(d)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if !strings.HasSuffix(strings.TrimSuffix(f.Unit, ".service"), "@") {
				names = append(names, f.Unit)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// TestScenarios takes one machine from the A sides of all scenarios to their B
// sides in one switch, and looks from outside at what became of each unit.
func TestScenarios(t *testing.T) {
	t.Parallel()
	for _, suite := range suites() {
		t.Run(suite, func(t *testing.T) {
			t.Parallel()
			runScenarios(t, newSwitcher(t, suite))
		})
	}
}

func runScenarios(t *testing.T, s *switcher) {
	var a, b []daemon.Desired
	for _, c := range scenarios() {
		a, b = append(a, c.a), append(b, c.b)
	}
	if _, out := s.to(merge(a...)); len(out.Failed) > 0 {
		t.Fatalf("the A side failed: %v", out.Failed)
	}
	if _, changes, verbs := s.plan(merge(a...)); len(changes) > 0 || !verbs.Empty() {
		t.Errorf("a second switch to A would do %v %+v", changes, verbs)
	}
	for _, c := range scenarios() {
		if c.between != "" {
			s.m.Succeed(c.between)
		}
	}
	var names []string
	for _, c := range scenarios() {
		names = append(names, unitNames(t, c.a, c.b)...)
		names = append(names, c.also...)
	}
	before := s.observe(names)
	verbs, out := s.to(merge(b...))
	after := s.observe(names)

	for _, c := range scenarios() {
		t.Run(c.name, func(t *testing.T) {
			mine := append(unitNames(t, c.a, c.b), c.also...)
			c.verify(t, filter(verbs, mine), out)
			was, is := pick(before, mine), pick(after, mine)
			got, want := happened(was, is), planned(filter(verbs, mine), was)
			for unit := range strings.FieldsSeq(c.failed + " " + c.ignored) {
				delete(got, unit)
				delete(want, unit)
			}
			if !maps.Equal(got, want) {
				t.Errorf("the plan says %v, but this happened: %v", want, got)
			}
			if c.check != "" {
				if stdout, stderr, code := s.m.Run(c.check); code != 0 {
					t.Errorf("%s: exit code %d\n%s%s", c.check, code, stdout, stderr)
				}
			}
		})
	}
	_, changes, verbs := s.plan(merge(b...))
	// What failed for good is tried again.
	verbs.Start = slices.DeleteFunc(verbs.Start, func(unit string) bool { return unit == "t-neverready.service" })
	if len(changes) > 0 || !verbs.Empty() {
		t.Errorf("a second switch to B would do %v %+v", changes, verbs)
	}
	s.to(daemon.Desired{})
	// What must not be stopped, and what has a process left, is still known.
	s.m.Succeed("! systemctl list-units --all --plain --no-legend 't-*' | grep -v -e t-keeps -e t-foreign -e t-killprocess -e t-rawskip | grep .")
	if left := s.m.Succeed("find /etc/systemd/system -newer /etc/machine-id -name 't-*'"); left != "" {
		t.Errorf("files are left: %s", left)
	}
}

func pick(all map[string]runs, names []string) map[string]runs {
	out := map[string]runs{}
	for _, name := range names {
		out[name] = all[name]
	}
	return out
}

// filter keeps what concerns the named units.
func filter(u plan.Units, names []string) plan.Units {
	keep := func(list []string) []string {
		var out []string
		for _, unit := range list {
			if slices.Contains(names, unit) {
				out = append(out, unit)
			}
		}
		return out
	}
	return plan.Units{
		Stop: keep(u.Stop), Start: keep(u.Start), Restart: keep(u.Restart),
		Reload: keep(u.Reload), Skip: keep(u.Skip), Reasons: u.Reasons,
	}
}
