package main_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/activate-agent/activate/testvm"
)

// suites are the Debian releases with another systemd and Nix each: 252 and
// 2.8, and with ACTIVATE_ALL_SUITES set 257 and 2.26 too.
func suites() []string {
	if os.Getenv("ACTIVATE_ALL_SUITES") != "" {
		return []string{"bookworm", "trixie"}
	}
	return []string{"bookworm"}
}

// person is an ordinary user of a machine.
type person struct {
	*testing.T
	m    *testvm.Machine
	name string
	uid  int
}

// newPerson makes an account with a home.
func newPerson(t *testing.T, m *testvm.Machine, name string, uid int) person {
	t.Helper()
	m.Succeed(fmt.Sprintf("useradd --create-home --uid %d %s", uid, name))
	return person{t, m, name, uid}
}

// as is the beginning of a command line by which root runs the rest as the
// user, in the environment of a login.
func (p person) as() string {
	return fmt.Sprintf("cd /home/%[1]s; exec setpriv --reuid %[2]d --regid %[2]d --init-groups env -i PATH=/usr/local/bin:/usr/bin:/bin HOME=/home/%[1]s USER=%[1]s XDG_RUNTIME_DIR=/run/user/%[2]d ",
		p.name, p.uid)
}

// run runs shell text as the user.
func (p person) run(script string) (stdout, stderr string, code int) {
	p.Helper()
	return p.m.Run(p.as() + "sh -c '" + strings.ReplaceAll(script, "'", `'\''`) + "'")
}

// ok runs shell text that is to end with that code.
func (p person) ok(code int, script string) (stdout, stderr string) {
	p.Helper()
	stdout, stderr, got := p.run(script)
	if got != code {
		p.Fatalf("%s: %q ended with %d, not %d\n%s%s", p.name, script, got, code, stdout, stderr)
	}
	return stdout, stderr
}

// write makes a file of the user's.
func (p person) write(name, text string) {
	p.Helper()
	p.m.WriteFile("/home/"+p.name+"/"+name, text)
}

// property asks the user's own systemd about web.
func (p person) property(name string) string {
	p.Helper()
	out, _ := p.ok(0, "systemctl --user show --value -p "+name+" web")
	return strings.TrimSpace(out)
}

func userMachine(t *testing.T, suite string) *testvm.Machine {
	t.Helper()
	m := testvm.Start(t, testvm.Config{Suite: suite, Packages: []string{"libpam-systemd"}})
	m.CopyTo(binary, "/usr/local/bin/activate")
	return m
}

// TestUser drives two ordinary users' own systemd.
func TestUser(t *testing.T) {
	t.Parallel()
	for _, suite := range suites() {
		t.Run(suite, func(t *testing.T) {
			t.Parallel()
			m := userMachine(t, suite)
			alice, bob := newPerson(t, m, "alice", 1000), newPerson(t, m, "bob", 1001)
			testWithoutManager(alice)
			// What loginctl enable-linger makes; without polkit that one fails on Debian 13.
			m.Succeed("touch /root/before; mkdir -p /var/lib/systemd/linger; touch /var/lib/systemd/linger/alice; systemctl start user@1000 user@1001")
			testOwnSwitch(alice)
			testTwoUsers(alice, bob)
			testUnitsOfAUser(alice)
			testInterruptedUser(alice)
			testUserTrial(alice)
			testUserReboot(alice)
			testLeaveNothing(alice)
		})
	}
}

const webOfAUser = `
service "web" {
  process {
    argv = ["/bin/sh", "-c", "echo $HOME $USER $(id -u) > ${dirs.state}/said; exec sleep %s"]
  }
  user = "root"
}
file "notes" {
  path = "${dirs.state}/notes"
  text = "%[1]s\n"
}
`

// testWithoutManager: nobody is there for units, which is said before
// anything is done.
func testWithoutManager(p person) {
	p.Helper()
	p.write("a.hcl", fmt.Sprintf(webOfAUser, "1000"))
	out, _, _ := p.m.Run("ls /run/user/1000")
	if out != "" {
		p.Fatalf("there is a runtime directory already: %s", out)
	}
	_, stderr := p.ok(1, "unset XDG_RUNTIME_DIR; activate switch --user a.hcl")
	if !strings.Contains(stderr, "cannot hand units to systemd --user: it does not run for alice") || !strings.Contains(stderr, "enable-linger alice") {
		p.Errorf("without a manager it says %s", stderr)
	}
	_, stderr = p.ok(1, "activate switch --user a.hcl")
	if !strings.Contains(stderr, "cannot use XDG_RUNTIME_DIR: stat /run/user/1000") {
		p.Errorf("without a runtime directory it says %s", stderr)
	}
	p.m.Fail("ls /home/alice/.config /home/alice/.local/state/notes")
}

func testOwnSwitch(p person) {
	p.Helper()
	p.ok(0, "activate switch --user a.hcl")
	said, _ := p.ok(0, "cat ~/.local/state/said ~/.local/state/notes")
	if said != "/home/alice alice 1000\n1000\n" {
		p.Errorf("the service and the file say %q", said)
	}
	if from := p.property("FragmentPath"); from != "/home/alice/.config/systemd/user/web.service" {
		p.Errorf("the unit is %s", from)
	}
	pid := p.property("MainPID")
	if _, stderr := p.ok(0, "activate switch --user a.hcl"); !strings.Contains(stderr, "0 added, 0 changed") {
		p.Errorf("a second switch says %s", stderr)
	}
	p.write("b.hcl", fmt.Sprintf(webOfAUser, "2000"))
	if _, stderr := p.ok(0, "activate test --user b.hcl"); !strings.Contains(stderr, "units: 1 restarted") {
		p.Errorf("a changed command says %s", stderr)
	}
	if p.property("MainPID") == pid {
		p.Errorf("the service was not restarted")
	}
	p.ok(0, "activate rollback --user; test $(cat ~/.local/state/notes) = 1000; activate drift --user; activate stop --user web")
	p.ok(2, "activate drift --user")
	p.ok(0, "activate start --user web; activate drift --user; activate services --user | grep -E 'web +active'; activate logs --user web")
}

// testTwoUsers: what one does, the other does not notice.
func testTwoUsers(a, b person) {
	a.Helper()
	before := a.property("InvocationID")
	b.write("a.hcl", fmt.Sprintf(webOfAUser, "3000"))
	b.ok(0, "unset XDG_RUNTIME_DIR; activate switch --user a.hcl; activate drift --user")
	if b.property("MainPID") == a.property("MainPID") {
		a.Errorf("two users have one service")
	}
	b.ok(0, "activate deactivate --user")
	if got := a.property("InvocationID"); got != before {
		a.Errorf("another user's deactivate restarted the service")
	}
	a.ok(0, "activate drift --user")
	a.m.Fail("find / -xdev -newer /root/before \\( -user alice -o -user bob \\) -not -path '/home/*' -not -path '/var/log/*' -not -path '/proc/*' | grep .")
}

// testUnitsOfAUser: verdicts are as the host's.
func testUnitsOfAUser(p person) {
	p.Helper()
	p.write("bad.hcl", `
service "bad" {
  process { argv = ["/bin/false"] }
  restart { policy = "never" }
}
service "tight" {
  process { argv = ["/bin/sleep", "infinity"] }
  sandbox = "strict"
  readiness {
    exec = ["/bin/true"]
  }
}
timer "tick" {
  on_active = "1h"
  service   = "bell"
}
service "bell" {
  oneshot { start = ["/bin/true"] }
}
`)
	if _, stderr := p.ok(4, "activate switch --user bad.hcl"); !strings.Contains(stderr, "bad.service") {
		p.Errorf("a failing service says %s", stderr)
	}
	p.ok(0, "systemctl --user is-active tight.service tick.timer; systemctl --user is-enabled tight tick.timer")
	p.ok(0, "activate rollback --user 1; systemctl --user is-active web")
}

// testInterruptedUser: the next run ends what was interrupted.
func testInterruptedUser(p person) {
	p.Helper()
	p.write("cut.hcl", fmt.Sprintf(webOfAUser, "4000")+`
snippet "cut" {
  after  = ["files"]
  script = "test -e ~/cut || { touch ~/cut; kill -9 $PPID; }"
}
`)
	p.ok(137, "activate switch --user cut.hcl; exit $?")
	p.ok(0, "test -e ~/.local/state/activate/journal/transaction.json; activate switch --user cut.hcl; activate drift --user; grep 4000 ~/.local/state/notes")
	p.ok(0, "activate switch --user a.hcl")
}

// testUserTrial: the user's own timer reverts what nobody confirms.
func testUserTrial(p person) {
	p.Helper()
	p.ok(0, "activate switch --user --confirm 1s b.hcl >/dev/null 2>&1 & until grep -q 2000 ~/.local/state/notes && test ! -e ~/.local/state/activate/journal/transaction.json; do :; done; kill -9 $!; true")
	p.m.WaitUntil(func() bool {
		_, _, code := p.run("test ! -e ~/.local/state/activate/pending.json && grep 1000 ~/.local/state/notes")
		return code == 0
	}, "the user's timer to revert")
}

// testUserReboot: with linger all is back after a boot, what is kept in the
// runtime directory too.
func testUserReboot(p person) {
	p.Helper()
	p.write("run.hcl", fmt.Sprintf(webOfAUser, "1000")+`
file "run" {
  path = "${dirs.runtime}/app/run"
  text = "gone at boot\n"
}
`)
	p.ok(0, "activate switch --user run.hcl")
	p.m.Reboot()
	p.m.WaitUntil(func() bool {
		_, _, code := p.run("systemctl --user is-active default.target")
		return code == 0
	}, "the manager of alice")
	p.ok(0, "systemctl --user is-active web; activate drift --user; cat $XDG_RUNTIME_DIR/app/run; systemctl --user is-active activate-boot")
}

func testLeaveNothing(p person) {
	p.Helper()
	p.ok(0, "activate deactivate --user")
	if left := p.m.Succeed("find /home/alice/.config /home/alice/.local /run/user/1000/activate /run/user/1000/app -not -name said 2>/dev/null || true"); left != "/home/alice/.local\n/home/alice/.local/state\n" {
		p.Errorf("this is left: %s", left)
	}
	p.m.Fail("systemctl --machine alice@.host --user is-active web || pgrep -u alice sleep")
}
