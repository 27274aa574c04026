package activation_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/activate-agent/activate/activation"
	"github.com/activate-agent/activate/activation/generation"
	"github.com/activate-agent/activate/activation/plan"
)

// checked is what check says of the content "word = WORD" in a switch.
func checked(t *testing.T, m *machine, word string, check activation.Check) *activation.Result {
	t.Helper()
	e := m.open(t)
	defer func() { must(t, e.Root.Close()) }()
	p, err := e.Prepare(t.Context(), targetChecked(t, m, e, word, check))
	must(t, err)
	return e.Apply(t.Context(), p, activation.Request{Verb: "switch", SetBoot: true})
}

// targetChecked asks for the content "word = WORD", which check is to judge.
func targetChecked(t *testing.T, m *machine, e *activation.Engine, word string, check activation.Check) *activation.Target {
	t.Helper()
	c := config{"etc/app.conf": "word = " + word + "\n"}
	d, files := c.desired()
	target := m.target(e, &generation.Record{Config: "test"}, d, nil, files)
	parts := target.Parts
	target.Parts = func(ctx activation.Context) ([]activation.Part, activation.Handoff, error) {
		ps, handoff, err := parts(ctx)
		ps[0].Checks = func(changes []plan.Change) []activation.Check {
			if len(changes) == 0 {
				return nil
			}
			check.Address, check.Origin = changes[0].Address, "app.hcl:3"
			check.Open = func() (io.ReadCloser, error) {
				return io.NopCloser(strings.NewReader(c["etc/app.conf"])), nil
			}
			return []activation.Check{check}
		}
		return ps, handoff, err
	}
	return target
}

func TestContentIsValidatedBeforeTheFirstChange(t *testing.T) {
	t.Parallel()
	grep := activation.Check{Argv: []string{"sh", "-c", `echo "line 1 of $0 is bad"; exec grep -q good "$0"`, "%s"}}
	for _, c := range []struct {
		name, word string
		check      activation.Check
		want       string
	}{
		{"accepted", "good", grep, ""},
		{"refused", "evil", grep, "its content is refused by sh: exit status 1: line 1 of the new app.conf is bad"},
		{
			"lines as sshd ends them", "evil",
			activation.Check{Argv: []string{"sh", "-c", `printf 'one\r\ntwo\r\n'; false`, "%s"}},
			"its content is refused by sh: exit status 1: one\ntwo",
		},
		{"twice in the command", "good", activation.Check{Argv: []string{"cmp", "%s", "%s"}}, ""},
		{"not installed", "good", activation.Check{Argv: []string{"no-such-checker", "%s"}}, "its content is refused by no-such-checker"},
		{"secret", "evil", activation.Check{Argv: grep.Argv, Secret: true}, "its content is refused by sh: exit status 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t)
			before := m.tree(t)
			res := checked(t, m, c.word, c.check)
			if c.want == "" {
				if res.Verdict != activation.Applied {
					t.Fatalf("%v: %v", res.Verdict, res.Err)
				}
				return
			}
			var refused *activation.RefusedError
			if !errors.As(res.Err, &refused) || len(refused.Problems) != 1 || !strings.HasPrefix(refused.Problems[0].Summary, c.want) {
				t.Fatalf("got %v, want %q", res.Err, c.want)
			}
			if c.check.Secret && strings.Contains(res.Err.Error(), "bad") {
				t.Errorf("the message shows what was said of a secret: %v", res.Err)
			}
			wantSame(t, "after the refusal", before, m.tree(t))
		})
	}
}

// What a checker makes of its own descriptors is its own business.
func TestAValidatorMayCloseEverything(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	out := filepath.Join(t.TempDir(), "seen")
	res := checked(t, m, "good", activation.Check{Argv: []string{"sh", "-c", `exec <&- 3<&-; cat "$0" >"$1"`, "%s", out}})
	if res.Verdict != activation.Applied {
		t.Fatalf("%v: %v", res.Verdict, res.Err)
	}
	if b, err := os.ReadFile(out); err != nil || string(b) != "word = good\n" {
		t.Errorf("the validator saw %q, %v", b, err)
	}
}

// A run that is stopped while a validator works says so, and does not blame the
// validator.
func TestStoppedWhileValidating(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	before := m.tree(t)
	began := filepath.Join(t.TempDir(), "began")
	must(t, unix.Mkfifo(began, 0o600))
	ctx, stop := context.WithCancelCause(t.Context())
	go func() {
		if f, err := os.Open(began); err == nil {
			_ = f.Close()
		}
		stop(errors.New("interrupt signal received"))
	}()
	e := m.open(t)
	defer func() { must(t, e.Root.Close()) }()
	_, err := e.Prepare(ctx, targetChecked(t, m, e, "good", activation.Check{Argv: []string{"sh", "-c", `echo >"$1"; exec sleep 60`, "%s", began}}))
	if err == nil || err.Error() != "stopped before the first change: interrupt signal received" {
		t.Errorf("a stopped run says %v", err)
	}
	wantSame(t, "after the stop", before, m.tree(t))
}

// What a validator prints is held only as far as it is shown. Not parallel:
// what others allocate would count.
func TestAValidatorMayPrintALot(t *testing.T) {
	m := newMachine(t)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	res := checked(t, m, "good", activation.Check{Argv: []string{"sh", "-c", `head -c 50000000 /dev/zero | tr '\0' x; exit 1`, "%s"}})
	runtime.ReadMemStats(&after)
	if res.Err == nil || len(res.Err.Error()) > 5000 || !strings.Contains(res.Err.Error(), "exit status 1: xxx") {
		t.Errorf("got an error of %d bytes", len(res.Err.Error()))
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 50000000 {
		t.Errorf("%d bytes were allocated", used)
	}
}
