package conformance_test

import (
	"fmt"
	"strings"
	"testing"
)

// config is a small site: db is ready a while after it starts, web needs it,
// setup comes before both, and other has to do with nobody. The shell itself
// empties db's file at its end: systemd's SIGTERM would reach an rm as well.
type config struct {
	greeting, password, conf string
	db, web, broken          bool
}

func standard() config { return config{greeting: "hello", conf: "one", db: true, web: true} }

func (c config) String() string {
	var b strings.Builder
	b.WriteString(`
service "other" {
  process { argv = ["/bin/sleep", "9999"] }
}
service "manual" {
  process { argv = ["/bin/sleep", "8888"] }
  autostart = false
}
`)
	if c.db {
		fmt.Fprintf(&b, `
service "setup" {
  oneshot {
    start = ["/bin/sh", "-c", "echo setup-up >> /srv/trace"]
    stop  = ["/bin/sh", "-c", "echo setup-down >> /srv/trace"]
  }
  before = ["db"]
}
service "db" {
  environment = { PASSWORD = %q }
  process {
    argv = ["/bin/sh", "-c", <<-EOT
    echo db-start >> /srv/trace
    trap 'echo db-stop >> /srv/trace; : > /tmp/t/ready; exit 0' TERM
    sleep 0.3; echo db-ready >> /srv/trace; echo yes > /tmp/t/ready
    while :; do sleep 0.05; done
    EOT
    ]
  }
  readiness {
    exec    = ["test", "-s", "/tmp/t/ready"]
    timeout = "20s"
  }
}
`, c.password)
	}
	if c.web {
		fmt.Fprintf(&b, `
service "web" {
  user        = "nobody"
  environment = { GREETING = %q, ODD = "a b\"$c%%%%d" }
  umask       = "0027"
  limits      = { nofile = 777 }
  depends_on  = ["db"]
  process {
    argv = ["/bin/sh", "-c", <<-EOT
    echo web-start >> /srv/trace
    trap 'echo web-stop >> /srv/trace; exit 0' TERM
    trap 'echo web-reload >> /srv/trace' HUP
    printf '%%s\0' "$@" > /tmp/t/args; printf %%s "$ODD" > /tmp/t/odd; id -un > /tmp/t/user; umask > /tmp/t/umask; ulimit -n > /tmp/t/nofile
    echo "web says $GREETING"
    setsid -f setsid sleep 7777
    while :; do sleep 0.05; done
    EOT
    , "sh", "a  b", "$HOME %%n %%%% ; # 'q' \"d\" \\", "line\nbreak", ""]
  }
  config_data "web.conf" {
    text      = %q
    on_change = "reload"
  }
  reload { signal = "HUP" }
}
`, c.greeting, c.conf)
	}
	if c.broken {
		b.WriteString(`
service "broken" {
  process { argv = ["/bin/sh", "-c", "echo cannot-go-on; exit 3"] }
}
`)
	}
	return b.String()
}

// TestInits runs the whole suite on every init, and holds the page of the
// documentation against what came out.
func TestInits(t *testing.T) {
	t.Parallel()
	program := build(t)
	m := &matrix{passed: map[string]map[string]bool{}}
	whole := t.Run("on", func(t *testing.T) {
		for _, r := range rigs() {
			t.Run(r.name, func(t *testing.T) {
				t.Parallel()
				onInit(t, r, program, m)
			})
		}
	})
	if whole && len(m.passed) == len(rigs()) {
		m.compare(t, "../../docs/inits.md")
	}
}

func onInit(t *testing.T, r rig, program string, m *matrix) {
	t.Helper()
	h := boot(t, r, program)
	for _, row := range rows() {
		if row.except == r.name {
			continue
		}
		passed := t.Run(row.name, func(t *testing.T) {
			at := *h
			at.T = t
			row.check(&at)
		})
		m.record(r.name, row.name, passed)
		if !passed {
			t.Log(h.trace())
			return
		}
	}
}

// row is one promise of a service. Each goes on from where the one before it
// left the host.
type row struct {
	name  string
	check func(h *host)
	// except is an init that promises nothing of the kind.
	except string
}

func rows() []row {
	return []row{
		{name: "starts in order of dependencies, after readiness", check: starts},
		{name: "arguments, environment and user are exact", check: exact},
		{name: "a second switch does nothing", check: again},
		{name: "the init's own tools agree", check: native},
		{name: "the log is read and followed", check: logs},
		{name: "a change restarts only what changed", check: restartsOne},
		{name: "what is needed takes its dependents along", check: restartsChain},
		{name: "changed configuration reloads once", check: reloads},
		{name: "a killed process comes back", check: comesBack},
		{name: "verbs of a person", check: verbs},
		{name: "a stopped service is started by switch", check: startsStopped},
		{name: "what is mounted comes before its users, and again when it was taken away", check: mounts},
		{name: "with rollback a failing service is exit 5, and what ran before runs", check: rollsBack},
		{name: "a failing service is exit 4 and hurts nobody", check: fails},
		{name: "what is dropped is gone, to the last process", check: drops},
		{name: "an init that does not run is refused before any change", check: refuses},
		{name: "a service that needs what is not declared is refused", check: refusesUnknown, except: "systemd"},
		{name: "deactivate leaves nothing", check: deactivates},
	}
}

func starts(h *host) {
	h.to(standard().String(), 0)
	h.order("setup-up", "db-start", "db-ready", "web-start")
	for name, s := range h.services() {
		want(h, name+" is up", s.State == "active" && s.Ready, name != "manual")
	}
}

func exact(h *host) {
	h.eventually("test -s /tmp/t/nofile")
	want(h, "arguments", h.ok("cat /tmp/t/args"), "a  b\x00$HOME %n %% ; # 'q' \"d\" \\\x00line\nbreak\x00\x00")
	want(h, "environment", h.ok("cat /tmp/t/odd"), `a b"$c%%d`)
	want(h, "user, umask, limit", strings.Fields(h.ok("cat /tmp/t/user /tmp/t/umask /tmp/t/nofile")), []string{"nobody", "0027", "777"})
}

func again(h *host) {
	before := h.services()
	stderr := h.to(standard().String(), 0)
	if strings.Contains(stderr, "generation 2") {
		h.Errorf("a generation was made: %s", stderr)
	}
	want(h, "processes", h.services(), before)
}

func native(h *host) { h.ok(h.native) }

func logs(h *host) {
	h.eventually("activate --init " + h.name + " logs web | grep -q 'web says hello'")
	out, _, _ := h.sh("timeout 2 activate --init " + h.name + " logs -f web")
	if !strings.Contains(out, "web says hello") {
		h.Errorf("logs -f gives %q", out)
	}
}

func restartsOne(h *host) {
	before := h.services()
	c := standard()
	c.greeting = "again"
	want(h, "plan", h.plan(c.String()), units{Restart: []string{"web.service"}})
	h.to(c.String(), 0)
	after := h.services()
	for name := range before {
		want(h, name+" has its process", after[name].PID == before[name].PID, name != "web")
	}
	h.eventually("activate --init " + h.name + " logs web | grep -q 'web says again'")
	want(h, "descendants", strings.TrimSpace(h.ok("pgrep -fc '^sleep 7777'")), "1")
}

func restartsChain(h *host) {
	h.ok(": > /srv/trace")
	c := standard()
	c.greeting, c.password = "again", "x"
	h.to(c.String(), 0)
	h.order("web-stop", "db-stop", "db-start", "db-ready", "web-start")
}

func reloads(h *host) {
	h.ok(": > /srv/trace")
	before := h.services()
	c := standard()
	c.greeting, c.password, c.conf = "again", "x", "two"
	want(h, "plan", h.plan(c.String()), units{Reload: []string{"web.service"}})
	h.to(c.String(), 0)
	h.eventually("grep -q web-reload /srv/trace")
	h.order("web-reload")
	want(h, "processes", h.services(), before)
}

func comesBack(h *host) {
	pid := h.services()["web"].PID
	h.ok(fmt.Sprintf("kill -9 %d", pid))
	h.eventually(fmt.Sprintf("activate --init %s services --json | grep -o '\"name\":\"web\",\"state\":\"active\",\"pid\":[0-9]*' | grep -v :%d", h.name, pid))
	want(h, "descendants", strings.TrimSpace(h.ok("sleep 0.2; pgrep -fc '^sleep 7777'")), "1")
}

func verbs(h *host) {
	h.ok(": > /srv/trace; activate --init " + h.name + " restart web")
	h.order("web-stop", "web-start")
	h.ok("activate --init " + h.name + " start manual")
	want(h, "start", h.services()["manual"].State, "active")
	h.ok("activate --init " + h.name + " stop manual")
	want(h, "stop", h.services()["manual"].State, "inactive")
	if _, stderr, code := h.sh("activate --init " + h.name + " stop nosuch"); code != 1 || !strings.Contains(stderr, "nosuch") {
		h.Errorf("stop of nothing: exit status %d, %s", code, stderr)
	}
}

func startsStopped(h *host) {
	h.ok("activate --init " + h.name + " stop other")
	c := standard()
	c.greeting, c.password, c.conf = "again", "x", "two"
	h.to(c.String(), 0)
	want(h, "state", h.services()["other"].State, "active")
}

func mounts(h *host) {
	c := standard()
	c.greeting, c.password, c.conf = "again", "x", "two"
	site := c.String() + `
mount "/mnt/t" {
  what    = "tmpfs"
  type    = "tmpfs"
  options = ["size=1m"]
  before  = ["user"]
}
service "user" {
  process { argv = ["/bin/sh", "-c", "mountpoint -q /mnt/t && touch /mnt/t/used; exec sleep infinity"] }
}
`
	h.to(site, 0)
	h.eventually("test -e /mnt/t/used")
	h.ok("umount /mnt/t")
	if _, _, code := h.sh("activate --init " + h.name + " drift"); code != 2 {
		h.Errorf("drift of a mount that is gone: exit status %d", code)
	}
	h.to(site, 0)
	h.ok("mountpoint -q /mnt/t")
	h.to(c.String(), 0)
	h.ok("! mountpoint -q /mnt/t")
}

func rollsBack(h *host) {
	before := h.services()
	c := standard()
	c.greeting, c.password, c.conf, c.broken = "again", "y", "two", true
	stderr := h.to(`activation { on_unit_failure = "rollback" }`+"\n"+c.String(), 5)
	if !strings.Contains(stderr, "broken") {
		h.Errorf("the message does not name the service: %s", stderr)
	}
	for name, s := range h.services() {
		want(h, name+" is up", s.State == "active", name != "manual")
		if name == "other" {
			want(h, "process of other", s.PID, before[name].PID)
		}
	}
	h.ok("activate --init " + h.name + " drift")
}

func fails(h *host) {
	before := h.services()
	c := standard()
	c.greeting, c.password, c.conf, c.broken = "again", "x", "two", true
	stderr := h.to(c.String(), 4)
	if !strings.Contains(stderr, "broken") {
		h.Errorf("the message does not name the service: %s", stderr)
	}
	after := h.services()
	for name := range before {
		want(h, name+"'s process", after[name].PID, before[name].PID)
	}
}

func drops(h *host) {
	other := h.services()["other"].PID
	h.ok(": > /srv/trace")
	h.to(config{}.String(), 0)
	h.order("web-stop", "db-stop", "setup-down")
	want(h, "descendants", strings.TrimSpace(firstOf(h.sh("pgrep -fc '^sleep 7777'"))), "0")
	want(h, "other's process", h.services()["other"].PID, other)
}

func refuses(h *host) {
	other := map[string]string{"openrc": "finit"}[h.name]
	if other == "" {
		other = "openrc"
	}
	before := h.ok("find /etc /var/lib/activate | sort")
	_, stderr, code := h.sh("activate --init " + other + " switch /root/x.hcl")
	if code != 1 || !strings.Contains(stderr, other) {
		h.Errorf("switch with %s: exit status %d, %s", other, code, stderr)
	}
	want(h, "files", h.ok("find /etc /var/lib/activate | sort"), before)
	if _, stderr, code := h.sh("activate --init " + other + " build /root/x.hcl -o /tmp/built"); code != 0 {
		h.Errorf("build for %s: exit status %d, %s", other, code, stderr)
	}
	h.ok("test -d /tmp/built/units/" + other)
}

func refusesUnknown(h *host) {
	stderr := h.to(`
service "lost" {
  process {
    argv = ["/bin/true"]
  }
  depends_on = ["nosuch"]
}
`, 1)
	if !strings.Contains(stderr, "nosuch") || !strings.Contains(stderr, "x.hcl:2") {
		h.Errorf("the message names neither the service nor the place: %s", stderr)
	}
}

func firstOf(out, _ string, _ int) string { return out }

func deactivates(h *host) {
	h.ok("activate --init " + h.name + " deactivate")
	want(h, "keepers", strings.TrimSpace(firstOf(h.sh("pgrep -fc 'activate [k]eep'"))), "0")
	for _, glob := range append(h.gone, "/etc/activate", "/run/activate", "/var/lib/activate") {
		out, _, _ := h.sh("ls -d " + glob + " 2>/dev/null")
		want(h, "what is left", strings.TrimSpace(out), "")
	}
}
