package keep

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Start starts a keeper in the background, where the init has nobody to be
// its parent, and returns when the service is up. It is no error that it is
// already.
func Start(name string, o Options, timeout time.Duration) error {
	s, err := o.Dirs.Status(name)
	if err != nil {
		return err
	}
	if s.State == Failed || s.State == Done {
		if err := Stop(name, o.Dirs, timeout); err != nil {
			return err
		}
	}
	if !s.Keeper.Alive() || s.State == Failed || s.State == Done || s.State == Down {
		if err := detach(name, o); err != nil {
			return err
		}
	}
	return o.Dirs.AwaitUp(name, timeout)
}

// detach leaves a keeper behind that has no parent but the init.
func detach(name string, o Options) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("cannot find this program: %w", err)
	}
	null, err := os.OpenFile("/dev/null", os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer func() { _ = null.Close() }()
	argv := []string{self, "keep", "run", "--specs", o.Dirs.Specs, "--run", o.Dirs.Run, "--log", o.Log}
	if o.AfterBoot {
		argv = append(argv, "--after-boot")
	}
	argv = append(argv, name)
	p, err := os.StartProcess(self, argv, &os.ProcAttr{
		Dir: "/", Files: []*os.File{null, null, null}, Env: keeperEnvironment(), Sys: &syscall.SysProcAttr{Setsid: true},
	})
	if err != nil {
		return fmt.Errorf("cannot start the keeper of %s: %w", name, err)
	}
	id := Identify(p.Pid)
	// Until it has written a status there is only the process to go by.
	for id.Alive() {
		if s, err := o.Dirs.recorded(name); err == nil && s.Keeper == id {
			return nil
		}
		time.Sleep(time.Millisecond)
	}
	if s, err := o.Dirs.recorded(name); err == nil && s.Keeper == id {
		return nil
	}
	return fmt.Errorf("cannot start %s: its keeper ended at once; see %s", name, o.Log)
}

// keeperEnvironment is all that a keeper takes from whoever starts it.
func keeperEnvironment() []string {
	env := []string{"PATH=" + DefaultPath}
	for _, name := range []string{"HOME", "USER", "XDG_RUNTIME_DIR"} {
		if v := os.Getenv(name); v != "" {
			env = append(env, name+"="+v)
		}
	}
	return env
}

// Stop stops the service and returns when nothing of it is left. It is no
// error that there was nothing.
func Stop(name string, d Dirs, timeout time.Duration) error {
	s, err := d.recorded(name)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	s.Keeper.Signal(unix.SIGTERM)
	if err := d.AwaitDown(name, timeout); err != nil {
		return err
	}
	if s.Main.Alive() {
		// Its keeper was killed.
		endSession(s.Main, readyTimeout)
	}
	return nil
}

// Reload has the service read its settings again.
func Reload(name string, d Dirs) error {
	s, err := d.Status(name)
	if err != nil {
		return err
	}
	if !s.Running() {
		return fmt.Errorf("cannot reload %s: it does not run", name)
	}
	s.Keeper.Signal(sigReload)
	return d.awaitReload(s, 30*time.Second)
}

// awaitReload waits until one more reload was done than in before.
func (d Dirs) awaitReload(before Status, timeout time.Duration) error {
	return d.await(before.Name, timeout, "reload", func(s Status) (bool, error) {
		if s.Keeper != before.Keeper || !s.Running() {
			return true, fmt.Errorf("cannot reload %s: it does not run any more", s.Name)
		}
		if s.Reloads > before.Reloads && s.State == Up {
			if s.Reason != "" {
				return true, fmt.Errorf("cannot reload %s: %s", s.Name, s.Reason)
			}
			return true, nil
		}
		return false, nil
	})
}

// AwaitUp returns when the service is up, or with why it is not.
func (d Dirs) AwaitUp(name string, timeout time.Duration) error {
	return d.await(name, timeout, "start", func(s Status) (bool, error) {
		switch {
		case s.State == Up || s.State == Done:
			return true, nil
		case s.State == Failed || s.State == Backoff && s.Failures > 0:
			return true, errors.New(s.Reason)
		case s.State == Waiting && s.stuck():
			return true, errors.New(s.Reason)
		}
		return false, nil
	})
}

// AwaitDown returns when the keeper is gone, which goes last.
func (d Dirs) AwaitDown(name string, timeout time.Duration) error {
	return d.await(name, timeout, "stop", func(s Status) (bool, error) { return !s.Keeper.Alive(), nil })
}

func (d Dirs) await(name string, timeout time.Duration, verb string, done func(Status) (bool, error)) error {
	deadline := time.Now().Add(timeout)
	for pause := time.Millisecond; ; pause = min(2*pause, poll) {
		s, err := d.Status(name)
		if err != nil {
			return err
		}
		if ok, err := done(s); ok {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("the %s timed out after %s (%s)", verb, timeout, s.State)
		}
		time.Sleep(pause)
	}
}
