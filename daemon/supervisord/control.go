package supervisord

import (
	"context"
	"regexp"
	"time"

	"github.com/activate-agent/activate/daemon/supervise"
)

const (
	// beginning is how long a supervisord that was just started may take until
	// it listens.
	beginning = 30 * time.Second
	// beginPoll is how often it is asked.
	beginPoll = 100 * time.Millisecond
)

// ctl runs a command of supervisorctl(1). A supervisord that runs and does not
// listen yet is waited for.
func (m *Manager) ctl(ctx context.Context, args ...string) (string, error) {
	argv := []string{"supervisorctl"}
	if m.config != "" {
		argv = append(argv, "-c", m.config)
	}
	argv = append(argv, args...)
	end := time.Now().Add(beginning)
	tick := time.NewTicker(beginPoll)
	defer tick.Stop()
	for {
		out, err := supervise.Command(ctx, argv...)
		if !unheard(out, err) || time.Now().After(end) {
			return out, err
		}
		if _, runs := Find(); !runs {
			return out, err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return out, err
		}
	}
}

// unheard tells whether supervisorctl found nobody at the other end, in either
// of the two forms it says so: of status and pid, and of the other commands.
func unheard(out string, err error) bool {
	if err != nil {
		out += err.Error()
	}
	return regexp.MustCompile(`(unix|http)://\S+ (no such file|refused connection)|<class '(FileNotFound|ConnectionRefused)Error'>`).MatchString(out)
}
