package ui_test

import (
	"strings"
	"testing"
	"time"

	"github.com/activate-agent/activate/activation"
	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/cmd/activate/internal/ui"
)

// What was undone stands as it stood before the run.
func TestSummaryOfEachVerdict(t *testing.T) {
	t.Parallel()
	p := &plan.Plan{Summary: plan.Summary{Create: 1, Update: 2, Delete: 3, Unchanged: 4}}
	const made, undone = " 1 added, 2 changed, 3 removed, 4 unchanged;", " 0 added, 0 changed, 0 removed, 9 unchanged;"
	for verdict, want := range map[activation.Verdict]string{
		activation.Applied: made, activation.UnitsFailed: made, activation.Partial: made, activation.Failed: undone, activation.RolledBack: undone,
	} {
		if got := ui.Summary(&activation.Result{Verdict: verdict, Plan: p}, time.Second); !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", verdict, got, want)
		}
	}
}
