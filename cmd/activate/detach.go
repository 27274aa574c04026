package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// detachedEnv marks a run that is in a unit of its own.
const detachedEnv = "ACTIVATE_DETACHED"

// inherited are the variables that a detached run keeps; it starts from the
// init's environment otherwise.
func inherited() []string {
	return []string{"NO_COLOR", "TERM", "LANG", "PATH", "HOME"}
}

// mustDetach tells whether this run would die with a login session: it works
// on the running host and is a part of one. A switch may well restart what the
// session hangs on, as sshd or the network.
func (f *flags) mustDetach(verb string) bool {
	if f.root != "/" || f.user || os.Geteuid() != 0 || os.Getenv(detachedEnv) != "" {
		return false
	}
	if !slices.Contains([]string{"switch", "test", "rollback", verbDeactivate}, verb) {
		return false
	}
	if unix.Access("/run/systemd/system", unix.F_OK) != nil {
		return false
	}
	groups, err := os.ReadFile("/proc/self/cgroup")
	return err == nil && (bytes.Contains(groups, []byte("/user.slice/")) || bytes.Contains(groups, []byte("/session-")))
}

// detach runs this very command in a transient unit of its own, with this
// process's standard streams, and gives its end. When this process dies the
// unit goes on; its log is in the journal. A signal that is to stop the run is
// passed on, for the run itself to judge. systemd-run(1).
func (f *flags) detach(ctx context.Context, verb string) error {
	exe, err := itself()
	if err != nil {
		return fmt.Errorf("cannot find this program: %w", err)
	}
	unit := "activate-" + verb + "-" + strconv.Itoa(os.Getpid())
	args := []string{
		"--quiet", "--collect", "--wait", "--pipe", "--same-dir", "--service-type=exec",
		// What snippets leave behind on purpose is not the unit's to end.
		"--unit=" + unit, "--property=KillMode=process",
		"--setenv=" + detachedEnv + "=1",
	}
	for _, name := range inherited() {
		if v, ok := os.LookupEnv(name); ok {
			args = append(args, "--setenv="+name+"="+v)
		}
	}
	args = append(append(args, "--", exe), os.Args[1:]...)
	cmd := exec.Command("systemd-run", args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = f.std.in, f.std.out, f.std.err
	// In a group of its own, or a terminal's Ctrl-C would end only who waits.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	ended := make(chan struct{})
	defer close(ended)
	context.AfterFunc(ctx, func() { stopUnit(unit+".service", ended) })
	err = cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() > 0 {
		// What went wrong was told by the run itself.
		return &exitError{code: exit.ExitCode()}
	}
	if err != nil {
		return fmt.Errorf("cannot run in a unit of its own: %w", err)
	}
	return nil
}

// stopPoll is how long a unit that is not there yet is waited for.
const stopPoll = 100 * time.Millisecond

// stopUnit tells the run in a unit that somebody wants to stop it, once it is
// there, unless it ended.
func stopUnit(unit string, ended <-chan struct{}) {
	for exec.Command("systemctl", "kill", "--kill-who=main", "--signal=TERM", unit).Run() != nil {
		select {
		case <-ended:
			return
		case <-time.After(stopPoll):
		}
	}
}
