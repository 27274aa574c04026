package activation_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/activate-agent/activate/activation"
	"github.com/activate-agent/activate/activation/generation"
	"github.com/activate-agent/activate/activation/plan"
)

func TestNothingToDoWritesNothing(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.switchTo(t, configA)
	m.fault = func(op, name string) error {
		t.Errorf("%s %s", op, name)
		return nil
	}
	if res := m.switchTo(t, configA); res.Verdict != activation.Unchanged || res.Generation != 1 {
		t.Errorf("got %s, generation %d, %v", res.Verdict, res.Generation, res.Err)
	}
}

func TestGenerationsAreNumberedOnce(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.switchTo(t, configA)
	m.switchTo(t, configB)
	e := m.open(t)
	defer func() { _ = e.Root.Close() }()
	if err := e.State.Delete(2); err == nil || !strings.Contains(err.Error(), "current") {
		t.Errorf("the current generation could be deleted: %v", err)
	}
	must(t, e.State.Delete(1))
	if err := e.State.Delete(1); err == nil {
		t.Error("a generation that is gone could be deleted")
	}
	if n, err := e.State.Next(); n != 3 || err != nil {
		t.Errorf("the next is %d, %v", n, err)
	}
}

func TestUnitFailure(t *testing.T) {
	t.Parallel()
	failure := []activation.UnitFailure{{Unit: "web.service", Reason: "exited with 1"}}
	verbs := plan.Units{Restart: []string{"web.service"}, Stop: []string{"old.service"}}

	m := newMachine(t)
	m.units.verbs, m.units.fail = verbs, failure
	res := m.switchTo(t, configA)
	if res.Verdict != activation.UnitsFailed || res.Generation != 1 {
		t.Errorf("got %s, generation %d", res.Verdict, res.Generation)
	}
	if got := strings.Join(m.units.calls, "; "); got != "stop old.service; start web.service" {
		t.Errorf("calls %q", got)
	}
}

// failingSwitch goes from one configuration to another, whose unit fails, with
// rollback on.
func failingSwitch(t *testing.T, m *machine) *activation.Result {
	t.Helper()
	return failsWith(t, m, activation.UnitFailure{Unit: "web.service", Reason: "exited with 1"})
}

func failsWith(t *testing.T, m *machine, failure activation.UnitFailure) *activation.Result {
	t.Helper()
	m.units.verbs = plan.Units{Restart: []string{failure.Unit}}
	m.units.fail = []activation.UnitFailure{failure}
	e := m.open(t)
	defer func() { _ = e.Root.Close() }()
	d, files := configB.desired()
	target := m.target(e, &generation.Record{}, d, nil, files)
	target.Settings.OnUnitFailure = "rollback"
	p, err := e.Prepare(context.Background(), target)
	must(t, err)
	return e.Apply(context.Background(), p, activation.Request{Verb: "switch", SetBoot: true})
}

// TestAUsersUnitRollsNothingBack: a user may break their own unit, and it is
// told, but the host keeps what it switched to.
func TestAUsersUnitRollsNothingBack(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.switchTo(t, configA)
	res := failsWith(t, m, activation.UnitFailure{Unit: "alice:sync.service", User: "alice", Reason: "masked"})
	if res.Verdict != activation.UnitsFailed || res.Generation != 2 {
		t.Errorf("got %s, generation %d", res.Verdict, res.Generation)
	}
}

// TestRollbackFailsToo: files are as before, but what ran does not run any
// more: a third end, with the command that repairs it.
func TestRollbackFailsToo(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.switchTo(t, configA)
	before := m.tree(t)
	m.units.fails = true
	res := failingSwitch(t, m)
	if res.Verdict != activation.Partial || res.Generation != 1 || !strings.Contains(res.Err.Error(), "activate rollback 1") {
		t.Fatalf("got %s, generation %d, %v", res.Verdict, res.Generation, res.Err)
	}
	wantSame(t, "after the rollback", before, m.tree(t))
}

func TestUnitFailureRollsBack(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.switchTo(t, configA)
	before := m.tree(t)
	res := failingSwitch(t, m)
	if res.Verdict != activation.RolledBack || res.Generation != 1 || res.Verdict.ExitCode() != 5 {
		t.Fatalf("got %s, generation %d, %v", res.Verdict, res.Generation, res.Err)
	}
	wantSame(t, "after the rollback", before, m.tree(t))
	e := m.open(t)
	defer func() { _ = e.Root.Close() }()
	if n, _ := e.State.Boot(); n != 1 {
		t.Errorf("the boot default is %d", n)
	}
}

func TestStoppedUnitsRunAgainAfterAnUndo(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.units.verbs = plan.Units{Stop: []string{"web.service"}, Start: []string{"new.service"}}
	m.switchTo(t, configA, activation.Snippet{Name: "bad", Script: "exit 1"})
	if got := strings.Join(m.units.calls, "; "); got != "stop web.service; start web.service" {
		t.Errorf("calls %q", got)
	}
}

func TestRollbackGoesBothWays(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.switchTo(t, configA)
	a := m.tree(t)
	m.switchTo(t, configB)
	b := m.tree(t)
	for _, step := range []struct {
		n    int
		want map[string]string
	}{{1, a}, {2, b}, {1, a}} {
		e := m.open(t)
		r, err := e.State.Read(step.n)
		must(t, err)
		target, err := e.Restore(r)
		must(t, err)
		p, err := e.Prepare(context.Background(), target)
		must(t, err)
		res := e.Apply(context.Background(), p, activation.Request{Verb: "rollback", SetBoot: true})
		if res.Verdict != activation.Applied || res.Generation != step.n {
			t.Fatalf("got %s, generation %d, %v", res.Verdict, res.Generation, res.Err)
		}
		wantSame(t, "rolled back", step.want, m.tree(t))
		_ = e.Root.Close()
	}
}

func TestADamagedRecordStopsTheRun(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"generations/1/manifest.json", "backup/index.json"} {
		m := newMachine(t)
		m.switchTo(t, configA)
		before := m.tree(t)
		must(t, os.WriteFile(filepath.Join(m.dir, stateDir, file), []byte("{half"), 0o600))
		e := m.open(t)
		d, files := configB.desired()
		_, err := e.Prepare(context.Background(), m.target(e, &generation.Record{}, d, nil, files))
		if err == nil || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: got %v", file, err)
		}
		_ = e.Root.Close()
		wantSame(t, file, before, m.tree(t))
	}
}

func TestAFailedFirstSwitchLeavesNothing(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	before := m.tree(t)
	res := m.switchTo(t, configA, activation.Snippet{Name: "bad", Script: "exit 1"})
	if res.Verdict != activation.Failed {
		t.Fatalf("got %s, %v", res.Verdict, res.Err)
	}
	wantSame(t, "after the undo", before, m.tree(t))
	if _, err := os.Lstat(filepath.Join(m.dir, "var")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the state directory stays: %v", err)
	}

	// With a generation, or contents that could not return, it stays.
	m.switchTo(t, configA)
	m.switchTo(t, configB, activation.Snippet{Name: "bad", Script: "exit 1"})
	if _, err := os.Lstat(filepath.Join(m.dir, stateDir, "current")); err != nil {
		t.Error(err)
	}
	other := newMachine(t)
	kept := filepath.Join(other.dir, stateDir, "backup/kept")
	must(t, os.MkdirAll(filepath.Dir(kept), 0o700))
	must(t, os.WriteFile(kept, nil, 0o600))
	other.switchTo(t, configA, activation.Snippet{Name: "bad", Script: "exit 1"})
	if _, err := os.Lstat(kept); err != nil {
		t.Error(err)
	}
}

func TestAStoppedUnitIsStartedWithoutAGeneration(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.switchTo(t, configA)
	m.units.always = plan.Units{Start: []string{"web.service"}}
	m.units.calls = nil
	res := m.switchTo(t, configA)
	if res.Verdict != activation.Applied || res.Generation != 1 {
		t.Errorf("got %s, generation %d, %v", res.Verdict, res.Generation, res.Err)
	}
	if got := strings.Join(m.units.calls, "; "); got != "stop ; start web.service" {
		t.Errorf("calls %q", got)
	}
}
