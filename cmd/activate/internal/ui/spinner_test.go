package ui_test

import (
	"bytes"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/activate-agent/activate/activation"
	"github.com/activate-agent/activate/cmd/activate/internal/ui"
)

func TestSpinner(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	s := ui.NewSpinner(&out)
	begin := time.Now()
	wrote := func(what, want string) {
		t.Helper()
		if got := out.String(); got != want {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
		out.Reset()
	}
	s.Draw(begin.Add(time.Hour))
	wrote("without a step", "")
	s.Label("etc:", begin)
	s.Draw(begin.Add(100 * time.Millisecond))
	wrote("a quick step", "")
	s.Draw(begin.Add(time.Second))
	wrote("a slow step", "\r\x1b[2K/ etc: 1s")
	s.Draw(begin.Add(1100 * time.Millisecond))
	wrote("it turns", "\r\x1b[2K- etc: 1.1s")
	fmt.Fprint(s, "a line\n")
	wrote("a line", "\r\x1b[2Ka line\n")
	fmt.Fprint(s, "half a ")
	s.Draw(begin.Add(2 * time.Second))
	wrote("within a line", "half a ")
	fmt.Fprint(s, "line\n")
	s.Draw(begin.Add(3 * time.Second))
	s.Label("", begin)
	wrote("the end", "line\n\r\x1b[2K\\ etc: 3s\r\x1b[2K")
}

// A file, a pipe or a log gets lines and nothing else.
func TestNoSpinnerWithoutATerminal(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	w, stop := ui.Spin(&out)
	ui.Event(w, ui.Style{}, activation.Event{Step: "etc", Text: "3 changes"})
	stop()
	if w != io.Writer(&out) || out.String() != "etc: 3 changes\n" {
		t.Errorf("wrote %q", out.String())
	}
}
