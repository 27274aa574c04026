package keep

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// stopTimeout is how long processes may take to end.
func (k *keeper) stopTimeout() time.Duration {
	if k.spec.Stop == nil {
		return readyTimeout
	}
	return duration(k.spec.Stop.Timeout, readyTimeout)
}

// end stops everything of the service and cleans up after it.
func (k *keeper) end() {
	if k.spec.Oneshot != nil && (k.stop || k.pause) {
		k.endOneshot()
	}
	sig, group := unix.SIGTERM, true
	if s := k.spec.Stop; s != nil {
		sig, group = signalOf(s.Signal, sig), s.Kill != "process"
	}
	if !group {
		k.endMain(sig)
	} else {
		endAll(func() []Identity { return descendants(os.Getpid()) }, sig, k.stopTimeout())
	}
	k.main = nil
	if len(k.spec.Cleanup) > 0 {
		k.quietly("cleanup", k.spec.Cleanup, k.rootOrder(k.spec.Cleanup))
	}
}

// endOneshot runs the command that takes a oneshot back.
func (k *keeper) endOneshot() {
	ran := k.status.Oneshot != ""
	k.status.Oneshot = ""
	if !ran || len(k.spec.Oneshot.Stop) == 0 {
		return
	}
	o, err := k.order(k.spec.Oneshot.Stop)
	if err != nil {
		fmt.Fprintf(os.Stderr, "activate: cannot stop %s: %v\n", k.spec.Name, err)
		return
	}
	k.quietly("stop", k.spec.Oneshot.Stop, o)
}

// quietly runs a command whose failure changes nothing any more.
func (k *keeper) quietly(what string, argv []string, o order) {
	c, err := k.reaper.start(o)
	if err == nil {
		select {
		case ws := <-c.end:
			err = ended(ws)
		case <-time.After(k.stopTimeout()):
			endSession(c.id, 0)
			err = fmt.Errorf("it took too long")
		}
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "activate: %s of %s (%s): %v\n", what, k.spec.Name, argv[0], err)
	}
}

// endMain ends the first process only; what it started stays.
func (k *keeper) endMain(sig unix.Signal) {
	if k.main == nil {
		return
	}
	endAll(func() []Identity {
		if k.main.id.Alive() {
			return []Identity{k.main.id}
		}
		return nil
	}, sig, k.stopTimeout())
}

// endSession ends a command and what shares its session.
func endSession(leader Identity, timeout time.Duration) {
	endAll(func() []Identity {
		ids := inSession(leader.PID)
		for _, id := range ids {
			if id.PID == leader.PID && id != leader {
				// The number is another's by now, and so is the session.
				return nil
			}
		}
		return ids
	}, unix.SIGTERM, timeout)
}

// endAll signals what list gives, once, since what appears later may be a
// process's own way to stop; after the timeout it kills what is left. It
// returns when nothing is.
func endAll(list func() []Identity, sig unix.Signal, timeout time.Duration) {
	deadline := time.Now().Add(timeout)
	for _, id := range list() {
		id.Signal(sig)
		id.Signal(unix.SIGCONT)
	}
	for pause := time.Millisecond; ; pause = min(2*pause, poll) {
		left := list()
		if len(left) == 0 {
			return
		}
		if time.Now().After(deadline) {
			for _, id := range left {
				id.Signal(unix.SIGKILL)
			}
		}
		time.Sleep(pause)
	}
}

// signalOf gives the signal of a name without SIG.
func signalOf(name string, otherwise unix.Signal) unix.Signal {
	if name == "" {
		return otherwise
	}
	if sig := unix.SignalNum("SIG" + name); sig != 0 {
		return sig
	}
	return otherwise
}

// KnownSignal tells whether signal(7) has a signal of that name without SIG.
func KnownSignal(name string) bool { return unix.SignalNum("SIG"+name) != 0 }
