package testvm

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// Machine is one booted Debian. Its methods fail the test when something goes
// wrong, with the last lines of the machine's journal. They are for one
// goroutine at a time.
type Machine struct {
	t    TB
	name string
	init Init
	body body
	// exited is closed when the machine goes off by itself; nil while it is
	// off. up is set once it runs commands.
	exited <-chan struct{}
	up     bool
	// reported keeps the journal from being shown twice.
	reported bool
}

// Start builds what c needs when that was not done before, boots a machine of
// it and waits until it is up. The machine is gone when the test is over.
func Start(t TB, c Config) *Machine {
	t.Helper()
	m := assemble(t, c)
	m.Boot()
	return m
}

// assemble makes a machine that is off.
func assemble(t TB, c Config) *Machine {
	t.Helper()
	if err := checkHost(c); err != nil {
		t.Fatalf("%v", err)
	}
	m := &Machine{t: t, init: c.init()}
	if c.Virtual {
		v, err := newVirtual(c)
		if err != nil {
			t.Fatalf("%v", err)
		}
		m.name, m.body = v.name, v
	} else {
		b, err := newContainer(c)
		if err != nil {
			t.Fatalf("%v", err)
		}
		m.name, m.body = b.name, b
	}
	t.Cleanup(m.destroy)
	return m
}

// Boot powers the machine on and waits until the boot is over.
func (m *Machine) Boot() {
	m.t.Helper()
	m.PowerOn()
	_, timeout := m.body.pace()
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	m.WaitUntil(func() bool {
		return m.Exec(ctx, nil, nil, nil, "/bin/sh", "-c", m.init.Up) == 0
	}, "the end of the boot")
}

// PowerOn powers the machine on and waits only until it runs commands.
func (m *Machine) PowerOn() {
	m.t.Helper()
	if m.exited != nil {
		m.fatalf("cannot boot %s: it is on", m.name)
	}
	exited, err := m.body.start()
	if err != nil {
		m.fatalf("cannot start %s: %v", m.name, err)
	}
	m.exited = exited
	m.WaitUntil(m.body.ready, "process 1 of "+m.name)
	m.up = true
}

// Reboot has the machine shut down in good order and boots it again. Its disk
// stays, what was in memory is gone.
func (m *Machine) Reboot() {
	m.t.Helper()
	m.off(cmp.Or(m.init.Reboot, m.init.Off))
	m.Boot()
}

// PowerOff has the machine shut down in good order. Boot powers it on again.
func (m *Machine) PowerOff() {
	m.t.Helper()
	m.off(m.init.Off)
}

func (m *Machine) off(cmd string) {
	m.t.Helper()
	// The machine may be gone before the command's answer.
	m.Run(cmd)
	_, timeout := m.body.pace()
	timeout *= 2
	select {
	case <-m.exited:
	case <-time.After(timeout):
		m.fatalf("timed out after %s waiting for %s to shut down (%s)", timeout, m.name, cmd)
	}
	m.gone()
}

// Kill ends the machine at once, as a crash would. Unlike with a power cut
// what it wrote to its disk is there.
func (m *Machine) Kill() {
	if m.exited == nil {
		return
	}
	m.body.kill()
	m.gone()
}

func (m *Machine) gone() {
	m.exited, m.up = nil, false
	m.body.gone()
}

func (m *Machine) destroy() {
	if m.t.Failed() && !m.reported {
		m.t.Logf("%s", m.report())
	}
	m.Kill()
	if err := m.body.remove(); err != nil {
		m.t.Logf("cannot remove %s: %v", m.name, err)
	}
}

// report is what a person needs to see why a machine misbehaved. The whole log
// of its console stays in a file.
func (m *Machine) report() string {
	text := fmt.Sprintf("console of %s, kept whole as %s:\n%s\n", m.name, m.Screenshot(), lastLines(m.body.console(), 30))
	if v, ok := m.body.(*virtual); ok {
		text += "QEMU said:\n" + lastLines(v.at("qemu.log"), 10)
	}
	if m.up {
		journal, _, _ := m.Run("journalctl --no-pager -o short-monotonic -n 40")
		text += "journal of " + m.name + ":\n" + journal
	}
	return text
}

// Screenshot keeps what the machine's console has shown so far, in a file that
// outlives it, and gives the path.
func (m *Machine) Screenshot() string {
	m.t.Helper()
	path, err := keepLog(m.body.console(), m.name)
	if err != nil {
		m.t.Logf("cannot keep the console of %s: %v", m.name, err)
	}
	return path
}

func keepLog(console, name string) (string, error) {
	cache, err := cacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "consoles")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	from, err := os.Open(console)
	if err != nil {
		return "", err
	}
	defer func() { _ = from.Close() }()
	to, err := os.Create(filepath.Join(dir, name+".log"))
	if err != nil {
		return "", err
	}
	_, err = io.Copy(to, from)
	return to.Name(), cmp.Or(err, to.Close())
}

func (m *Machine) fatalf(format string, args ...any) {
	m.t.Helper()
	m.reported = true
	m.t.Fatalf("%s\n%s", fmt.Sprintf(format, args...), m.report())
}
