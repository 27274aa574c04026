package conformance_test

import (
	"strings"
	"testing"
)

// at gives the same host under another init.
func (h *host) at(name string) *host {
	other := *h
	for _, r := range rigs() {
		if r.name == name {
			other.rig = r
		}
	}
	return &other
}

// movers are the inits between which services move in these tests.
func movers() []string { return []string{"systemd", "s6", "runit"} }

// movable is a machine on which all of them run.
func movable(t *testing.T) *host {
	t.Helper()
	h := (&host{T: t}).at("s6")
	h = boot(t, h.rig, build(t))
	h.m.Succeed(h.at("runit").setup)
	return h
}

// kept is the process of a service that is the same everywhere.
func (h *host) kept() string {
	h.Helper()
	pids := h.ok("pgrep -f '^/bin/sleep 9999' || true")
	want(h, "processes", len(strings.Fields(pids)), 1)
	return pids
}

// only wants the files of one init, its boot entry among them, and of no
// other.
func (h *host) only(name string) {
	h.Helper()
	for _, other := range movers() {
		left, _, _ := h.sh("ls -d " + h.at(other).gone[0] + " 2>/dev/null")
		want(h, "files of "+other+" with "+name, left != "", other == name)
	}
	entry := map[string]string{
		"systemd": "/etc/systemd/system/activate-boot.service", "s6": "/srv/scan/activate-boot/run", "runit": "/srv/sv/activate-boot",
	}
	for _, other := range movers() {
		_, _, code := h.sh("test -e " + entry[other])
		want(h, "boot entry of "+other+" with "+name, code == 0, other == name)
	}
}

// TestMove moves a running site from init to init and back.
func TestMove(t *testing.T) {
	t.Parallel()
	h := movable(t)
	before := ""
	for _, name := range []string{"systemd", "s6", "runit", "systemd"} {
		h.ok(": > /srv/trace")
		h = h.at(name)
		h.to(standard().String(), 0)
		after := h.kept()
		want(h, "it is the process of the init before", after == before, false)
		before = after
		h.only(name)
	}
}

// TestMoveFails: a move that fails leaves the services with the init that they
// were with.
func TestMoveFails(t *testing.T) {
	t.Parallel()
	h := movable(t)
	h.to(standard().String(), 0)
	for _, row := range []struct {
		name, what string
		code       int
	}{
		{"a snippet", `snippet "no" { script = "exit 7" }`, 1},
		{"a service", `
activation { on_unit_failure = "rollback" }
service "broken" {
  process { argv = ["/bin/false"] }
  restart { policy = "never" }
}`, 5},
	} {
		for _, name := range []string{"runit", "systemd"} {
			t.Logf("%s fails on the way to %s", row.name, name)
			h.at(name).to(standard().String()+row.what, row.code)
			h.kept()
			h.only("s6")
			for name, s := range h.services() {
				want(h, name+" is up", s.State == "active" && s.Ready, name != "manual")
			}
			h.ok("activate --init s6 drift")
		}
	}
}

// TestScanDir: the configuration says where an init looks, and the boot entry
// goes there too.
func TestScanDir(t *testing.T) {
	t.Parallel()
	h := (&host{T: t}).at("s6")
	h = boot(t, h.rig, build(t))
	h.m.Succeed(strings.ReplaceAll(h.setup, "/srv/scan", "/srv/own"))
	h.to(standard().String(), 0)
	h.ok("s6-svwait -U -t 5000 /srv/scan/web && test -x /srv/scan/activate-boot/run")
	h.to(standard().String()+`
init "s6" {
  scan_dir = "/srv/own"
}
`, 0)
	h.ok("s6-svwait -U -t 5000 /srv/own/web && test -x /srv/own/activate-boot/run")
	h.ok("test ! -e /srv/scan/web && test ! -e /srv/scan/activate-boot/run")
	h.kept()
	h.ok("activate --init s6 deactivate; ! ls -d /srv/own/*")
}
