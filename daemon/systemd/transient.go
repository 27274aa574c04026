package systemd

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// Later has systemd run argv once after the given time, by a transient timer
// called name.timer: it goes off whatever becomes of this process.
// systemd-run(1).
func (s *Systemd) Later(ctx context.Context, name string, after time.Duration, argv []string) error {
	args := append(s.flags(), append([]string{
		"--quiet", "--collect", "--unit=" + name,
		fmt.Sprintf("--on-active=%dms", after.Milliseconds()), "--timer-property=AccuracySec=100ms", "--property=KillMode=process", "--",
	}, argv...)...)
	return s.tool(ctx, "systemd-run", args...)
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

// flags are those by which systemd's tools speak with this one.
func (s *Systemd) flags() []string {
	if s.user == nil {
		return nil
	}
	return []string{"--user"}
}

func (s *Systemd) tool(ctx context.Context, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	// A Ctrl-C at the terminal is not the tool's.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if s.user != nil {
		uid, _ := s.user.uid()
		cmd.Env = append(os.Environ(), "XDG_RUNTIME_DIR="+s.user.runtime(uid))
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("cannot run %s: %w: %s", name, err, strings.TrimSpace(string(out)))
	}
	return nil
}
