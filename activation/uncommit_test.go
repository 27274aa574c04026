package activation_test

import (
	"context"
	"strings"
	"testing"

	"github.com/activate-agent/activate/activation"
	"github.com/activate-agent/activate/activation/generation"
	"github.com/activate-agent/activate/activation/plan"
)

// TestACommitThatIsTakenBack has a switch killed in its commit, its units fail once it
// is finished, so that it is taken back, and that killed before each of its
// operations: in the end all is that of the generation before, the links and what is
// known of the host too.
func TestACommitThatIsTakenBack(t *testing.T) {
	t.Parallel()
	for _, cut := range []string{"/backup/index.json", "/journal/transaction.json"} {
		t.Run(cut, func(t *testing.T) {
			t.Parallel()
			takenBack(t, cut)
		})
	}
}

// takenBack has the commit killed where it would write the index, or drop the journal.
func takenBack(t *testing.T, cut string) {
	t.Helper()
	for k := 1; ; k++ {
		m := newMachine(t)
		none := m.tree(t)
		m.switchTo(t, configA)
		a := m.tree(t)
		m.units.verbs = plan.Units{Restart: []string{"web.service"}}
		committing := false
		m.fault = func(_, name string) error {
			committing = committing || strings.HasSuffix(name, "/current")
			if committing && strings.HasSuffix(name, cut) {
				panic(killed{})
			}
			return nil
		}
		if !survive(func() { m.switchTo(t, configB) }) {
			t.Fatal("there was no commit")
		}
		m.units.fails, m.units.fail = true, []activation.UnitFailure{{Unit: "web.service", Reason: "exited with 1"}}
		at := m.killAt(t, k, func() { m.recoverOrRollBack(t) })
		m.recoverOrRollBack(t)
		m.units.fails, m.units.fail = false, nil
		wantSame(t, "killed at "+at, a, m.tree(t))
		e := m.open(t)
		current, err := e.State.Current()
		must(t, err)
		boot, err := e.State.Boot()
		must(t, err)
		must(t, e.Root.Close())
		if current != 1 || boot != 1 {
			t.Errorf("killed at %s: current is %d, boot %d", at, current, boot)
		}
		m.units.verbs = plan.Units{}
		m.deactivate(t)
		wantSame(t, "killed at "+at+", then deactivated", none, m.tree(t))
		if at == "" {
			t.Logf("killed before each of %d operations", k-1)
			return
		}
	}
}

// recoverOrRollBack ends an interrupted run of a configuration with on_unit_failure =
// "rollback".
func (m *machine) recoverOrRollBack(t *testing.T) {
	t.Helper()
	e := m.open(t)
	defer func() { _ = e.Root.Close() }()
	e.Restore = func(r *generation.Record) (*activation.Target, error) {
		target, err := m.restore(e, r)
		if err == nil {
			target.Settings.OnUnitFailure = "rollback"
		}
		return target, err
	}
	_, err := e.Recover(context.Background())
	must(t, err)
}
