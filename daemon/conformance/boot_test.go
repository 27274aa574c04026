package conformance_test

import (
	"strings"
	"testing"

	"github.com/activate-agent/activate/testvm"
)

// bootRigs are the inits as process 1 of machines of their own.
func bootRigs() map[string]testvm.Init {
	return map[string]testvm.Init{
		"sysvinit": {
			Packages: []string{"sysvinit-core", "insserv", "startpar", "procps"},
			Comm:     "init", Up: `test "$(runlevel)" = "N 2"`, Off: "poweroff",
		},
		"openrc": {
			Packages: []string{"sysvinit-core", "openrc", "procps"},
			Comm:     "init", Up: `test "$(runlevel)" = "N 2" && test -e /run/openrc/softlevel`, Off: "poweroff",
		},
		"runit": {
			Packages: []string{"runit-init", "procps"},
			Comm:     "runit", Up: "pgrep -x runsvdir", Off: "poweroff",
		},
		"finit": {
			Packages: []string{"finit-sysv", "procps"},
			// Its shutdown leaves the disk read-only, and no fstab has it undone.
			Argv: []string{"/bin/sh", "-c", "mount -o remount,rw / && exec /sbin/init"},
			Comm: "init", Up: `/lib/finit/initctl runlevel | grep -qx "N 2"`, Off: "poweroff",
		},
		"s6": {
			Packages: []string{"s6", "execline", "procps"},
			Argv:     []string{"/bin/sh", "-c", "mkdir -p /etc/s6/scan && exec s6-svscan /etc/s6/scan"},
			Comm:     "s6-svscan", Up: "test -p /etc/s6/scan/.s6-svscan/control", Off: "s6-svscanctl -t /etc/s6/scan",
		},
		"supervisord": {
			Packages: []string{"supervisor", "procps"},
			Argv:     []string{"/usr/bin/supervisord", "-n", "-c", "/etc/supervisor/supervisord.conf"},
			Comm:     "supervisord", Up: "supervisorctl pid", Off: "supervisorctl shutdown",
		},
	}
}

// bootConfig is a database that is ready a while after its start, what needs
// it, and what every boot has to make first.
const bootConfig = `
file "/run/early" { text = "made" }
snippet "early" {
  at_boot = true
  script  = "sleep 0.5; echo at-boot >> /srv/trace"
}
service "db" {
  process {
    argv = ["/bin/sh", "-c", <<-EOT
    echo db-start $(cat /run/early) >> /srv/trace
    trap 'echo db-stop >> /srv/trace; exit 0' TERM
    sleep 0.3; echo db-ready >> /srv/trace; touch /run/db-ready
    while :; do sleep 0.05; done
    EOT
    ]
  }
  readiness { exec = ["test", "-e", "/run/db-ready"] }
}
service "web" {
  process {
    argv = ["/bin/sh", "-c", <<-EOT
    echo web-start >> /srv/trace; touch /run/web-ready
    trap 'echo web-stop >> /srv/trace; exit 0' TERM
    while :; do sleep 0.05; done
    EOT
    ]
  }
  readiness { exec = ["test", "-e", "/run/web-ready"] }
  depends_on = ["db"]
}
`

// bootMore is a service of the generation that comes with a boot only.
const bootMore = `
service "more" {
  process { argv = ["/bin/sh", "-c", "echo more-start >> /srv/trace; exec sleep infinity"] }
  depends_on = ["web"]
}
`

// listing says what is in /etc but for what the host's own boot writes there.
const listing = "(find /etc -type f ! -name adjtime ! -name mtab | sort | xargs md5sum; find /etc -type l -printf '%p %l\\n' | sort)"

// TestReboot: after a reboot the services are there again, in order and after
// what the boot generation does first, without the configuration; those of a
// generation that was recorded for the boot, too.
func TestReboot(t *testing.T) {
	t.Parallel()
	program := build(t)
	for name, init := range bootRigs() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := &host{T: t, rig: rig{name: name}, m: testvm.Start(t, testvm.Config{Init: &init})}
			h.m.CopyTo(program, "/usr/local/bin/activate")
			h.ok(listing + " > /root/before")
			h.m.WriteFile("/root/x.hcl", bootConfig)
			h.ok("activate switch /root/x.hcl")
			want(h, "order", h.ok("cat /srv/trace"), "at-boot\ndb-start made\ndb-ready\nweb-start\n")

			h.m.WriteFile("/root/x.hcl", bootConfig+bootMore)
			h.ok("activate boot /root/x.hcl; rm /root/x.hcl")
			const boot = "at-boot\ndb-start made\ndb-ready\nweb-start\nmore-start\n"
			h.reboot(boot)
			h.reboot(boot)
			h.fallsBack()

			h.leaves()
			want(h, "what is left", firstOf(h.sh(listing+" | diff /root/before -")), "")
		})
	}
}

// reboot starts the machine again and waits for what the boot has to bring.
func (h *host) reboot(trace string) {
	h.Helper()
	// A /var/log may be new at each boot.
	h.ok("rm -r /srv/trace /var/log/activate")
	h.watchBoot()
	h.m.Reboot()
	h.eventually("grep -q more-start /srv/trace && ! test -e /run/activate/booting")
	want(h, "at-boot", h.ok("cat /srv/at-boot"), "exit 0\n")
	want(h, "order", h.ok("cat /srv/trace"), "web-stop\ndb-stop\n"+trace)
	h.ok("activate drift")
	for name, s := range h.services() {
		want(h, name+" is up", s.State == "active" && s.Ready, true)
	}
}

// watchBoot has the next boot keep what its entry says of what goes wrong, and
// how it ends.
func (h *host) watchBoot() {
	h.Helper()
	h.m.WriteFile("/usr/local/bin/watch-boot", `#!/bin/sh
/usr/local/bin/activate "$@" 2> /tmp/at-boot
code=$?
{ grep -E 'failed:|error:' /tmp/at-boot; echo exit $code; } > /srv/at-boot
exit $code
`)
	h.ok("chmod 755 /usr/local/bin/watch-boot; rm -f /srv/at-boot; grep -rl 'bin/activate at-boot' /etc | xargs sed -i 's,bin/activate at-boot,bin/watch-boot at-boot,'")
}

// noneOf is a command that succeeds when not one of the paths is there: `! ls`
// does so as soon as one of them is gone.
func noneOf(paths string) string { return `test -z "$(ls -d ` + paths + ` 2>/dev/null)"` }

// leaves: a deactivate that is killed once it has begun is ended by the next
// boot, whole.
func (h *host) leaves() {
	h.Helper()
	h.ok(`activate deactivate & pid=$!
		until test -s /var/lib/activate/journal/transaction.json; do :; done
		kill -9 $pid && ! wait $pid && test -s /var/lib/activate/journal/transaction.json`)
	h.m.Reboot()
	if h.name == "s6" {
		// It holds the boot entry while that runs.
		h.eventually(noneOf("/var/lib/activate/current /etc/activate /run/activate/booting") + " && activate deactivate")
	}
	h.eventually(noneOf("/var/lib/activate /run/activate"))
}

// onlyLive comes up on a live host, and never at boot.
const onlyLive = `
activation { boot_attempts = 2 }
etc "only" { text = "live" }
service "live" {
  oneshot { start = ["/bin/rm", "/srv/live"] }
}
`

// fallsBack: a generation whose service does not come up is told after each
// boot, and after two of them the one before is back.
func (h *host) fallsBack() {
	h.Helper()
	h.eventually("grep -q '\"good\":2' /var/lib/activate/boots.json")
	h.m.WriteFile("/root/bad.hcl", onlyLive)
	h.ok("touch /srv/live && activate switch /root/bad.hcl && rm /root/bad.hcl")
	for _, attempt := range []string{"once", "2 times"} {
		h.m.Reboot()
		h.eventually("activate drift | grep -qF 'generation 3 failed to boot " + attempt + ": units failed: live.service'")
	}
	h.m.Reboot()
	h.eventually("activate drift && grep -q more-start /srv/trace")
	out := h.ok("activate drift; activate generations; " + noneOf("/etc/only /etc/activate/services/live.service"))
	for _, want := range []string{"generation 3 failed to boot 2 times (units failed: live.service", "; generation 2 was brought back\n"} {
		if !strings.Contains(out, want) {
			h.Errorf("%q is not in:\n%s", want, out)
		}
	}
	h.eventually("! test -e /run/activate/booting")
	h.ok("activate drift; test $(readlink /var/lib/activate/current) = generations/2")
	for name, s := range h.services() {
		want(h, name+" is up after falling back", s.State == "active" && s.Ready, true)
	}
}
