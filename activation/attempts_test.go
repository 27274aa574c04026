package activation_test

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"
	"syscall"
	"testing"

	"github.com/activate-agent/activate/activation"
	"github.com/activate-agent/activate/activation/generation"
)

// boot is one boot of the host: at-boot, and when it comes so far, booted. It
// gives how the run ended, and what was found wrong at the end.
func (m *machine) boot(t testing.TB) (res *activation.Result, failure string) {
	t.Helper()
	e := m.counting(t)
	defer func() { _ = e.Root.Close() }()
	res, err := m.atBoot(e)
	must(t, err)
	failure, err = e.EndBoot(context.Background())
	must(t, err)
	return res, failure
}

func (m *machine) counting(t testing.TB) *activation.Engine {
	t.Helper()
	e := m.open(t)
	e.CountBoots = true
	// Where the lock is, which every run takes.
	_, err := e.Root.MakeDirs(path.Dir(e.LockPath()), 0o755)
	must(t, err)
	restore := e.Restore
	e.Restore = func(r *generation.Record) (*activation.Target, error) {
		target, err := restore(r)
		if err == nil {
			target.Settings.BootAttempts = m.attempts
		}
		return target, err
	}
	return e
}

// atBoot is what the command of this name does.
func (m *machine) atBoot(e *activation.Engine) (*activation.Result, error) {
	if err := e.CountBoot(); err != nil {
		return nil, err
	}
	p, err := planBoot(e)
	if err != nil {
		return nil, errors.Join(err, e.FailBoot(err))
	}
	res := e.Apply(context.Background(), p, activation.Request{Verb: activation.VerbAtBoot, SetBoot: true})
	if res.Verdict == activation.Failed {
		err = e.FailBoot(res.Err)
	}
	return res, err
}

func planBoot(e *activation.Engine) (*activation.Prepared, error) {
	ctx := context.Background()
	if _, err := e.Recover(ctx); err != nil {
		return nil, err
	}
	target, err := e.BeginBoot(true)
	if err != nil {
		return nil, err
	}
	return e.Prepare(ctx, target)
}

// succeed switches as on a live host.
func (m *machine) succeed(t testing.TB, c config) {
	t.Helper()
	e := m.counting(t)
	defer func() { _ = e.Root.Close() }()
	d, files := c.desired()
	target := m.target(e, &generation.Record{Config: "test"}, d, nil, files)
	target.Settings.BootAttempts = m.attempts
	p, err := e.Prepare(context.Background(), target)
	must(t, err)
	res := e.Apply(context.Background(), p, activation.Request{Verb: "switch", SetBoot: true})
	if res.Verdict != activation.Applied {
		t.Fatalf("switch: %s %v", res.Verdict, res.Err)
	}
}

func (m *machine) wantBoot(t testing.TB, when string, current, boot int) {
	t.Helper()
	e := m.open(t)
	defer func() { _ = e.Root.Close() }()
	gotCurrent, err := e.State.Current()
	must(t, err)
	gotBoot, err := e.State.Boot()
	must(t, err)
	if gotCurrent != current || gotBoot != boot {
		t.Fatalf("%s generation %d is current and %d boots, want %d and %d", when, gotCurrent, gotBoot, current, boot)
	}
}

func (m *machine) boots(t testing.TB) generation.Boots {
	t.Helper()
	e := m.open(t)
	defer func() { _ = e.Root.Close() }()
	b, err := e.State.ReadBoots()
	must(t, err)
	return b
}

var broken = []activation.UnitFailure{{Unit: "web.service", Reason: "it failed"}}

func TestBootAttempts(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.attempts = 2
	m.succeed(t, configA)
	m.succeed(t, configB)
	m.units.failing = broken
	for attempt := 1; attempt <= 2; attempt++ {
		if _, failure := m.boot(t); failure != "units failed: web.service (it failed)" {
			t.Fatalf("boot %d: %q", attempt, failure)
		}
		m.wantBoot(t, "after a failed boot", 2, 2)
		if got := m.boots(t).Trials[2]; got.Attempts != attempt || got.Failure == "" {
			t.Fatalf("after %d failed boots the account is %+v", attempt, got)
		}
	}
	m.units.failing = nil
	if res, failure := m.boot(t); res.Verdict != activation.Applied || failure != "" {
		t.Fatalf("the boot that falls back: %s %v %q", res.Verdict, res.Err, failure)
	}
	m.wantBoot(t, "after falling back", 1, 1)
	back := m.boots(t).Fallback
	want := "generation 2 failed to boot 2 times (units failed: web.service (it failed)); generation 1 was brought back"
	if back == nil || back.String() != want || !strings.Contains(strings.Join(m.log, "\n"), want) {
		t.Errorf("the fallback is told as %v, want %s", back, want)
	}
	if res, failure := m.boot(t); res.Verdict != activation.Unchanged || failure != "" {
		t.Errorf("the boot after: %s %q", res.Verdict, failure)
	}
	m.succeed(t, configB)
	if got := m.boots(t); got.Fallback != nil {
		t.Errorf("a good switch does not forget the fallback: %v", got.Fallback)
	}
}

// TestBootCutOff: a boot that nobody tells the end of is a failed one; without
// a limit, or another generation, it is tried again and again.
func TestBootCutOff(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name            string
		before, limit   int
		current, counts int
	}{
		{"falls back", 1, 2, 1, 2},
		{"no limit", 1, 0, 2, 4},
		{"no other", 0, 2, 1, 4},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t)
			m.attempts = row.limit
			if row.before > 0 {
				m.succeed(t, configA)
			}
			m.succeed(t, configB)
			for range 4 {
				e := m.counting(t)
				_, err := m.atBoot(e)
				must(t, err)
				// The power goes, and /run with it.
				must(t, e.Root.Remove(e.BootingPath()))
				must(t, e.Root.Close())
			}
			m.wantBoot(t, "after four cuts", row.current, row.current)
			trial := m.boots(t).Trials[1+row.before]
			if trial.Attempts != row.counts || trial.Failure != generation.NotReached {
				t.Errorf("the account is %+v, want %d attempts", trial, row.counts)
			}
			if _, failure := m.boot(t); failure != "" {
				t.Fatal(failure)
			}
			if got := m.boots(t).Trials[row.current]; got.Attempts != 0 || got.Failure != "" {
				t.Errorf("after a good boot the account is %+v", got)
			}
		})
	}
}

// TestBootNotApplied: at-boot that cannot apply the generation is a failed
// boot, with the reason.
func TestBootNotApplied(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.succeed(t, configA)
	m.succeed(t, configB)
	e := m.counting(t)
	must(t, e.State.SetBoot(1))
	must(t, e.Root.Close())
	m.fault = func(_, name string) error {
		if strings.HasSuffix(name, "srv/file") {
			return syscall.EIO
		}
		return nil
	}
	res, failure := m.boot(t)
	if res.Verdict != activation.Failed || failure != "" {
		t.Fatalf("%s %v %q", res.Verdict, res.Err, failure)
	}
	m.wantBoot(t, "after it", 2, 1)
	if got := m.boots(t).Trials[1]; got.Attempts != 1 || !strings.HasPrefix(got.Failure, "at-boot failed: cannot") {
		t.Errorf("the account is %+v", got)
	}
}

// TestFallBackFaults: each write of a boot that falls back fails, or is the last
// before the power goes: boots without a fault end in the same place.
func TestFallBackFaults(t *testing.T) {
	t.Parallel()
	for _, killed := range []bool{false, true} {
		t.Run(fmt.Sprintf("killed %v", killed), func(t *testing.T) {
			t.Parallel()
			for k := 1; ; k++ {
				if at := fallBackWithFault(t, k, killed); at == "" {
					t.Logf("%d operations", k-1)
					return
				}
			}
		})
	}
}

func fallBackWithFault(t *testing.T, k int, killed bool) (at string) {
	t.Helper()
	m := newMachine(t)
	m.attempts = 2
	m.succeed(t, config{"etc/one": "1\n", "srv/file": "a\n"})
	a := m.tree(t)
	m.succeed(t, config{"etc/one": "2\n", "srv/file": "b\n"})
	m.units.failing = broken
	m.boot(t)
	m.boot(t)
	m.units.failing = nil
	at = m.bootWithFault(t, k, killed)
	m.boot(t)
	m.wantBoot(t, at+" failed, then a boot:", 1, 1)
	wantSame(t, at, a, m.tree(t))
	if b := m.boots(t); b.Fallback == nil || b.Trials[1].Attempts != 0 {
		t.Fatalf("%s: the account is %+v", at, b)
	}
	return at
}

// bootWithFault boots while operation k fails, or ends everything.
func (m *machine) bootWithFault(t *testing.T, k int, kill bool) (at string) {
	t.Helper()
	run := func() {
		e := m.counting(t)
		defer func() { _ = e.Root.Close() }()
		if _, err := m.atBoot(e); err == nil {
			_, _ = e.EndBoot(context.Background())
		}
	}
	if kill {
		return m.killAt(t, k, run)
	}
	return m.failAt(k, run)
}

// TestBootThatEndsADeactivate: a deactivate is killed before each operation, and
// the boot after it ends it. It brings nothing up, so no boot is judged by it.
func TestBootThatEndsADeactivate(t *testing.T) {
	t.Parallel()
	for k := 1; ; k++ {
		m := newMachine(t)
		if res := m.switchTo(t, configA); res.Verdict != activation.Applied {
			t.Fatalf("A: %v", res.Err)
		}
		at := m.killAt(t, k, func() { m.deactivate(t) })
		if at == "" {
			return
		}
		e := m.counting(t)
		current, err := e.State.Current()
		must(t, err)
		must(t, e.CountBoot())
		res, err := e.Recover(t.Context())
		must(t, err)
		target, err := e.BeginBoot(true)
		must(t, err)
		if res != nil && target != nil || res == nil && current > 0 && target == nil {
			t.Errorf("killed at %s: recovered %+v, and the boot brings up %+v", at, res, target)
		}
		if target == nil {
			if failure, err := e.EndBoot(t.Context()); failure != "" || err != nil {
				t.Errorf("killed at %s: the boot is told to have failed: %s, %v", at, failure, err)
			}
		}
		must(t, e.Root.Close())
	}
}
