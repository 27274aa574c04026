package offspring

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Variable is set in the environment of a command, to a value of its own: it
// tells which run of which command a process comes from.
const Variable = "ACTIVATE_RUN"

// outputDelay is how long the output of a command is awaited that has ended and
// left a process which holds it.
const outputDelay = time.Second

// ErrKilled says that the context of a command ended before the command did.
var ErrKilled = errors.New("it was killed")

// Run runs cmd, which exec.CommandContext made, in a session of its own, and
// waits for it. When the context ends first, the command and all that it started
// are killed, and the error wraps ErrKilled. One that wraps exec.ErrWaitDelay
// says that it ended well and left a process that holds its output.
//
// Commands are run one after the other: the first that ends has new orphans go to
// process 1 again, as what the init starts expects.
func Run(cmd *exec.Cmd) error {
	return RunNoted(cmd, func(Trace) error { return nil })
}

// RunNoted is Run for a command that is to be found again should this process be
// killed: note is given its trace before it begins, and once more when its
// process is known. An error of note ends the command, and is that of RunNoted.
func RunNoted(cmd *exec.Cmd, note func(Trace) error) error {
	b := &brood{mark: Variable + "=" + rand.Text()}
	trace, err := newTrace(b.mark)
	if err != nil {
		return err
	}
	if err := note(trace); err != nil {
		return err
	}
	cmd.Env = append(cmd.Env, b.mark)
	// Not only a group: whose session is not ours comes from such a command. Nor
	// has it our terminal, which would stop it as soon as it reads.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.WaitDelay = outputDelay
	var killed bool
	var left error
	cmd.Cancel = func() error {
		leader, ok := lookUp(cmd.Process.Pid)
		if err := cmd.Process.Signal(unix.Signal(0)); err != nil || !ok || !leader.alive() {
			return os.ErrProcessDone
		}
		killed, left = true, b.end(leader)
		return nil
	}
	release, err := adopt()
	if err != nil {
		return err
	}
	defer release()
	if err := cmd.Start(); err != nil {
		return notStarted(err)
	}
	defer bury(cmd.Process.Pid)()
	// Until Wait it has its number, whether it ended or not.
	leader, _ := lookUp(cmd.Process.Pid)
	trace.Leader, trace.Start = leader.pid, leader.start
	if err := note(trace); err != nil {
		return errors.Join(err, b.end(leader), ended(cmd))
	}
	// Wait comes back after Cancel, where that was called.
	err = cmd.Wait()
	switch {
	case !killed:
		return err
	case left != nil:
		return fmt.Errorf("%w, but not all that it started: %w", ErrKilled, left)
	}
	return ErrKilled
}

// ended waits for a command that was killed.
func ended(cmd *exec.Cmd) error {
	err := cmd.Wait()
	if _, exited := errors.AsType[*exec.ExitError](err); exited || errors.Is(err, exec.ErrWaitDelay) {
		return nil
	}
	return err
}

// notStarted tells a command for which there was no time from one that cannot
// be run.
func notStarted(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return ErrKilled
	}
	return err
}

// adopt makes the orphans below this process its children, see
// PR_SET_CHILD_SUBREAPER(2const), until release is called.
func adopt() (release func(), err error) {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return nil, fmt.Errorf("cannot adopt the orphans of a command: %w", err)
	}
	return func() { _ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0) }, nil
}
