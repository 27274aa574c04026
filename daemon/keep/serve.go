package keep

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// readyTimeout is how long a start may take where the service does not say.
const readyTimeout = 90 * time.Second

// start prepares the service and starts it; it returns when it is ready. The
// error is why it is not.
func (k *keeper) start() error {
	if len(k.spec.Prepare) > 0 {
		if err := k.command("prepare", k.spec.Prepare, k.rootOrder(k.spec.Prepare)); err != nil {
			return err
		}
	}
	if k.spec.Oneshot != nil {
		return k.startOneshot()
	}
	if len(k.spec.Process.Daemon) > 0 {
		return k.startDaemon()
	}
	p, err := k.newProbe()
	if err != nil {
		return err
	}
	defer p.close()
	o, err := k.order(k.spec.Process.Argv)
	if err != nil {
		return err
	}
	o.Env = append(o.Env, p.env...)
	if k.main, err = k.reaper.start(o, p.files...); err != nil {
		return err
	}
	p.started()
	k.set(Starting, "")
	return k.await(p)
}

// startOneshot runs the command, unless this very one ran since the boot and
// only its keeper was lost.
func (k *keeper) startOneshot() error {
	done := fingerprint(k.spec)
	if len(k.spec.Oneshot.Start) > 0 && k.status.Oneshot != done {
		o, err := k.order(k.spec.Oneshot.Start)
		if err != nil {
			return err
		}
		if err := k.command("start", k.spec.Oneshot.Start, o); err != nil {
			return err
		}
	}
	p, err := k.newProbe()
	if err != nil {
		return err
	}
	defer p.close()
	k.status.Oneshot = done
	return k.await(p)
}

// startDaemon waits until the command has forked and its file names the
// process; only one that is ours is believed.
func (k *keeper) startDaemon() error {
	_ = os.Remove(k.spec.Process.PIDFile)
	k.reaper.remember()
	o, err := k.order(k.spec.Process.Daemon)
	if err != nil {
		return err
	}
	if err := k.command("start", k.spec.Process.Daemon, o); err != nil {
		return err
	}
	p, err := k.newProbe()
	if err != nil {
		return err
	}
	defer p.close()
	for !k.findDaemon() {
		if _, err := wait(k, p.deadline, time.After(poll)); err != nil {
			return fmt.Errorf("%s does not name the process: %w", k.spec.Process.PIDFile, err)
		}
	}
	return k.await(p)
}

func (k *keeper) findDaemon() bool {
	b, err := os.ReadFile(k.spec.Process.PIDFile)
	if err != nil {
		return false
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		return false
	}
	for _, id := range descendants(os.Getpid()) {
		if id.PID == pid {
			k.main = &child{id: id, end: k.reaper.watch(pid)}
			return true
		}
	}
	return false
}

// serve stays with the service until it ends or has to stop. The error is why
// it ended by itself.
func (k *keeper) serve() error {
	var end <-chan unix.WaitStatus
	if k.main != nil {
		end = k.main.end
	}
	if k.spec.Oneshot != nil && !k.spec.Oneshot.RemainAfterExit {
		return nil
	}
	for {
		select {
		case ws := <-end:
			k.main.end = nil
			return ended(ws)
		case sig := <-k.signals:
			if k.heed(sig) {
				return nil
			}
		}
	}
}

// heed acts on a signal while the service runs, and tells whether it is over.
func (k *keeper) heed(sig os.Signal) bool {
	switch sig {
	case sigPause:
		k.pause, k.status.Reason = true, "something it needs stops"
		return true
	case sigReload:
		k.reload()
		return false
	}
	k.stop, k.status.Reason = true, ""
	return true
}

// ended is nil for a process that ended well.
func ended(ws unix.WaitStatus) error {
	switch {
	case ws.Signaled():
		return fmt.Errorf("it was ended by signal %d (%s)", ws.Signal(), unix.SignalName(ws.Signal()))
	case ws.ExitStatus() != 0:
		return fmt.Errorf("exit status %d", ws.ExitStatus())
	}
	return nil
}

// command runs a command to its end. One that is to stop meanwhile ends with
// everything it started.
func (k *keeper) command(what string, argv []string, o order) error {
	c, err := k.reaper.start(o)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	var limit <-chan time.Time
	if r := k.spec.Readiness; r != nil && r.Timeout != "" && what == "start" {
		limit = time.After(duration(r.Timeout, readyTimeout))
	}
	for {
		select {
		case ws := <-c.end:
			if err := ended(ws); err != nil {
				return fmt.Errorf("%s (%s): %w", what, argv[0], err)
			}
			return nil
		case <-limit:
			endSession(c.id, k.stopTimeout())
			return fmt.Errorf("%s (%s) took too long", what, argv[0])
		case sig := <-k.signals:
			if sig != sigReload && k.heed(sig) {
				endSession(c.id, k.stopTimeout())
				return fmt.Errorf("%s (%s) was stopped", what, argv[0])
			}
		}
	}
}

// reload has the service read its settings again, once a signal.
func (k *keeper) reload() {
	k.adopt()
	r := k.spec.Reload
	if r == nil {
		return
	}
	k.set(Reloading, "")
	reason := ""
	if len(r.Command) > 0 {
		o, err := k.order(r.Command)
		if err == nil {
			err = k.command("reload", r.Command, o)
		}
		if err != nil {
			reason = err.Error()
		}
	} else if k.main != nil {
		k.main.id.Signal(signalOf(r.Signal, unix.SIGHUP))
	}
	k.status.Reloads++
	if !k.stop && !k.pause {
		k.set(Up, reason)
	}
}
