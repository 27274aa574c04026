package activation

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"path"
	"strings"

	"github.com/activate-agent/activate/activation/offspring"
)

// running is the note of a snippet that runs. It is in the run directory, which
// goes with a reboot as the processes do, beside the lock that its writer holds.
type running struct {
	Snippet string          `json:"snippet"`
	Trace   offspring.Trace `json:"trace"`
}

// runningLimit is more than any note.
const runningLimit = 1 << 16

func (e *Engine) runningPath() string { return path.Join(e.runDir(), "snippet.json") }

// runNoted gives what runs the process of a snippet so that the next run finds it,
// should this one be killed.
func (e *Engine) runNoted(snippet string) func(*exec.Cmd) error {
	return func(cmd *exec.Cmd) error {
		err := offspring.RunNoted(cmd, e.note(snippet))
		if forgotten := e.forgetRunning(); forgotten != nil {
			// That it left a process behind does not count beside that.
			return errors.Join(forgotten, hard(err))
		}
		return err
	}
}

// hard is err unless it only says that a process was left behind.
func hard(err error) error {
	if errors.Is(err, exec.ErrWaitDelay) {
		return nil
	}
	return err
}

// note gives what writes the note.
func (e *Engine) note(snippet string) func(offspring.Trace) error {
	return func(t offspring.Trace) error {
		text, err := json.Marshal(running{snippet, t})
		if err != nil {
			panic("internal error: cannot encode the note of a snippet: " + err.Error())
		}
		// It is there where the lock was taken.
		if _, err := e.Root.MakeDirs(e.runDir(), 0o755); err != nil {
			return fmt.Errorf("cannot note that it runs: %w", err)
		}
		attr := e.Root.Private()
		attr.Lazy = true
		if err := e.Root.WriteFile(e.runningPath(), strings.NewReader(string(text)), attr); err != nil {
			return fmt.Errorf("cannot note that it runs: %w", err)
		}
		return nil
	}
}

// forgetRunning removes the note.
func (e *Engine) forgetRunning() error {
	err := e.Root.Remove(e.runningPath())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("cannot forget that it ran: %w", err)
	}
	return nil
}

// endLeftover ends what lives of a snippet whose run was killed: it would go on
// beside itself once it is run again. The caller holds the lock.
func (e *Engine) endLeftover() error {
	if e.Offline {
		return nil
	}
	p := e.runningPath()
	if err := e.Root.RemoveTemp(p); err != nil {
		return err
	}
	text, err := e.Root.ReadFile(p, runningLimit)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("cannot tell which snippet the interrupted run has left: %w", err)
	}
	var left running
	if err := json.Unmarshal(text, &left); err != nil {
		return fmt.Errorf("cannot tell which snippet the interrupted run has left: %s: %w; end it and remove the file", e.Root.Name(p), err)
	}
	if err := offspring.End(left.Trace); err != nil {
		return fmt.Errorf("cannot end snippet %q of the interrupted run, which would run twice at once: %w", left.Snippet, err)
	}
	return e.forgetRunning()
}
