package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/activate-agent/activate/daemon"
	"github.com/activate-agent/activate/daemon/none"
	"github.com/activate-agent/activate/daemon/systemd"
	"github.com/activate-agent/activate/users"
)

// hostUnits makes the subsystem of the host's units and of those that the
// configuration has for users.
func (w *wiring) hostUnits(cfg daemon.Config, d desired) (*daemon.Host, error) {
	if err := w.runsPeople(cfg); err != nil {
		return nil, err
	}
	return daemon.NewHost(daemon.HostConfig{Config: cfg, Person: func(name string) daemon.Person { return w.person(d.users, name) }})
}

// runsPeople says why nobody could run the services of users.
func (w *wiring) runsPeople(cfg daemon.Config) error {
	if len(cfg.Desired.Users) == 0 {
		return nil
	}
	first := cfg.Desired.Users[0]
	switch w.init.Name() {
	case "systemd", "none":
		w.generator = true
		return nil
	}
	place := ""
	for _, s := range first.Units.Services {
		place = s.Origin + ": "
		break
	}
	return fmt.Errorf("%scannot run services of user %s: %s has no managers of users, as systemd has; declare them outside of the user block, with user = %q",
		place, first.User, w.init.Name(), first.User)
}

// person is the manager of a user, as root reaches it.
func (w *wiring) person(d users.Desired, name string) daemon.Person {
	if w.init.Name() == "none" {
		return daemon.Person{Init: none.New()}
	}
	uid := func() (uint32, bool) {
		if !w.init.Running() {
			return 0, false
		}
		uid, found, err := users.FindName(w.root, name)
		return uid, found && err == nil
	}
	p := daemon.Person{Init: systemd.ForUser(name, uid)}
	if w.init.Running() && !w.atBoot && users.Lingers(w.root, d, name) {
		p.Wake = func(ctx context.Context) error { return w.wake(ctx, name, uid) }
	}
	return p
}

// wakeLimit is how long a user's manager may take to start.
const wakeLimit = 90 * time.Second

// wake starts the manager of a user, as logind does for one who lingers.
func (w *wiring) wake(ctx context.Context, name string, uid func() (uint32, bool)) error {
	id, ok := uid()
	if !ok {
		return errors.New("there is no account of " + name)
	}
	for _, f := range w.init.Do(ctx, daemon.VerbStart, []string{systemd.UserManager(id)}, wakeLimit) {
		return fmt.Errorf("the manager of %s did not start (%s); it needs PAM with pam_systemd, on Debian the package libpam-systemd", name, f.Reason)
	}
	return nil
}
