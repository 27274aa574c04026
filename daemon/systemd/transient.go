package systemd

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"time"
)

// Later has systemd run argv once after the given time, by a transient timer
// called name.timer: it goes off whatever becomes of this process.
// systemd-run(1).
func (s *Systemd) Later(ctx context.Context, name string, after time.Duration, argv []string) error {
	args := append([]string{
		"--quiet", "--collect", "--unit=" + name,
		fmt.Sprintf("--on-active=%dms", after.Milliseconds()), "--timer-property=AccuracySec=100ms", "--",
	}, argv...)
	return tool(ctx, "systemd-run", args...)
}

// Cancel takes back what Later asked for. A timer that has gone off already is
// no error.
func (s *Systemd) Cancel(ctx context.Context, name string) error {
	conn, err := s.manager(ctx)
	if err != nil {
		return err
	}
	if _, err := conn.StopUnitContext(ctx, name+".timer", "replace", nil); err != nil && !strings.Contains(err.Error(), "not loaded") {
		return fmt.Errorf("cannot stop %s.timer: %w", name, err)
	}
	return nil
}

func tool(ctx context.Context, name string, args ...string) error {
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("cannot run %s: %w: %s", name, err, strings.TrimSpace(string(out)))
	}
	return nil
}
