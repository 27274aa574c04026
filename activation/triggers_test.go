package activation_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/activate-agent/activate/activation"
	"github.com/activate-agent/activate/activation/generation"
)

// loads is a snippet that makes a service read what is said of it in text.
func loads(text string) activation.Snippet {
	return activation.Snippet{Name: "load", After: []string{"etc"}, Script: "echo loaded", Triggers: []string{text}}
}

// TestTriggers: a snippet with triggers runs when they differ from those of its
// last run that counted, however that run ended.
func TestTriggers(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	edits := 0
	// run is one switch that changes something besides, and tells whether the
	// snippet was to run and did.
	run := func(verb string, want activation.Verdict, snippets ...activation.Snippet) bool {
		t.Helper()
		edits++
		m.log = nil
		c := config{"etc/edited": strings.Repeat("x", edits)}
		d, files := c.desired()
		e := m.open(t)
		defer func() { must(t, e.Root.Close()) }()
		p, err := e.Prepare(t.Context(), m.target(e, &generation.Record{Config: "test"}, d, snippets, files))
		must(t, err)
		planned := slices.Contains(p.Plan.Snippets, "load")
		if res := e.Apply(t.Context(), p, activation.Request{Verb: verb, SetBoot: true}); res.Verdict != want {
			t.Fatalf("run %d: %s, %v", edits, res.Verdict, res.Err)
		}
		did := slices.Contains(m.log, "snippet load: loaded")
		if did != planned && verb == "switch" {
			t.Errorf("run %d: planned %t, done %t", edits, planned, did)
		}
		return did
	}
	bad := activation.Snippet{Name: "bad", After: []string{"load"}, Script: "exit 1"}
	careless := loads("3")
	careless.Script, careless.OnFailure = "echo loaded; exit 1", "continue"
	atBoot := loads("3")
	atBoot.AtBoot = true
	for i, step := range []struct {
		snippets []activation.Snippet
		verb     string
		want     activation.Verdict
		runs     bool
	}{
		{[]activation.Snippet{loads("1")}, "switch", activation.Applied, true},
		{[]activation.Snippet{loads("1")}, "switch", activation.Applied, false},
		{[]activation.Snippet{loads("2"), bad}, "switch", activation.Failed, true},
		// What was undone was loaded, and counts for neither text.
		{[]activation.Snippet{loads("2")}, "switch", activation.Applied, true},
		{[]activation.Snippet{loads("1"), bad}, "switch", activation.Failed, true},
		{[]activation.Snippet{loads("2")}, "switch", activation.Applied, true},
		{nil, "switch", activation.Applied, false},
		{[]activation.Snippet{loads("2")}, "switch", activation.Applied, true},
		{[]activation.Snippet{careless}, "switch", activation.Partial, true},
		{[]activation.Snippet{careless}, "switch", activation.Partial, true},
		{[]activation.Snippet{atBoot}, "switch", activation.Applied, true},
		{[]activation.Snippet{atBoot}, "switch", activation.Applied, false},
		{[]activation.Snippet{atBoot}, activation.VerbAtBoot, activation.Applied, true},
		{[]activation.Snippet{loads("3")}, activation.VerbAtBoot, activation.Applied, false},
		{[]activation.Snippet{loads("3")}, "switch", activation.Applied, true},
		{[]activation.Snippet{loads("3")}, "switch", activation.Applied, false},
	} {
		if got := run(step.verb, step.want, step.snippets...); got != step.runs {
			t.Errorf("step %d: the snippet ran: %t, want %t", i+1, got, step.runs)
		}
	}
}
