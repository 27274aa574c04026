package offspring

import (
	"fmt"
	"os"
	"strings"
	"time"
)

// Trace is what another process finds a command by, and what it started, after
// the one that ran it was killed.
type Trace struct {
	// Boot is that in which it ran, see random(4): numbers of processes mean
	// nothing in another.
	Boot string `json:"boot"`
	// Mark is the variable in its environment, with the value that is its own.
	Mark string `json:"mark"`
	// Leader is the number of its process and Start when it began, in ticks since
	// the boot; 0 until it has begun.
	Leader int    `json:"leader,omitempty"`
	Start  uint64 `json:"start,omitempty"`
}

// newTrace is that of a command which has not begun.
func newTrace(mark string) (Trace, error) {
	boot, err := bootID()
	return Trace{Boot: boot, Mark: mark}, err
}

// End kills what lives of the command that left t: what has its mark, its
// session, and all that comes from those, but not this process, nor what this
// one began. It waits until nothing is left. The error names what could not be
// killed. What left parent and session, and threw its environment away too, is
// not found.
func End(t Trace) error {
	if boot, err := bootID(); err != nil || boot != t.Boot {
		return err
	}
	for deadline := time.Now().Add(patience); ; time.Sleep(pause) {
		living := t.living()
		if len(living) == 0 {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("cannot kill process %d, which it started", living[0].pid)
		}
		for _, p := range living {
			p.kill()
		}
	}
}

// living gives the processes that End is about.
func (t Trace) living() []process {
	all := processes()
	var found []process
	for _, children := range all {
		for _, p := range children {
			if t.is(p) || markOf(p) == t.Mark {
				found = append(found, p)
			}
		}
	}
	found = append(found, t.inSession(all, found)...)
	seen := map[int]bool{os.Getpid(): true}
	var living []process
	for len(found) > 0 {
		p := found[0]
		found = found[1:]
		if seen[p.pid] {
			continue
		}
		seen[p.pid] = true
		found = append(found, all[p.pid]...)
		if p.alive() {
			living = append(living, p)
		}
	}
	return living
}

// is tells the very process that the command was.
func (t Trace) is(p process) bool { return t.Leader != 0 && p.pid == t.Leader && p.start == t.Start }

// inSession gives what is in the command's session. One of found has to be in it:
// the number of a session that ended may be another's by now.
func (t Trace) inSession(all map[int][]process, found []process) []process {
	ours := false
	for _, p := range found {
		ours = ours || t.Leader != 0 && p.session == t.Leader
	}
	var out []process
	for _, children := range all {
		for _, p := range children {
			if ours && p.session == t.Leader {
				out = append(out, p)
			}
		}
	}
	return out
}

func bootID() (string, error) {
	b, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "", fmt.Errorf("cannot tell which boot this is: %w", err)
	}
	return strings.TrimSpace(string(b)), nil
}
