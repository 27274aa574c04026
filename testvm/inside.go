package testvm

import (
	"context"
	"fmt"
	"os/exec"
)

// These reach into a machine from the host, which only a container allows.

func (m *Machine) container() *container {
	m.t.Helper()
	c, ok := m.body.(*container)
	if !ok {
		m.t.Fatalf("cannot reach into %s from the host: it is a virtual machine", m.name)
	}
	return c
}

// Root is a container's root directory as the host sees it, on or off. What
// the machine mounted by itself (/run, /proc) is not below it; see Path.
func (m *Machine) Root() string {
	m.t.Helper()
	return m.container().disk.root()
}

// Path is where the host sees a container's path p while the machine is on,
// with all its mounts. An absolute link in p would lead into the host.
func (m *Machine) Path(p string) string {
	m.t.Helper()
	return fmt.Sprintf("/proc/%d/root%s", m.container().leader, p)
}

// Command gives a command that runs the shell text script in a container, with
// an environment like a fresh root login's and the caller's streams.
func (m *Machine) Command(ctx context.Context, script string) *exec.Cmd {
	m.t.Helper()
	return m.container().command(ctx, "/bin/sh", "-c", script)
}

// Enter is the start of a host's command line that runs the rest in a
// container, with an environment like a fresh root login's. It holds until the
// machine goes off.
func (m *Machine) Enter() []string {
	m.t.Helper()
	return m.container().enter()
}
