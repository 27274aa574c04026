package testvm

import (
	"bytes"
	"context"
	"io"
	"time"
)

// commandTimeout is how long one command may take.
const commandTimeout = 5 * time.Minute

// Run runs shell text inside as root and gives what it wrote and its exit
// code, 128 plus the number for a signal. A command that takes more than five
// minutes fails the test.
func (m *Machine) Run(script string) (stdout, stderr string, code int) {
	m.t.Helper()
	return m.run("-c", script, nil)
}

// run gives the text to a shell with such options.
func (m *Machine) run(options, script string, stdin io.Reader) (stdout, stderr string, code int) {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), commandTimeout)
	defer cancel()
	var out, errs bytes.Buffer
	code = m.Exec(ctx, stdin, &out, &errs, "/bin/sh", options, script)
	if ctx.Err() != nil {
		m.t.Fatalf("timed out after %s waiting for the command %q\nstdout: %s\nstderr: %s", commandTimeout, script, out.String(), errs.String())
	}
	return out.String(), errs.String(), code
}

// Exec runs argv inside as root, with an environment like a fresh login's and
// the streams given, and gives its exit code. It ends when ctx is over.
func (m *Machine) Exec(ctx context.Context, stdin io.Reader, stdout, stderr io.Writer, argv ...string) int {
	m.t.Helper()
	if !m.up {
		m.fatalf("cannot run %q: %s is off", argv, m.name)
	}
	code, err := m.body.run(ctx, streams{stdin, stdout, stderr}, argv...)
	if err != nil && ctx.Err() == nil {
		m.t.Fatalf("cannot run %q in %s: %v", argv, m.name, err)
	}
	return code
}

// Succeed runs shell text inside and gives its standard output. A command of it
// that fails ends it (sh -e), and any exit code but 0 fails the test.
func (m *Machine) Succeed(script string) string {
	m.t.Helper()
	stdout, stderr, code := m.run("-ec", script, nil)
	if code != 0 {
		m.fatalf("%q exited with %d\nstdout: %s\nstderr: %s", script, code, stdout, stderr)
	}
	return stdout
}

// Fail runs shell text inside and gives its standard error. Exit code 0 fails
// the test.
func (m *Machine) Fail(script string) string {
	m.t.Helper()
	stdout, stderr, code := m.run("-c", script, nil)
	if code == 0 {
		m.fatalf("%q was to fail and succeeded\nstdout: %s\nstderr: %s", script, stdout, stderr)
	}
	return stderr
}
