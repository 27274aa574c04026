package offspring

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// patience is how long killed processes may take to end.
	patience = 5 * time.Second
	// pause is the time between two looks at them.
	pause = 2 * time.Millisecond
	// wake is how often orphans that ended are looked for.
	wake = time.Second
)

// brood is what one command started, with the mark in its environment.
type brood struct {
	mark string
	// killed are the processes that end because of us.
	killed map[int]bool
}

// end kills the leader and all that it started. It looks again until nothing is
// left, since what forks meanwhile has its parent killed and comes to us. The
// error names what could not be killed.
func (b *brood) end(leader process) error {
	b.killed = map[int]bool{}
	for deadline := time.Now().Add(patience); ; time.Sleep(pause) {
		living := b.living(leader)
		if len(living) == 0 {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("cannot kill process %d, which it started", living[0].pid)
		}
		for _, p := range living {
			p.kill()
			b.killed[p.pid] = true
		}
	}
}

// living gives the leader and what it started, as far as they live. Killed
// orphans that ended are waited for.
func (b *brood) living(leader process) []process {
	all := processes()
	var found, living []process
	for _, p := range all[os.Getpid()] {
		switch {
		case !p.alive() && p.pid != leader.pid && b.killed[p.pid]:
			waitFor(p.pid)
		case p.pid == leader.pid || b.adopted(p, leader):
			found = append(found, p)
		}
	}
	for len(found) > 0 {
		p := found[0]
		found = append(found[1:], all[p.pid]...)
		if p.alive() {
			living = append(living, p)
		}
	}
	return living
}

// adopted tells whether a child of ours is an orphan that came from the leader:
// from another session than ours, not there before it, and without the mark of
// another command. One that threw its environment away has no mark.
func (b *brood) adopted(p, leader process) bool {
	if !foreign(p) || p.before(leader) {
		return false
	}
	if mark := markOf(p); mark != "" {
		return mark == b.mark
	}
	return p.alive()
}

// markOf gives the mark in the environment of a process, "" when it has none or
// is gone.
func markOf(p process) string {
	env, err := os.ReadFile("/proc/" + strconv.Itoa(p.pid) + "/environ")
	if err != nil {
		return ""
	}
	for v := range bytes.SplitSeq(env, []byte{0}) {
		if bytes.HasPrefix(v, []byte(Variable+"=")) {
			return string(v)
		}
	}
	return ""
}

// foreign tells whether a child of ours is in a session that is not ours, in
// which os/exec starts no command but those of Run.
func foreign(p process) bool {
	ours, err := unix.Getsid(0)
	return err == nil && p.session != ours
}

// bury waits for orphans that end while the leader runs, as process 1 would, or
// they would use up the numbers of processes. stop ends that.
func bury(leader int) (stop func()) {
	ended := make(chan struct{})
	go func() {
		ticker := time.NewTicker(wake)
		defer ticker.Stop()
		var before map[int]bool
		for {
			select {
			case <-ended:
				return
			case <-ticker.C:
				before = collect(leader, before)
			}
		}
	}()
	return func() { close(ended) }
}

// collect waits for the ended orphans that were there at the look before, too:
// for another command somebody else waits, at once. It gives what it found.
func collect(leader int, before map[int]bool) map[int]bool {
	found := map[int]bool{}
	for _, p := range processes()[os.Getpid()] {
		switch {
		case p.alive() || p.pid == leader || !foreign(p):
		case before[p.pid]:
			waitFor(p.pid)
		default:
			found[p.pid] = true
		}
	}
	return found
}

// waitFor collects a child that ended.
func waitFor(pid int) { _, _ = unix.Wait4(pid, nil, unix.WNOHANG, nil) }
