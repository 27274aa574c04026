package testvm

import (
	"strings"
	"time"
)

const pollEvery = 20 * time.Millisecond

// WaitUntil asks cond again and again until it is true. After a minute (six
// in a virtual machine) it fails the test, saying that it waited for what.
func (m *Machine) WaitUntil(cond func() bool, what string) {
	m.t.Helper()
	every, timeout := m.body.pace()
	deadline := time.Now().Add(timeout)
	tick := time.NewTicker(every)
	defer tick.Stop()
	for !cond() {
		select {
		case <-m.exited:
			m.up = false
			m.fatalf("%s went off while waiting for %s", m.name, what)
		case <-tick.C:
		}
		if time.Now().After(deadline) {
			m.fatalf("timed out after %s waiting for %s", timeout, what)
		}
	}
}

// WaitForUnit waits until the unit is active. One that failed fails the test
// at once, with its status.
func (m *Machine) WaitForUnit(name string) {
	m.t.Helper()
	m.WaitUntil(func() bool {
		out, _, _ := m.Run("systemctl is-active " + quote(name))
		state := strings.TrimSpace(out)
		if state == "failed" {
			status, _, _ := m.Run("systemctl status --no-pager --full " + quote(name))
			m.fatalf("unit %s failed\n%s", name, status)
		}
		return state == "active"
	}, "unit "+name)
}
