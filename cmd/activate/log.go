package main

import (
	"io"
	"os"
	"strings"

	"github.com/coreos/go-systemd/v22/journal"
	"github.com/rs/zerolog"

	"github.com/activate-agent/activate/activation"
	"github.com/activate-agent/activate/cmd/activate/internal/ui"
)

// The log's fields. Its messages are constant, so that it can be searched.
const (
	fieldStep       = "step"
	fieldText       = "text"
	fieldVerb       = "verb"
	fieldGeneration = "generation"
	fieldResult     = "result"
)

// newLog makes the log: to standard error as far as -v asks, and to the
// journal with fields where there is one and the run is the host's own. It
// never holds an answer; those are printed.
func (f *flags) newLog() zerolog.Logger {
	level := zerolog.Disabled
	switch {
	case f.verbose == 1:
		level = zerolog.InfoLevel
	case f.verbose > 1:
		level = zerolog.DebugLevel
	}
	console := zerolog.ConsoleWriter{Out: f.std.err, NoColor: !ui.StyleFor(f.std.err, noColor()).Color()}
	writers := []io.Writer{leveled{console, level}}
	if f.hasJournal() {
		writers = append(writers, journalWriter{})
	}
	return zerolog.New(zerolog.MultiLevelWriter(writers...)).With().Timestamp().Logger()
}

// hasJournal tells whether the log goes to a journal.
func (f *flags) hasJournal() bool {
	return f.root == "/" && (f.user || os.Geteuid() == 0) && journal.Enabled()
}

// journaled tells that standard error is the journal that the log goes to, as it
// is of a unit: steps that are logged are not printed then.
func (f *flags) journaled() bool {
	same, err := journal.StderrIsJournalStream()
	return same && err == nil && f.hasJournal()
}

// leveled passes on what is at least as grave as its level.
type leveled struct {
	io.Writer
	level zerolog.Level
}

func (w leveled) WriteLevel(l zerolog.Level, p []byte) (int, error) {
	if l < w.level {
		return len(p), nil
	}
	return w.Write(p)
}

// journalWriter sends each line to systemd-journald, its JSON as the message
// and its level as the priority.
type journalWriter struct{}

func (journalWriter) Write(p []byte) (int, error) {
	return journalWriter{}.WriteLevel(zerolog.InfoLevel, p)
}

func (journalWriter) WriteLevel(l zerolog.Level, p []byte) (int, error) {
	message, fields := journalEntry(p)
	// A journal that does not answer must not fail a switch.
	_ = journal.Send(message, priority(l), fields)
	return len(p), nil
}

func priority(l zerolog.Level) journal.Priority {
	switch {
	case l >= zerolog.ErrorLevel:
		return journal.PriErr
	case l == zerolog.WarnLevel:
		return journal.PriWarning
	case l == zerolog.InfoLevel:
		return journal.PriInfo
	}
	return journal.PriDebug
}

// event prints a step of a run and logs it.
func (h *host) event(e activation.Event) {
	if !h.journaled {
		ui.Event(h.std.err, h.style, e)
	}
	level := zerolog.InfoLevel
	if e.Warning {
		level = zerolog.WarnLevel
	}
	for _, text := range entries(e.Text) {
		h.log.WithLevel(level).Str(fieldStep, e.Step).Str(fieldText, text).Msg("step")
	}
}

// flood is how many lines that come together are logged one by one.
const flood = 100

// entries gives what is logged of a step: its lines, or, where a snippet prints
// faster than a journal takes entries, all of them in one.
func entries(text string) []string {
	if strings.Count(text, "\n") >= flood {
		return []string{text}
	}
	return strings.Split(text, "\n")
}

// logResult logs how a run ended.
func (h *host) logResult(res *activation.Result) {
	level := zerolog.InfoLevel
	if res.Err != nil {
		level = zerolog.ErrorLevel
	}
	h.log.WithLevel(level).Err(res.Err).Str(fieldVerb, h.verb).Int(fieldGeneration, res.Generation).
		Str(fieldResult, string(res.Verdict)).Msg("run ended")
}
