package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/activate-agent/activate/daemon"
	"github.com/activate-agent/activate/daemon/systemd"
	"github.com/activate-agent/activate/users"
)

// logindDir is there where logind runs.
const logindDir = "/run/systemd/users"

// wakeLingering starts the managers of users who linger from now on, as logind does
// for whom loginctl enable-linger names, and at each boot. What does not work is told:
// the accounts are right.
func (w *wiring) wakeLingering(names []string, units daemon.Desired) {
	if len(names) == 0 || !w.logindRuns() {
		return
	}
	for _, name := range names {
		if slices.ContainsFunc(units.Users, func(u daemon.UserUnits) bool { return u.User == name }) {
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
