package ui_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/activate-agent/activate/activation"
	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/cmd/activate/internal/ui"
)

const evil = "\x1b[2J\u009b1m\x07\tend"

// TestNothingOfOthersMovesTheCursor: whatever a unit, a snippet, a checker or
// a configuration puts into what is printed, no control character of it comes
// through.
func TestNothingOfOthersMovesTheCursor(t *testing.T) {
	t.Parallel()
	failure := activation.UnitFailure{Unit: "a" + evil, Reason: evil, Log: []string{evil}}
	problem := plan.Problem{Summary: evil, Origin: evil, Advice: evil}
	address := plan.Address("etc/" + evil)
	p := plan.Make([]plan.Change{plan.New(address, nil, state(`{"home":"\u001b[2J\u009b1m"}`), evil, evil)}, 0,
		plan.Units{Start: []string{evil}, Reasons: map[string]string{evil: evil}})
	p.Snippets = []string{evil}
	for name, show := range map[string]func(*bytes.Buffer){
		"result": func(w *bytes.Buffer) {
			ui.Result(w, ui.Style{}, &activation.Result{
				Err: errors.New(evil), Left: []plan.Address{address},
				Outcome: activation.Outcome{Failed: []activation.UnitFailure{failure}, Ignored: []activation.UnitFailure{failure}, Unrelated: []activation.UnitFailure{failure}},
			}, 0)
		},
		"refused": func(w *bytes.Buffer) {
			ui.Error(w, ui.Style{}, &activation.RefusedError{Problems: []plan.Problem{problem}})
		},
		"event": func(w *bytes.Buffer) { ui.Event(w, ui.Style{}, activation.Event{Step: evil, Text: evil}) },
		"boot":  func(w *bytes.Buffer) { ui.Boot(w, ui.BootReport{Failed: &ui.BootFailure{Reason: evil}}) },
		"plan": func(w *bytes.Buffer) {
			ui.Plan(w, ui.Style{}, p, func(plan.Change) ([]byte, []byte, bool) { return nil, []byte("\u009b1m\x7f\r\n"), true }, 0)
		},
	} {
		var out bytes.Buffer
		show(&out)
		if strings.ContainsAny(out.String(), "\x1b\u009b\x07\x7f\r") || !strings.Contains(out.String(), `\u009b1m`) {
			t.Errorf("%s: %q", name, out.String())
		}
	}
}

// TestSpinnerShowsNoEscapes: the picture of a step that takes its time neither.
func TestSpinnerShowsNoEscapes(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	s := ui.NewSpinner(&out)
	ui.Event(s, ui.Style{}, activation.Event{Step: "snippet \a", Text: "x"})
	s.Draw(time.Now().Add(time.Minute))
	if strings.Contains(out.String(), "\a") {
		t.Errorf("drawn: %q", out.String())
	}
}

// TestVisibleWriter: a character that comes in pieces is still one.
func TestVisibleWriter(t *testing.T) {
	t.Parallel()
	var whole, pieces bytes.Buffer
	text := "grün 日本 " + evil + "\xff\n"
	if _, err := ui.NewVisible(&whole).Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	r, w := iotest.OneByteReader(strings.NewReader(text)), ui.NewVisible(&pieces)
	buf := make([]byte, 8)
	for n, err := r.Read(buf); err == nil; n, err = r.Read(buf) {
		if _, err := w.Write(buf[:n]); err != nil {
			t.Fatal(err)
		}
	}
	want := "grün 日本 \\x1b[2J\\u009b1m\\x07\tend\\xff\n"
	if whole.String() != want || pieces.String() != want {
		t.Errorf("whole %q, in pieces %q", whole.String(), pieces.String())
	}
}
