package testvm

import (
	"context"
	"math/rand/v2"
	"time"
)

// PowerCut cuts a virtual machine's power: it is off at once, and of what it
// had written without a flush to its disk, a part that r chooses is lost.
func (m *Machine) PowerCut(r *rand.Rand) {
	m.t.Helper()
	v := m.virtual()
	if m.exited == nil {
		m.fatalf("cannot cut the power of %s: it is off", m.name)
	}
	v.kill()
	m.gone()
	cached, lost := v.disk.cut(r)
	m.t.Logf("%s: power cut; of %d blocks in the disk's cache %d are lost", m.name, cached, lost)
}

// Moment says when to cut the power: some time after the start, or after so
// many writes to the disk, whichever is set.
type Moment struct {
	After  time.Duration
	Writes int
}

// PowerCutDuring runs shell text inside and cuts the power at that moment, or
// when it has ended. It tells whether it had ended, and with what exit code.
func (m *Machine) PowerCutDuring(script string, at Moment, r *rand.Rand) (ended bool, code int) {
	m.t.Helper()
	v := m.virtual()
	if !m.up {
		m.fatalf("cannot run %q: %s is off", script, m.name)
	}
	ctx, cancel := context.WithTimeout(context.Background(), commandTimeout)
	defer cancel()
	var moment <-chan struct{}
	if at.Writes > 0 {
		moment = v.disk.haltAfter(at.Writes)
	} else {
		timed, stop := context.WithTimeout(ctx, at.After)
		defer stop()
		moment = timed.Done()
	}
	done := make(chan int, 1)
	run := v.channel.run
	go func() {
		code, err := run(ctx, streams{}, []string{"/bin/sh", "-c", script})
		if err == nil {
			done <- code
		}
	}()
	select {
	case code = <-done:
		ended = true
	case <-moment:
	case <-ctx.Done():
		m.fatalf("timed out after %s waiting for the command %q", commandTimeout, script)
	}
	m.PowerCut(r)
	return ended, code
}

// Writes is how many writes the disk of a virtual machine has seen.
func (m *Machine) Writes() int {
	m.t.Helper()
	d := m.virtual().disk
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.written
}
