package activation_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/activate-agent/activate/activation"
	"github.com/activate-agent/activate/activation/generation"
	"github.com/activate-agent/activate/activation/plan"
)

func TestAFailedSnippetUndoesTheSwitch(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.switchTo(t, configA)
	before := m.tree(t)
	res := m.switchTo(t, configB, activation.Snippet{Name: "bad", Script: "echo no luck >&2; exit 7\n", After: []string{"files"}, Origin: "c.hcl:3"})
	if res.Verdict != activation.Failed || !strings.Contains(res.Err.Error(), `cannot run snippet "bad" (c.hcl:3): exit status 7`) {
		t.Fatalf("got %s, %v", res.Verdict, res.Err)
	}
	wantSame(t, "after the undo", before, m.tree(t))
	if !strings.Contains(strings.Join(m.log, "\n"), "snippet bad: no luck") {
		t.Errorf("its output is not told: %q", m.log)
	}
	e := m.open(t)
	defer func() { _ = e.Root.Close() }()
	if numbers, _ := e.State.Numbers(); len(numbers) != 1 {
		t.Errorf("generations %v", numbers)
	}
}

func TestSnippetsRunInTheirPlace(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	trace := filepath.Join(m.dir, "trace")
	note := func(name string) string {
		return "echo " + name + " $ACTIVATE_ACTION $ACTIVATE_GENERATION $ACTIVATE_PREVIOUS >>" + trace + "; test ! -e " + m.dir + "/srv/file || echo files >>" + trace
	}
	res := m.switchTo(t, configA,
		activation.Snippet{Name: "last", Script: note("last")},
		activation.Snippet{Name: "second", Script: note("second"), After: []string{"first"}, Before: []string{"groups"}},
		activation.Snippet{Name: "first", Argv: []string{"/bin/sh", "-c", note("first")}, Before: []string{"groups"}},
		activation.Snippet{Name: "soft", Script: "exit 1", OnFailure: "continue", Before: []string{"last"}},
	)
	b, err := os.ReadFile(trace)
	must(t, err)
	want := "first switch 1 0\nsecond switch 1 0\nlast switch 1 0\nfiles\n"
	if string(b) != want {
		t.Errorf("got %q, want %q", b, want)
	}
	if res.Verdict != activation.Partial || res.Generation != 1 || !strings.Contains(res.Err.Error(), "soft") {
		t.Errorf("got %s, generation %d, %v", res.Verdict, res.Generation, res.Err)
	}
}

func TestASnippetThatHangsIsKilled(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	res := m.switchTo(t, configA, activation.Snippet{Name: "slow", Script: "sleep 60 & wait\n", Timeout: "100ms"})
	if res.Verdict != activation.Failed || !strings.Contains(res.Err.Error(), "longer than 100ms") {
		t.Errorf("got %s, %v", res.Verdict, res.Err)
	}
}

func TestSnippetOrderMistakesAreFoundBeforehand(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	e := m.open(t)
	defer func() { _ = e.Root.Close() }()
	d, files := configA.desired()
	prepare := func(snippets ...activation.Snippet) error {
		_, err := e.Prepare(context.Background(), m.target(e, &generation.Record{}, d, snippets, files))
		return err
	}
	err := prepare(activation.Snippet{Name: "a", After: []string{"b"}}, activation.Snippet{Name: "b", After: []string{"a"}})
	var cycle *plan.CycleError
	if !errors.As(err, &cycle) || strings.Join(cycle.Path, " ") != "a b a" {
		t.Errorf("got %v", err)
	}
	err = prepare(activation.Snippet{Name: "a", After: []string{"nowhere"}})
	var unknown *plan.UnknownError
	if !errors.As(err, &unknown) || unknown.Name != "nowhere" {
		t.Errorf("got %v", err)
	}
}

func TestSnippetsAskForUnits(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.units.verbs = plan.Units{Restart: []string{"a.service"}, Reload: []string{"b.service"}}
	must(t, os.MkdirAll(filepath.Join(m.dir, "run/activate"), 0o755))
	res := m.switchTo(t, configA, activation.Snippet{
		Name:   "ask",
		Script: `printf 'a.service\nb\nc.timer\n' >>"$ACTIVATE_ROOT$ACTIVATE_RESTART_LIST"; echo d >>"$ACTIVATE_ROOT$ACTIVATE_RELOAD_LIST"`,
	})
	if res.Verdict != activation.Applied {
		t.Fatalf("got %s, %v", res.Verdict, res.Err)
	}
	if got := strings.Join(m.units.calls, "; "); got != "stop ; start a.service b.service c.timer" {
		t.Errorf("calls %q", got)
	}
	if _, err := os.Stat(filepath.Join(m.dir, "run/activate/restart-list")); err == nil {
		t.Error("the list was not removed")
	}
}

func TestSnippetsMayNotAskForWhatIsNoUnit(t *testing.T) {
	t.Parallel()
	for _, garbage := range []string{`a b\n`, `../x\n`, `\000\n`, `\377\376\n`, `\033[31m\n`, `*.service\n`} {
		m := newMachine(t)
		must(t, os.MkdirAll(filepath.Join(m.dir, "run/activate"), 0o755))
		res := m.switchTo(t, configA, activation.Snippet{
			Name: "ask", Script: `printf '` + garbage + `' >>"$ACTIVATE_ROOT$ACTIVATE_RESTART_LIST"`,
		})
		if res.Verdict != activation.Failed || !strings.Contains(res.Err.Error(), "is not the name of a unit") {
			t.Errorf("%s: got %s, %v", garbage, res.Verdict, res.Err)
		}
	}
}

// TestWhatIsLeftInPlaceOfAListIsCleared: whatever a snippet puts where its list
// belongs ends its own run with a reason, and holds up none that follows.
func TestWhatIsLeftInPlaceOfAListIsCleared(t *testing.T) {
	t.Parallel()
	for what, leave := range map[string]string{
		"a directory": `mkdir -p "$L/in/it"; touch "$L/in/it/x"`,
		"a FIFO":      `mkfifo "$L"`,
		"a link":      `ln -s /etc/passwd "$L"`,
		"too much":    `head -c 1100000 /dev/zero | tr '\0' x >"$L"`,
	} {
		m := newMachine(t)
		must(t, os.MkdirAll(filepath.Join(m.dir, "run/activate"), 0o755))
		for _, list := range []string{"RESTART", "RELOAD"} {
			res := m.switchTo(t, configA, activation.Snippet{Name: "odd", Script: `L="$ACTIVATE_ROOT$ACTIVATE_` + list + `_LIST"; ` + leave})
			if res.Verdict != activation.Failed || !strings.Contains(res.Err.Error(), "-list") {
				t.Errorf("%s: got %s, %v", what, res.Verdict, res.Err)
			}
		}
		res := m.switchTo(t, configA, activation.Snippet{Name: "odd", Script: "true"})
		if res.Verdict != activation.Applied {
			t.Errorf("after %s: got %s, %v", what, res.Verdict, res.Err)
		}
	}
}

// TestABootGoesOnWithoutARequest: what a boot brought back stays although a
// snippet asks for what is no unit.
func TestABootGoesOnWithoutARequest(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	must(t, os.MkdirAll(filepath.Join(m.dir, "run/activate"), 0o755))
	m.switchTo(t, configA, activation.Snippet{Name: "ask", AtBoot: true, Script: `test ! -e ` + m.dir + `/odd || echo '*' >"$ACTIVATE_ROOT$ACTIVATE_RESTART_LIST"`})
	must(t, os.WriteFile(filepath.Join(m.dir, "odd"), nil, 0o600))
	must(t, os.Remove(filepath.Join(m.dir, "srv/file")))
	res := m.reboot(t, "")
	if res.Verdict != activation.Partial || !strings.Contains(res.Err.Error(), "is not the name of a unit") {
		t.Errorf("got %s, %v", res.Verdict, res.Err)
	}
	if _, err := os.Stat(filepath.Join(m.dir, "srv/file")); err != nil {
		t.Error(err)
	}
}

func TestASnippetMayLeaveAProcessThatHoldsItsOutput(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	pid := filepath.Join(m.dir, "pid")
	res := m.switchTo(t, configA, activation.Snippet{Name: "daemon", Script: "sleep 60 & echo $! >" + pid + "; echo started"})
	b, err := os.ReadFile(pid)
	must(t, err)
	n, err := strconv.Atoi(strings.TrimSpace(string(b)))
	must(t, err)
	defer func() { _ = syscall.Kill(n, syscall.SIGKILL) }()
	if res.Verdict != activation.Applied {
		t.Fatalf("got %s, %v", res.Verdict, res.Err)
	}
	if err := syscall.Kill(n, 0); err != nil {
		t.Errorf("what it left does not run: %v", err)
	}
	if log := strings.Join(m.log, "\n"); !strings.Contains(log, "daemon: started\nsnippet daemon: it left a process") {
		t.Errorf("log %q", log)
	}
}

func TestDryRunRunsOnlyWhatSaysItCan(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	e := m.open(t)
	defer func() { _ = e.Root.Close() }()
	d, files := configA.desired()
	p, err := e.Prepare(context.Background(), m.target(e, &generation.Record{}, d, []activation.Snippet{
		{Name: "says", Script: "echo would act on $ACTIVATE_ACTION", DryRun: "run"},
		{Name: "silent", Script: "echo must not run"},
		{Name: "fails", Script: "exit 3", DryRun: "run", Origin: "c.hcl:9"},
	}, files))
	must(t, err)
	failed, err := e.DryRun(context.Background(), p)
	must(t, err)
	if len(failed) != 1 || failed[0].Address != "snippet/fails" || failed[0].Error() != `c.hcl:9: cannot dry-run snippet "fails": exit status 3` {
		t.Errorf("got %v", failed)
	}
	if got := strings.Join(m.log, "\n"); got != "snippet says: would act on plan" {
		t.Errorf("log %q", got)
	}
}

// A snippet with at_boot sets what no disk keeps (a firewall), so each boot runs
// it, also one that finds everything in place.
func TestBootSnippetsRunAtEachBoot(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	snippets := []activation.Snippet{
		{Name: "always", Script: "echo booted", AtBoot: true},
		{Name: "switches", Script: "echo switched"},
	}
	m.switchTo(t, configA, snippets...)
	for range 2 {
		m.log = nil
		e := m.open(t)
		record, err := e.State.ReadCurrent()
		must(t, err)
		target, err := e.Restore(record)
		must(t, err)
		target.Snippets = snippets
		p, err := e.Prepare(t.Context(), target)
		must(t, err)
		res := e.Apply(t.Context(), p, activation.Request{Verb: activation.VerbAtBoot})
		if res.Verdict != activation.Applied || res.Generation != 1 {
			t.Fatalf("%v %v", res.Verdict, res.Err)
		}
		if log := strings.Join(m.log, "\n"); !strings.Contains(log, "always: booted") || strings.Contains(log, "switched") {
			t.Errorf("log %q", log)
		}
		must(t, e.Root.Close())
	}
	if _, err := os.Stat(filepath.Join(m.dir, stateDir, "generations/2")); err == nil {
		t.Error("a boot made a generation")
	}
}

// What a boot brought back stays although a snippet fails.
func TestABootGoesOnWithoutASnippetThatFails(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	marker := filepath.Join(m.dir, "fail")
	m.switchTo(t, configA, activation.Snippet{Name: "load", Script: "test ! -e " + marker, AtBoot: true})
	must(t, os.WriteFile(marker, nil, 0o600))
	must(t, os.Remove(filepath.Join(m.dir, "srv/file")))
	res := m.reboot(t, "")
	if res.Verdict != activation.Partial || !slices.Equal(res.LeftOut, []plan.Address{"snippet/load"}) {
		t.Fatalf("%v %v, left out %v", res.Verdict, res.Err, res.LeftOut)
	}
	if _, err := os.Stat(filepath.Join(m.dir, "srv/file")); err != nil {
		t.Error(err)
	}
	must(t, os.Remove(marker))
	if res = m.reboot(t, ""); res.Verdict != activation.Applied {
		t.Errorf("the next boot: %v %v", res.Verdict, res.Err)
	}
}
