package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
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
	for _, u := range cfg.Desired.Users {
		w.served = append(w.served, u.User)
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

// logindDir is there where logind runs.
const logindDir = "/run/systemd/users"

// wakeLingering starts the managers of users who linger from now on, as logind does
// for whom loginctl enable-linger names, and at each boot. What does not work is told:
// the accounts are right.
func (w *wiring) wakeLingering(names []string) {
	if len(names) == 0 || !w.logindRuns() {
		return
	}
	for _, name := range names {
		if slices.Contains(w.served, name) {
			// Started with the services, and the run's own until the next boot: logind
			// may stop one that it knows of while the last of them are taken away.
			continue
		}
		uid := func() (uint32, bool) {
			uid, found, err := users.FindName(w.root, name)
			return uid, found && err == nil
		}
		// Debian 13's refuses without polkit, but hears of the manager when that starts.
		_, _ = runTool("loginctl", "enable-linger", name)
		if err := w.wake(context.Background(), name, uid); err != nil {
			w.warn("user " + name + " lingers from the next boot on: " + err.Error())
		}
	}
}

// restLingering stops the managers of users who linger no more and are not logged in,
// as logind does when loginctl disable-linger tells it. Their accounts may be gone.
func (w *wiring) restLingering(ids []users.ID) {
	if len(ids) == 0 || !w.logindRuns() {
		return
	}
	for _, id := range ids {
		known, err := os.ReadFile(logindDir + "/" + id.String())
		if err != nil && !errors.Is(err, fs.ErrNotExist) || hasLogin(known) {
			continue
		}
		for _, f := range w.init.Do(context.Background(), daemon.VerbStop, []string{systemd.UserManager(uint32(id))}, wakeLimit) {
			w.warn("cannot stop " + f.Unit + ", whose user lingers no more: " + f.Reason)
		}
	}
}

// hasLogin tells by what logind notes of a user whether a session is more than that of
// the user's own manager, which newer ones count.
func hasLogin(note []byte) bool {
	for session := range strings.FieldsSeq(valueOf(note, "SESSIONS")) {
		about, err := os.ReadFile("/run/systemd/sessions/" + path.Base(session))
		if err != nil || !strings.HasPrefix(valueOf(about, "CLASS"), "manager") {
			return true
		}
	}
	return false
}

func valueOf(note []byte, key string) string {
	for line := range strings.Lines(string(note)) {
		if value, found := strings.CutPrefix(line, key+"="); found {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// logindRuns tells whether there is a logind to act like. At boot it reads by itself
// who lingers.
func (w *wiring) logindRuns() bool {
	if w.atBoot || w.init.Name() != "systemd" || !w.init.Running() {
		return false
	}
	_, err := os.Stat(logindDir)
	return err == nil
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
