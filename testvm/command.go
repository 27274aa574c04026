package testvm

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os/exec"
	"strconv"
	"time"
)

// commandTimeout is how long one command may take.
const commandTimeout = 5 * time.Minute

// Command gives a command that runs the shell text script inside, with an
// environment like a fresh root login's and the caller's streams.
func (m *Machine) Command(ctx context.Context, script string) *exec.Cmd {
	return m.enter(ctx, "/bin/sh", "-c", script)
}

// Enter is the start of a host's command line that runs the rest inside, with
// an environment like a fresh root login's. It holds until the machine goes
// off.
func (m *Machine) Enter() []string {
	return []string{
		"nsenter", "-t", strconv.Itoa(m.leader), "-a", "--", "/usr/bin/env", "-i",
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"HOME=/root", "USER=root", "LOGNAME=root", "SHELL=/bin/sh", "LANG=C.UTF-8", "TERM=dumb",
	}
}

func (m *Machine) enter(ctx context.Context, argv ...string) *exec.Cmd {
	args := append(m.Enter(), argv...)
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	// Services started by cmd may keep its output open after it ended.
	cmd.WaitDelay = 5 * time.Second
	return cmd
}

// Run runs shell text inside as root and gives what it wrote and its exit
// code, 128 plus the number for a signal. A command that takes more than five
// minutes fails the test.
func (m *Machine) Run(script string) (stdout, stderr string, code int) {
	m.t.Helper()
	return m.run(script, nil)
}

func (m *Machine) run(script string, stdin io.Reader) (stdout, stderr string, code int) {
	m.t.Helper()
	if m.leader == 0 {
		m.fatalf("cannot run %q: %s is off", script, m.name)
	}
	ctx, cancel := context.WithTimeout(context.Background(), commandTimeout)
	defer cancel()
	var out, errs bytes.Buffer
	cmd := m.Command(ctx, script)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, &out, &errs
	err := cmd.Run()
	if ctx.Err() != nil {
		m.t.Fatalf("timed out after %s waiting for the command %q\nstdout: %s\nstderr: %s", commandTimeout, script, out.String(), errs.String())
	}
	var exit *exec.ExitError
	switch {
	case err == nil || errors.Is(err, exec.ErrWaitDelay):
		return out.String(), errs.String(), cmd.ProcessState.ExitCode()
	case errors.As(err, &exit):
		code = exit.ExitCode()
		if code < 0 {
			code = 128 + int(signal(exit))
		}
		return out.String(), errs.String(), code
	}
	m.t.Fatalf("cannot run %q in %s: %v", script, m.name, err)
	return "", "", 0
}

// Succeed runs shell text inside and gives its standard output. Any exit code
// but 0 fails the test.
func (m *Machine) Succeed(script string) string {
	m.t.Helper()
	stdout, stderr, code := m.run(script, nil)
	if code != 0 {
		m.fatalf("%q exited with %d\nstdout: %s\nstderr: %s", script, code, stdout, stderr)
	}
	return stdout
}

// Fail runs shell text inside and gives its standard error. Exit code 0 fails
// the test.
func (m *Machine) Fail(script string) string {
	m.t.Helper()
	stdout, stderr, code := m.run(script, nil)
	if code == 0 {
		m.fatalf("%q was to fail and succeeded\nstdout: %s\nstderr: %s", script, stdout, stderr)
	}
	return stderr
}
