package ui

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"
)

const (
	// patience is how long a step may be silent before it is shown as going on.
	patience = 400 * time.Millisecond
	// turn is the time between two pictures.
	turn = 120 * time.Millisecond
)

// Spinner is a writer to a terminal that shows, below what was written, the
// step that takes its time. What is written through it erases the picture
// first. It is safe for several goroutines.
type Spinner struct {
	mu    sync.Mutex
	to    io.Writer
	label string
	since time.Time
	turns int
	// open says that the last line has no end yet; drawn that a picture stands
	// there.
	open, drawn bool
}

// NewSpinner makes a spinner that draws when it is told to.
func NewSpinner(to io.Writer) *Spinner { return &Spinner{to: to} }

// Spin makes a spinner where w is a terminal, turning until stop is called;
// elsewhere w itself, since a log wants lines alone.
func Spin(w io.Writer) (out io.Writer, stop func()) {
	f, ok := w.(*os.File)
	if !ok || os.Getenv("TERM") == "dumb" || !term.IsTerminal(int(f.Fd())) {
		return w, func() {}
	}
	s := NewSpinner(f)
	done, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		ticker := time.NewTicker(turn)
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case now := <-ticker.C:
				s.Draw(now)
			}
		}
	}()
	return s, sync.OnceFunc(func() {
		close(done)
		<-gone
		s.Label("", time.Time{})
	})
}

// Label names the step that began at the given time; "" shows none.
func (s *Spinner) Label(text string, since time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.erase()
	s.label, s.since = text, since
}

// Draw shows the step with the time it has taken, once that is worth it. A
// terminal that is gone is no concern of the run.
func (s *Spinner) Draw(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.label == "" || s.open || now.Sub(s.since) < patience {
		return
	}
	s.turns++
	s.drawn = true
	_, _ = fmt.Fprintf(s.to, "\r\x1b[2K%c %s %s", `|/-\`[s.turns%4], s.label, now.Sub(s.since).Round(100*time.Millisecond))
}

// Write erases the picture and writes p.
func (s *Spinner) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.erase()
	if len(p) > 0 {
		s.open = p[len(p)-1] != '\n'
	}
	return s.to.Write(p)
}

func (s *Spinner) erase() {
	if s.drawn {
		_, _ = io.WriteString(s.to, "\r\x1b[2K")
	}
	s.drawn = false
}
