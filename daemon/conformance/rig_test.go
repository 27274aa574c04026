package conformance_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/activate-agent/activate/testvm"
)

// rig is one init on a machine.
type rig struct {
	name string
	// setup starts the init inside; it prints nothing.
	setup string
	// inside enters the processes that the init is process 1 of; empty where
	// it is not process 1.
	inside string
	// native is shell text by which the init's own tools agree that web runs.
	native string
	// gone are globs that match nothing once all is deactivated.
	gone []string
}

// await is shell text that waits up to ten seconds for a condition.
const await = `await() { for i in $(seq 200); do if eval "$1"; then return 0; fi; sleep 0.05; done; echo "no $1" >&2; return 1; }; `

// namespace runs a program as process 1 of its own.
func namespace(program string) string {
	return await + `setsid unshare -fpm --mount-proc sh -c 'rm -rf /run/systemd; exec ` + program + `' >/tmp/init.log 2>&1 </dev/null &
await "pgrep -P \$(pgrep -xo unshare)" >/dev/null; pgrep -P $(pgrep -xo unshare) > /tmp/init.pid; await "! test -e /run/systemd"`
}

const intoNamespace = "nsenter -t $(cat /tmp/init.pid) -p -m -- "

func rigs() []rig {
	return []rig{
		{name: "systemd", setup: "true", native: `systemctl is-active web`, gone: []string{"/etc/systemd/system/web.service"}},
		{
			name:   "s6",
			setup:  await + `mkdir -p /srv/scan; setsid s6-svscan /srv/scan >/tmp/init.log 2>&1 </dev/null & await "test -p /srv/scan/.s6-svscan/control"`,
			native: `s6-svwait -U -t 5000 /srv/scan/web`,
			gone:   []string{"/srv/scan/*"},
		},
		{
			name:   "runit",
			setup:  await + `mkdir -p /srv/sv; setsid runsvdir -P /srv/sv >/tmp/init.log 2>&1 </dev/null & await "pgrep -x runsvdir" >/dev/null`,
			native: `sv check /srv/sv/web`,
			gone:   []string{"/srv/sv/*", "/etc/sv/web", "/run/runit.*"},
		},
		{
			name:   "supervisord",
			setup:  await + `systemctl stop supervisor; supervisord -c /etc/supervisor/supervisord.conf; await "supervisorctl pid" >/dev/null`,
			native: `supervisorctl status web | grep RUNNING`,
			gone:   []string{"/etc/supervisor/conf.d/*"},
		},
		{
			name: "sysvinit", setup: namespace("sleep infinity"), inside: intoNamespace,
			native: `/etc/init.d/web status && cd / && insserv -n web 2>&1 | { ! grep -E "(missing LSB|broken|loop).*(web|db|setup)|(web|db|setup).*(missing LSB|broken|loop)"; } && ls /etc/rc2.d/S0?web /etc/rc6.d/K??web`,
			gone:   []string{"/etc/init.d/web", "/etc/rc*.d/*web"},
		},
		{
			name: "openrc", setup: namespace("sleep infinity") + `; mkdir -p /run/openrc; touch /run/openrc/softlevel`, inside: intoNamespace,
			native: `rc-service web status`,
			gone:   []string{"/etc/init.d/web", "/etc/runlevels/default/web"},
		},
		{
			name: "finit", setup: namespace("/sbin/finit") + `; ` + await + `await "test -S /proc/$(cat /tmp/init.pid)/root/run/finit/socket"; sleep 1`, inside: intoNamespace,
			native: `/lib/finit/initctl status activate:web`,
			gone:   []string{"/etc/finit.d/web.conf"},
		},
	}
}

// packages are those of all inits that can be on one machine.
func packages() []string {
	return []string{"s6", "execline", "runit", "supervisor", "insserv", "openrc", "finit", "procps"}
}

// host is a machine with one init.
type host struct {
	*testing.T
	rig
	m *testvm.Machine
}

func boot(t *testing.T, r rig, program string) *host {
	t.Helper()
	h := &host{T: t, rig: r, m: testvm.Start(t, testvm.Config{Packages: packages()})}
	h.m.CopyTo(program, "/usr/local/bin/activate")
	h.m.Succeed("mkdir -p /tmp/t && touch /srv/trace && chmod 777 /tmp/t && chmod 666 /srv/trace; systemctl mask --now runit.service supervisor.service 2>/dev/null; " + r.setup)
	return h
}

// build makes the program under test once.
func build(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "activate")
	cmd := exec.Command("go", "build", "-o", program, "../../cmd/activate")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return program
}

// sh runs shell text where the init is.
func (h *host) sh(script string) (stdout, stderr string, code int) {
	h.Helper()
	return h.run("-c", script)
}

// run gives the text to a shell with such options.
func (h *host) run(options, script string) (stdout, stderr string, code int) {
	h.Helper()
	return h.m.Run(h.inside + "timeout 40 sh " + options + " " + quote(script))
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// ok runs shell text of which every command has to succeed.
func (h *host) ok(script string) string {
	h.Helper()
	out, stderr, code := h.run("-ec", script)
	if code != 0 {
		h.Fatalf("%q exited with %d\nstdout: %s\nstderr: %s\n%s", script, code, out, stderr, h.trace())
	}
	return out
}

func (h *host) trace() string {
	out, _, _ := h.sh("cat /srv/trace /tmp/init.log; tail -n 5 /var/log/activate/*/current; ps -ef | tail -n 30")
	return out
}

// to switches to a configuration, and wants that exit status.
func (h *host) to(config string, want int) (stderr string) {
	h.Helper()
	h.m.WriteFile("/root/x.hcl", config)
	out, stderr, code := h.sh("activate --init " + h.name + " switch /root/x.hcl")
	if code != want {
		h.Fatalf("switch exited with %d, not %d\n%s%s\n%s", code, want, out, stderr, h.trace())
	}
	return stderr
}

// units gives the lists of a plan.
type units struct{ Stop, Start, Restart, Reload, Skip []string }

func (h *host) plan(config string) units {
	h.Helper()
	h.m.WriteFile("/root/x.hcl", config)
	var doc struct{ Units units }
	h.decode(h.ok("activate --init "+h.name+" plan --json /root/x.hcl"), &doc)
	return doc.Units
}

func (h *host) decode(text string, v any) {
	h.Helper()
	if err := json.Unmarshal([]byte(text), v); err != nil {
		h.Fatalf("%v in %s", err, text)
	}
}

type service struct {
	Name, State, Init string
	PID               int
	Ready             bool
}

// services asks for all, by name.
func (h *host) services() map[string]service {
	h.Helper()
	var list []service
	h.decode(h.ok("activate --init "+h.name+" services --json"), &list)
	out := map[string]service{}
	for _, s := range list {
		out[s.Name] = s
	}
	return out
}

// eventually waits for a condition that shell text tells.
func (h *host) eventually(script string) {
	h.Helper()
	deadline := time.Now().Add(15 * time.Second)
	for {
		_, _, code := h.run("-ec", script)
		if code == 0 {
			return
		}
		if time.Now().After(deadline) {
			h.Fatalf("waited in vain for %q\n%s", script, h.trace())
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// order waits until the trace has as many lines, which are to be these.
func (h *host) order(lines ...string) {
	h.Helper()
	h.eventually(fmt.Sprintf("test $(wc -l < /srv/trace) -ge %d", len(lines)))
	want(h, "order", strings.Fields(h.ok("cat /srv/trace")), lines)
}

// want fails the test where a and b differ.
func want[T any](h *host, what string, got, want T) {
	h.Helper()
	if a, b := fmt.Sprint(got), fmt.Sprint(want); a != b {
		h.Errorf("%s: %s, not %s\n%s", what, a, b, h.trace())
	}
}
