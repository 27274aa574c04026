package keep

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"time"

	"golang.org/x/sys/unix"

	"github.com/activate-agent/activate/daemon"
)

// Options say how a keeper runs.
type Options struct {
	Dirs Dirs
	// Ready is told with a newline that the service is up, as s6 has it; nil
	// for nobody.
	Ready *os.File
	// Log is the directory for what the service writes, where the init has
	// nobody to write to; empty means the keeper's own output.
	Log string
	// AfterBoot has the keeper wait for the boot entry, where the init starts
	// both at once.
	AfterBoot bool
}

// keeper runs one service; it is for one goroutine.
type keeper struct {
	dirs    Dirs
	spec    Spec
	status  Status
	reaper  *reaper
	ready   *os.File
	signals chan os.Signal
	main    *child
	// stop and pause are asked for from outside: to end, and to wait again for
	// what the service needs.
	stop, pause bool
}

// Signals that a keeper takes: TERM and INT to stop, HUP to reload, and from
// other keepers USR1, since something that the service needs stops.
const (
	sigReload = unix.SIGHUP
	sigPause  = unix.SIGUSR1
)

func isStop(sig os.Signal) bool { return sig == unix.SIGTERM || sig == unix.SIGINT }

// Keep runs the named service until it is told to stop; then everything of it
// is gone. The error says why it could not even try.
func Keep(name string, o Options) error {
	k := &keeper{dirs: o.Dirs, ready: o.Ready, signals: make(chan os.Signal, 16)}
	k.spec.Name, k.status = name, Status{Name: name, Keeper: Identify(os.Getpid())}
	signal.Notify(k.signals, unix.SIGTERM, unix.SIGINT, sigReload, sigPause)
	if o.AfterBoot && !k.waitBoot() {
		k.set(Down, "")
		return nil
	}
	var err error
	if k.spec, err = o.Dirs.Spec(name); err != nil {
		return err
	}
	if o.Log != "" {
		closeLog, err := openLog(o.Log)
		if err != nil {
			return err
		}
		defer closeLog()
	}
	if k.reaper, err = newReaper(); err != nil {
		return err
	}
	before, err := k.takeOver()
	if err != nil {
		return err
	}
	k.status.Oneshot = before.Oneshot
	k.run()
	k.set(Down, "")
	return nil
}

// takeOver ends what a keeper left that was killed. A keeper that lives is an
// error: the service runs once.
func (k *keeper) takeOver() (Status, error) {
	before, err := k.dirs.recorded(k.spec.Name)
	if errors.Is(err, os.ErrNotExist) {
		return before, nil
	}
	if err != nil {
		return before, err
	}
	if before.Keeper.Alive() && before.Keeper.PID != os.Getpid() {
		return before, fmt.Errorf("cannot start %s: it is kept by process %d already", k.spec.Name, before.Keeper.PID)
	}
	if before.Main.PID != 0 {
		endSession(before.Main, k.stopTimeout())
	}
	return before, nil
}

// run is the life of the service.
func (k *keeper) run() {
	for !k.stop {
		k.pause = false
		if !k.waitNeeds() {
			continue
		}
		failure := k.attempt()
		if k.stop || k.pause {
			continue
		}
		k.rest(failure)
	}
}

// attempt starts the service, stays with it while it runs, and gives why it
// ended, "" for well.
func (k *keeper) attempt() string {
	k.set(Starting, "")
	err := k.start()
	if err == nil {
		k.up()
		err = k.serve()
	}
	if k.stop || k.pause {
		k.set(Stopping, k.status.Reason)
		k.awaitDependents()
	}
	k.end()
	if err == nil {
		return ""
	}
	return err.Error()
}

// up tells everybody that the service is ready.
func (k *keeper) up() {
	k.status.Failures = 0
	k.set(Up, "")
	if k.ready != nil {
		_, _ = k.ready.WriteString("\n")
		_ = k.ready.Close()
		k.ready = nil
	}
}

// rest is between the end of a process and its next start, or for ever.
func (k *keeper) rest(failure string) {
	delay, again := k.again(failure)
	switch {
	case failure != "":
		k.status.Failures++
		if again {
			k.set(Backoff, failure)
		} else {
			k.set(Failed, failure)
		}
	case again:
		k.set(Backoff, "it ended")
	default:
		k.set(Done, "")
	}
	if !again {
		k.idle(nil)
		return
	}
	k.idle(time.After(delay))
}

// idle waits for the end of the rest. A pause means nothing to a service that
// does not run.
func (k *keeper) idle(over <-chan time.Time) {
	for {
		select {
		case <-over:
			return
		case sig := <-k.signals:
			if isStop(sig) {
				k.stop = true
				return
			}
		}
	}
}

// again tells whether and when what ended is started again.
func (k *keeper) again(failure string) (time.Duration, bool) {
	policy, delay := "always", time.Second
	if k.spec.Oneshot != nil {
		policy = "never"
	}
	k.adopt()
	if r := k.spec.Restart; r != nil {
		if r.Policy != "" {
			policy = r.Policy
		}
		delay = duration(r.Delay, delay)
	}
	return delay, policy == "always" || policy == "on-failure" && failure != ""
}

// adopt takes up settings of the spec's file that say how the service is
// treated, when what runs is still what the file says.
func (k *keeper) adopt() {
	fresh, err := k.dirs.Spec(k.spec.Name)
	if err == nil && Compare(k.spec, fresh).Effect < daemon.NeedsRestart {
		k.spec = fresh
	}
}

// set records the state.
func (k *keeper) set(s State, reason string) {
	k.status.State, k.status.Reason, k.status.Since = s, reason, time.Now().UTC()
	k.status.Main = Identity{}
	if k.main != nil {
		k.status.Main = k.main.id
	}
	if err := k.dirs.write(k.status); err != nil {
		fmt.Fprintf(os.Stderr, "activate: %v\n", err)
	}
}

// duration reads what the configuration has checked.
func duration(text string, otherwise time.Duration) time.Duration {
	if d, err := time.ParseDuration(text); err == nil {
		return d
	}
	return otherwise
}
