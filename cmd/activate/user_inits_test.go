package main_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/activate-agent/activate/testvm"
)

// ownInit is an init that an ordinary user runs.
type ownInit struct {
	name string
	// start is shell text that starts it, run in the home.
	start string
	// native is shell text by which its own tools agree that web runs.
	native string
	// gone are globs that match nothing once all is deactivated.
	gone string
}

func ownInits() []ownInit {
	return []ownInit{
		{
			name:   "s6",
			start:  `mkdir scan; setsid s6-svscan scan >s6.log 2>&1 </dev/null & until test -p scan/.s6-svscan/control; do sleep 0.05; done`,
			native: `s6-svwait -U -t 5000 ~/scan/web`, gone: "scan/*",
		},
		{
			name:   "runit",
			start:  `mkdir sv; setsid runsvdir -P ~/sv >runit.log 2>&1 </dev/null & until pgrep -x -u $(id -u) runsvdir >/dev/null; do sleep 0.05; done`,
			native: `sv check ~/sv/web`, gone: "sv/* .config/activate/sv",
		},
		{
			name: "supervisord",
			start: `mkdir conf.d; printf '%s\n' '[unix_http_server]' "file=$HOME/sock" '[supervisord]' "logfile=$HOME/sd.log" "pidfile=$HOME/sd.pid" \
				'[rpcinterface:supervisor]' 'supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface' \
				'[supervisorctl]' "serverurl=unix://$HOME/sock" '[include]' 'files = conf.d/*.conf' > sd.conf
				supervisord -c sd.conf; until supervisorctl -c sd.conf pid >/dev/null; do sleep 0.05; done`,
			native: `supervisorctl -c ~/sd.conf status web | grep RUNNING`, gone: "conf.d/*",
		},
		{name: "sysvinit", start: "true", native: `~/.config/activate/init.d/web status`, gone: ".config/activate/init.d"},
	}
}

const servicesOfAUser = `
service "db" {
  process { argv = ["/bin/sleep", "infinity"] }
  readiness { exec = ["/bin/true"] }
}
service "web" {
  process {
    argv = ["/bin/sh", "-c", "echo $HOME $(id -un) up; exec sleep %[1]s"]
  }
  user       = "root"
  depends_on = ["db"]
  config_data "web.conf" {
    text = "port = %[1]s\n"
  }
}
service "once" {
  oneshot {
    start = ["/bin/touch", "${dirs.state}/once"]
  }
}
`

// TestUserInits: two ordinary users at once have services on inits that they
// run themselves.
func TestUserInits(t *testing.T) {
	t.Parallel()
	for _, init := range ownInits() {
		t.Run(init.name, func(t *testing.T) {
			t.Parallel()
			m := testvm.Start(t, testvm.Config{Packages: []string{"s6", "execline", "runit", "supervisor", "insserv", "openrc", "finit", "procps"}})
			m.CopyTo(binary, "/usr/local/bin/activate")
			m.Succeed("systemctl mask --now runit.service supervisor.service 2>/dev/null || true")
			alice, bob := newPerson(t, m, "alice", 1000), newPerson(t, m, "bob", 1001)
			// A login without logind has no runtime directory.
			m.Succeed("mkdir -p /run/user/1001 && chown bob: /run/user/1001 && touch /root/before")
			for _, p := range []person{alice, bob} {
				p.write("a.hcl", fmt.Sprintf(servicesOfAUser, fmt.Sprint(p.uid, "0")))
				p.write("b.hcl", fmt.Sprintf(servicesOfAUser, fmt.Sprint(p.uid, "1")))
				p.ok(0, init.start)
				p.ownSwitch(init)
			}
			pids := bob.services(init)
			alice.changes(init)
			if now := bob.services(init); now != pids {
				t.Errorf("what alice did changed bob's services from %s to %s", pids, now)
			}
			alice.returns(init)
			alice.leaves(init)
			bob.ok(0, bob.activate(init, "drift"))
			m.Fail("find / -xdev -newer /root/before \\( -user alice -o -user bob \\) -not -path '/home/*' -not -path '/proc/*' -not -path '/run/user/*' | grep .")
		})
	}
}

// activate is a command line for the init; only scripts, which nobody runs,
// have to be asked for.
func (p person) activate(init ownInit, verb string) string {
	env := ""
	if p.name == "alice" {
		env = "env -u XDG_RUNTIME_DIR "
	}
	if init.name == "sysvinit" {
		return env + "activate --user --init sysvinit " + verb
	}
	return env + "activate --user " + verb
}

// services gives names, states and process ids.
func (p person) services(init ownInit) string {
	p.Helper()
	out, _ := p.ok(0, p.activate(init, "services")+" | awk '{print $1, $2, $3, $NF}' | sort")
	return out
}

func (p person) ownSwitch(init ownInit) {
	p.Helper()
	p.ok(0, p.activate(init, "switch a.hcl"))
	p.ok(0, p.activate(init, "drift")+" && "+init.native+" && test -e ~/.local/state/once")
	if out := p.services(init); !strings.Contains(out, "db active") || !strings.Contains(out, "web active") || !strings.Contains(out, init.name) {
		p.Errorf("the services are %s", out)
	}
	p.ok(0, fmt.Sprintf("pgrep -u %d -x -f 'sleep %d0'", p.uid, p.uid))
	p.m.WaitUntil(func() bool {
		out, _, _ := p.run(p.activate(init, "logs web"))
		return strings.Contains(out, fmt.Sprintf("/home/%[1]s %[1]s up", p.name))
	}, "the log of web")
}

func (p person) changes(init ownInit) {
	p.Helper()
	if _, stderr := p.ok(0, p.activate(init, "switch b.hcl")); !strings.Contains(stderr, "units: 1 restarted") {
		p.Errorf("a changed command says %s", stderr)
	}
	p.ok(0, fmt.Sprintf("pgrep -u %[1]d -x -f 'sleep %[1]d1' && ! pgrep -u %[1]d -x -f 'sleep %[1]d0'", p.uid))
	p.ok(0, p.activate(init, "stop db")+" && ! pgrep -x -u "+p.name+" sleep")
	p.ok(2, p.activate(init, "drift"))
	p.ok(0, p.activate(init, "start web")+" && "+init.native)
	p.ok(0, p.activate(init, "rollback")+" && "+p.activate(init, "drift"))
}

// returns: everything of the user's is killed, as at the end of a session, and
// comes back with a login.
func (p person) returns(init ownInit) {
	p.Helper()
	p.m.Succeed("pkill -KILL -u alice; while pgrep -u alice; do :; done")
	if init.name != "sysvinit" {
		p.ok(1, p.activate(init, "services"))
	}
	p.ok(0, "unset XDG_RUNTIME_DIR; . ~/.config/activate/login.sh >login.log 2>&1 </dev/null")
	p.m.WaitUntil(func() bool {
		out, _, _ := p.run(p.activate(init, "services"))
		return strings.Contains(out, "db active") || strings.Contains(strings.Join(strings.Fields(out), " "), "web active")
	}, "the services after a login")
	p.m.WaitUntil(func() bool { _, _, code := p.run(p.activate(init, "drift")); return code == 0 }, "no drift after a login")
	if _, stderr := p.ok(1, "XDG_RUNTIME_DIR=/nowhere activate --user --init "+init.name+" start web"); !strings.Contains(stderr, "cannot use XDG_RUNTIME_DIR") {
		p.Errorf("with a runtime directory that is not there it says %s", stderr)
	}
	p.ok(0, "unset XDG_RUNTIME_DIR; "+init.native+" && . ~/.config/activate/login.sh && "+init.native)
}

func (p person) leaves(init ownInit) {
	p.Helper()
	p.ok(0, p.activate(init, "deactivate"))
	p.ok(1, "pgrep -x -u "+p.name+" sleep; ls -d "+init.gone+" .config .local/state/activate 2>/dev/null | grep .")
}
