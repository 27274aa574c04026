package main_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/activate-agent/activate/testvm"
)

// TestUnitsOfUsers: root switches what the configuration has for users in the
// users' own managers.
func TestUnitsOfUsers(t *testing.T) {
	t.Parallel()
	for _, suite := range suites() {
		t.Run(suite, func(t *testing.T) {
			t.Parallel()
			m := userMachine(t, suite)
			bob := newPerson(t, m, "bob", 1001)
			alice := person{t, m, "alice", 1000}
			m.WriteFile("/root/a.hcl", fmt.Sprintf(unitsOfUsers, "1", "1"))
			m.WriteFile("/root/b.hcl", fmt.Sprintf(unitsOfUsers, "2", "2"))
			testLingering(alice)
			testLogin(bob)
			testUserVerdict(alice)
			testForeignSocket(alice)
			testGone(m)
		})
	}
}

// unitsOfUsers: three services of one name.
const unitsOfUsers = `
user "alice" {
  uid         = 1000
  linger      = true
  create_home = true
  service "sync" {
    process {
      argv = ["/bin/sh", "-c", "cat /etc/activate/services/alice:sync/sync.conf > ~/said; exec sleep 100%[1]s"]
    }
    config_data "sync.conf" {
      text = sensitive("password = x\n")
    }
  }
  service "backup" {
    oneshot { start = ["/bin/true"] }
  }
  timer "backup" {
    on_calendar = "daily"
  }
}
user "bob" {
  service "sync" {
    process { argv = ["/bin/sleep", "200%[2]s"] }
  }
}
service "sync" {
  process { argv = ["/bin/sleep", "3000"] }
}
`

// planned gives the lists of units of a plan.
func (p person) planned(config string) string {
	p.Helper()
	out := p.m.Succeed("activate plan /root/" + config + ".hcl")
	var lines []string
	for line := range strings.Lines(out) {
		for _, verb := range []string{"start ", "stop ", "restart ", "reload "} {
			if rest, ok := strings.CutPrefix(strings.TrimSpace(line), verb); ok {
				lines = append(lines, verb+strings.Fields(rest)[0])
			}
		}
	}
	return strings.Join(lines, ", ")
}

func testLingering(p person) {
	p.Helper()
	if got, want := p.planned("a"), "start alice:backup.timer, start alice:sync.service, start sync.service"; got != want {
		p.Errorf("the plan is %s, want %s", got, want)
	}
	p.m.Succeed("activate switch /root/a.hcl && activate drift")
	p.m.WaitUntil(func() bool { out, _, _ := p.m.Run("cat /home/alice/said"); return out == "password = x\n" }, "the service of alice")
	p.ok(0, "systemctl --user is-active sync backup.timer")
	if got := p.m.Succeed("stat -c '%U %a' /etc/activate/users/alice/sync.service /etc/activate/services/alice:sync/sync.conf"); got != "root 644\nalice 600\n" {
		p.Errorf("the files are %s", got)
	}
	if got, want := p.planned("b"), "restart alice:sync.service"; got != want {
		p.Errorf("the plan is %s, want %s", got, want)
	}
	host := p.m.Succeed("systemctl show -P InvocationID sync")
	p.m.Succeed("activate switch /root/b.hcl && activate drift")
	p.runs("sync", "1002")
	p.ok(0, "systemctl --user stop sync")
	if got, want := p.planned("b"), "start alice:sync.service"; got != want {
		p.Errorf("the plan is %s, want %s", got, want)
	}
	p.m.Succeed("activate switch /root/b.hcl && activate drift")
	p.ok(0, "systemctl --user is-active sync")
	if p.m.Succeed("systemctl show -P InvocationID sync") != host {
		p.Errorf("the host's own service of that name was restarted")
	}
	got := p.m.Succeed("activate services | awk '{print $1, $2}'; activate stop alice:sync; activate services | grep -c inactive; activate start alice:sync; activate logs alice:sync | tail -n 1")
	if want := "NAME STATE\nalice:backup inactive\nalice:backup.timer active\nalice:sync active\nbob:sync inactive\nsync active\n3\nStarted sync.service.\n"; got != want {
		p.Errorf("root sees %q, want %q", got, want)
	}
}

// runs waits until the command line of a service of the user's has word in it: systemd
// takes a service for started once it has forked, before the program's execve(2).
func (p person) runs(service, word string) {
	p.Helper()
	p.m.WaitUntil(func() bool {
		_, _, code := p.run("grep -qa " + word + " /proc/$(systemctl --user show -P MainPID " + service + ")/cmdline")
		return code == 0
	}, service+" of "+p.name+" to run with "+word)
}

// testLogin: who is not there finds the units at the login.
func testLogin(p person) {
	p.Helper()
	p.m.Fail("systemctl is-active user@1001 || test -e /home/bob/.config")
	p.m.Succeed("systemctl start user@1001 && activate drift")
	p.runs("sync", "2002")
	if got, want := p.planned("a"), "restart alice:sync.service, restart bob:sync.service"; got != want {
		p.Errorf("the plan is %s, want %s", got, want)
	}
	p.m.Succeed("systemctl stop user@1001")
}

func testUserVerdict(p person) {
	p.Helper()
	p.m.WriteFile("/root/bad.hcl", `
imports = ["./b.hcl"]
user "alice" {
  service "bad" {
    process { argv = ["/bin/sh", "-c", "echo no luck; exit 3"] }
    restart { policy = "never" }
  }
}
`)
	_, stderr, code := p.m.Run("activate switch /root/bad.hcl")
	if code != 4 || !strings.Contains(stderr, "alice:bad.service") || !strings.Contains(stderr, "no luck") {
		p.Errorf("a failing service of a user gives %d: %s", code, stderr)
	}
	p.m.Succeed("activate rollback")
}

// testForeignSocket: a user leads root to the host's manager and gets nothing
// from it.
func testForeignSocket(p person) {
	p.Helper()
	p.m.WriteFile("/root/c.hcl", fmt.Sprintf(unitsOfUsers, "3", "3"))
	host := p.m.Succeed("systemctl show -P InvocationID sync")
	p.ok(0, "mv $XDG_RUNTIME_DIR/systemd/private $XDG_RUNTIME_DIR/systemd/mine; ln -s /run/systemd/private $XDG_RUNTIME_DIR/systemd/private")
	_, stderr, code := p.m.Run("activate switch /root/c.hcl")
	if code != 4 || !strings.Contains(stderr, "alice:sync.service") {
		p.Errorf("a manager that is not the user's gives %d: %s", code, stderr)
	}
	if p.m.Succeed("systemctl show -P InvocationID sync") != host {
		p.Errorf("the host's service was restarted for the user's")
	}
	p.ok(0, "mv $XDG_RUNTIME_DIR/systemd/mine $XDG_RUNTIME_DIR/systemd/private")
	p.m.Succeed("activate switch /root/c.hcl")
}

func testGone(m *testvm.Machine) {
	m.Succeed("activate deactivate")
	m.Fail("ls -d /etc/activate /etc/systemd/user-generators")
	m.Fail("cat /proc/[0-9]*/cmdline | tr '\\0' ' ' | grep -a '[s]leep 100'")
}
