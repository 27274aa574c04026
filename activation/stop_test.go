package activation_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/activate-agent/activate/activation"
	"github.com/activate-agent/activate/activation/generation"
)

// Who stops a run after its first change is told that it goes on, and it does.
func TestAStopThatComesTooLateIsTold(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	heard := filepath.Join(t.TempDir(), "heard")
	must(t, unix.Mkfifo(heard, 0o600))
	ctx, stop := context.WithCancelCause(t.Context())
	e := m.open(t)
	defer func() { must(t, e.Root.Close()) }()
	var said string
	e.Report = func(ev activation.Event) {
		switch {
		case strings.HasSuffix(ev.Step, "slow") && ev.Text == "running":
			stop(errors.New("interrupt signal received"))
		case ev.Warning:
			said = ev.Step + ": " + ev.Text
			go func() { _ = os.WriteFile(heard, []byte("yes"), 0) }()
		}
	}
	d, files := configA.desired()
	slow := activation.Snippet{Name: "slow", Script: `read -r answer <"$HEARD" || :`, Environment: map[string]string{"HEARD": heard}, Timeout: "30s"}
	p, err := e.Prepare(ctx, m.target(e, &generation.Record{Config: "test"}, d, []activation.Snippet{slow}, files))
	must(t, err)
	res := e.Apply(ctx, p, activation.Request{Verb: "switch", SetBoot: true})
	if res.Verdict != activation.Applied {
		t.Errorf("got %s, %v", res.Verdict, res.Err)
	}
	if want := "stop: it is too late for that (interrupt signal received): the run has begun to change things and goes on to its end"; said != want {
		t.Errorf("said %q, want %q", said, want)
	}
}
