package keep

import (
	"strings"
	"time"
)

const (
	// poll is how often others' statuses are read while something waits for
	// them.
	poll = 30 * time.Millisecond
	// followLimit bounds the wait for what only comes before.
	followLimit = 90 * time.Second
)

// whichFailed ends the reason of a wait that may never end.
const whichFailed = ", which failed"

// stuck tells whether the service waits for something that failed.
func (s Status) stuck() bool { return strings.HasSuffix(s.Reason, whichFailed) }

// waitNeeds waits until all that the service needs is up, and what comes
// before it has come as far as it does. False when it is stopped meanwhile.
func (k *keeper) waitNeeds() bool {
	tick := time.NewTicker(poll)
	defer tick.Stop()
	begin := time.Now()
	said := ""
	for {
		missing := k.missing(time.Since(begin) < followLimit)
		if missing == "" {
			return true
		}
		if missing != said {
			k.set(Waiting, missing)
			said = missing
		}
		select {
		case <-tick.C:
		case sig := <-k.signals:
			if isStop(sig) {
				k.stop = true
				return false
			}
		}
	}
}

// missing says what the service waits for.
func (k *keeper) missing(follow bool) string {
	for _, name := range k.spec.Needs {
		s, err := k.dirs.Status(name)
		switch {
		case err == nil && (s.Running() || s.State == Done):
			// What is done was up, and is to be no more.
		case err != nil || s.State != Failed && s.Failures == 0:
			return "it waits for " + name
		default:
			return "it needs " + name + whichFailed
		}
	}
	for _, name := range k.spec.Follows {
		if follow && k.coming(name) {
			return "it comes after " + name
		}
	}
	return ""
}

// coming tells whether the named service is on its way, or will be since the
// host has just started.
func (k *keeper) coming(name string) bool {
	s, err := k.dirs.recorded(name)
	if err != nil {
		other, err := k.dirs.Spec(name)
		return err == nil && other.Boot && k.spec.Boot
	}
	return s.Keeper.Alive() && !s.Settled() && !s.Running()
}

// awaitDependents has the services that need this one stop first, and waits
// until they did.
func (k *keeper) awaitDependents() {
	k.adopt()
	told := map[Identity]bool{}
	for waiting := true; waiting; {
		waiting = false
		for _, name := range k.spec.NeededBy {
			s, err := k.dirs.Status(name)
			if err != nil || !depends(s.State) {
				continue
			}
			waiting = true
			if !told[s.Keeper] && s.State != Stopping {
				s.Keeper.Signal(sigPause)
				told[s.Keeper] = true
			}
		}
		if waiting {
			time.Sleep(poll)
		}
	}
}

// depends tells whether a service in that state uses what it needs.
func depends(s State) bool {
	return s == Starting || s == Up || s == Reloading || s == Stopping
}
