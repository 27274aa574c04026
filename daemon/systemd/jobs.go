package systemd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	systemd "github.com/coreos/go-systemd/v22/dbus"
	"github.com/godbus/dbus/v5"

	"github.com/activate-agent/activate/daemon"
)

// refreshTimeout is how long systemd may take to read all units again.
const refreshTimeout = 3 * time.Minute

// Refresh is `systemctl daemon-reload`; the call returns when it is over. A
// systemd whose program was replaced since it started, by an upgrade, executes
// the new one, which reads all units as well.
func (s *Systemd) Refresh(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, refreshTimeout)
	defer cancel()
	if s.user == nil && outdated() {
		return s.reexecute(ctx)
	}
	conn, err := s.manager(ctx)
	if err != nil {
		return err
	}
	if err := conn.ReloadContext(ctx); err != nil {
		return fmt.Errorf("cannot have %s read its units again: %w", s.called(), err)
	}
	return nil
}

// Settings are those of systemd-system.conf(5) that a host changes. A user's
// manager has none here: its own are the user's.
func (s *Systemd) Settings() []string {
	if s.user != nil {
		return nil
	}
	return []string{"etc/systemd/system.conf", "etc/systemd/system.conf.d"}
}

// Renew is `systemctl daemon-reexec`.
func (s *Systemd) Renew(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, refreshTimeout)
	defer cancel()
	return s.reexecute(ctx)
}

func (s *Systemd) reexecute(ctx context.Context) error {
	s.Close()
	return s.tool(ctx, "systemctl", "daemon-reexec")
}

// outdated tells whether PID 1 runs a program that is no longer on disk.
func outdated() bool {
	exe, err := os.Readlink("/proc/1/exe")
	return err == nil && strings.HasSuffix(exe, " (deleted)")
}

// Forget is `systemctl reset-failed` for the named units. One that is not
// loaded has nothing to forget.
func (s *Systemd) Forget(ctx context.Context, names []string) error {
	if len(names) == 0 {
		return nil
	}
	ctx, cancel := s.bound(ctx, answerLimit)
	defer cancel()
	conn, err := s.manager(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, name := range names {
		if err := conn.ResetFailedUnitContext(ctx, name); err != nil && !isNoSuchUnit(err) {
			errs = append(errs, fmt.Errorf("cannot reset the failed state of %s: %w", name, err))
		}
	}
	return errors.Join(errs...)
}

// job is one that was handed to systemd.
type job struct {
	unit   string
	result chan string
}

// Do queues a job for every unit and then waits for all of them. systemd puts
// them in order.
func (s *Systemd) Do(ctx context.Context, verb daemon.Verb, names []string, deadline time.Duration) []daemon.Failure {
	ctx, cancel := s.bound(ctx, deadline+answerLimit)
	defer cancel()
	conn, err := s.manager(ctx)
	if err != nil {
		return allFailed(verb, names, err)
	}
	var failures []daemon.Failure
	var jobs []job
	submit := submitter(conn, verb)
	for _, name := range queue(ctx, conn, verb, names) {
		j := job{unit: name, result: make(chan string, 1)}
		_, err := submit(ctx, name, "replace", j.result)
		switch {
		case err == nil:
			jobs = append(jobs, j)
		case verb == daemon.VerbStop && isNoSuchUnit(err):
		default:
			failures = append(failures, daemon.Failure{Unit: name, Verb: verb, Reason: err.Error()})
		}
	}
	return append(failures, await(ctx, conn, verb, jobs, deadline)...)
}

func allFailed(verb daemon.Verb, names []string, err error) []daemon.Failure {
	var failures []daemon.Failure
	for _, name := range names {
		failures = append(failures, daemon.Failure{Unit: name, Verb: verb, Reason: err.Error()})
	}
	return failures
}

// await waits for all jobs until the deadline.
func await(ctx context.Context, conn *systemd.Conn, verb daemon.Verb, jobs []job, deadline time.Duration) []daemon.Failure {
	timeout := time.NewTimer(deadline)
	defer timeout.Stop()
	var failures []daemon.Failure
	expired := false
	for _, j := range jobs {
		result := ""
		if expired {
			result = poll(j.result)
		} else {
			result = wait(ctx, j.result, timeout.C)
			expired = result == ""
		}
		reason := verdict(verb, result, deadline, ctx.Err())
		if result == "canceled" && verb != daemon.VerbStop && !active(ctx, conn, j.unit) {
			reason = fmt.Sprintf("its %s job was canceled by another one", verb)
		}
		if reason != "" {
			failures = append(failures, daemon.Failure{Unit: j.unit, Verb: verb, Reason: reason})
		}
	}
	return failures
}

func submitter(conn *systemd.Conn, verb daemon.Verb) func(context.Context, string, string, chan<- string) (int, error) {
	switch verb {
	case daemon.VerbStop:
		return conn.StopUnitContext
	case daemon.VerbStart:
		return conn.StartUnitContext
	case daemon.VerbRestart:
		return conn.RestartUnitContext
	case daemon.VerbReload:
		return conn.ReloadUnitContext
	}
	panic("internal error: unknown verb " + string(verb))
}

// wait gives the job's result, or "" when time is up first.
func wait(ctx context.Context, result <-chan string, timeout <-chan time.Time) string {
	select {
	case r := <-result:
		return r
	case <-timeout:
	case <-ctx.Done():
	}
	return poll(result)
}

func poll(result <-chan string) string {
	select {
	case r := <-result:
		return r
	default:
		return ""
	}
}

// verdict says what is wrong with a job's result (org.freedesktop.systemd1(5),
// JobRemoved); "" when nothing is.
func verdict(verb daemon.Verb, result string, deadline time.Duration, canceled error) string {
	switch result {
	case "":
		if canceled != nil {
			return fmt.Sprintf("its %s job was still running when the run was canceled", verb)
		}
		return fmt.Sprintf("its %s job is not done after %s", verb, deadline)
	case "timeout":
		return fmt.Sprintf("its %s job timed out", verb)
	case "failed":
		return fmt.Sprintf("its %s job failed", verb)
	case "dependency":
		return "a unit it depends on failed"
	}
	return ""
}

// active tells whether the unit is up after all: a job is also canceled when
// another one for the same unit takes its place.
func active(ctx context.Context, conn *systemd.Conn, unit string) bool {
	p, err := conn.GetUnitPropertyContext(ctx, unit, "ActiveState")
	if err != nil {
		return false
	}
	state, _ := p.Value.Value().(string)
	return state == "active" || state == "activating"
}

func isNoSuchUnit(err error) bool {
	var e dbus.Error
	return errors.As(err, &e) && e.Name == "org.freedesktop.systemd1.NoSuchUnit"
}

var _ daemon.Init = (*Systemd)(nil)
