package supervise

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/activate-agent/activate/daemon"
)

// Details gives what the keepers say.
func (e *Engine) Details(_ context.Context, units []string) ([]daemon.Detail, error) {
	var out []daemon.Detail
	for _, unit := range units {
		s, err := e.opts.Dirs.Status(plain(unit))
		if err != nil {
			return nil, err
		}
		d := daemon.Detail{
			Name: unit, State: status(s).Active, Since: s.Since, Ready: s.Running(), Reason: s.Reason,
		}
		if s.Main.Alive() {
			d.PID = s.Main.PID
		}
		out = append(out, d)
	}
	return out, nil
}

// followPoll is how often a log is looked at.
const followPoll = 100 * time.Millisecond

// Follow reads the file that the service's logger writes, and the next one
// when it was moved away.
func (e *Engine) Follow(ctx context.Context, unit string, n int, w io.Writer) error {
	for _, line := range e.Log(ctx, unit, n) {
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	f, err := os.Open(e.LogFile(unit))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("cannot follow the log of %s: it has written none", plain(unit))
	}
	if err != nil {
		return fmt.Errorf("cannot follow the log of %s: %w", plain(unit), err)
	}
	defer func() { _ = f.Close() }()
	if _, err := f.Seek(0, io.SeekEnd); err != nil {
		return err
	}
	tick := time.NewTicker(followPoll)
	defer tick.Stop()
	for {
		if _, err := io.Copy(w, f); err != nil {
			return err
		}
		f = newer(f, e.LogFile(unit))
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// newer gives the file that has f's place now, f itself when it still has.
func newer(f *os.File, path string) *os.File {
	now, err1 := os.Stat(path)
	was, err2 := f.Stat()
	if err1 != nil || err2 != nil || os.SameFile(now, was) {
		return f
	}
	next, err := os.Open(path)
	if err != nil {
		return f
	}
	_ = f.Close()
	return next
}
