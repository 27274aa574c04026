package main_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/activate-agent/activate/testvm"
)

// hello is a derivation that needs nothing but a shell and tells who built it.
const hello = `derivation {
  name = "hello";
  system = builtins.currentSystem;
  builder = "/bin/sh";
  args = [ "-c" "echo built by $(id -u) > $out" ];
  PATH = "/usr/bin:/bin";
}
`

// nixMachine boots a Debian with Nix installed and nothing set up, and gives
// it the program and the examples.
func nixMachine(t *testing.T, c testvm.Config) *testvm.Machine {
	t.Helper()
	m := testvm.Start(t, c)
	m.CopyTo(binary, "/usr/local/bin/activate")
	m.CopyTo("../../examples", "/root/examples")
	m.Succeed("useradd --create-home alice")
	m.WriteFile("/home/alice/hello.nix", hello)
	return m
}

// builds has an ordinary user build through the daemon and gives who did it.
func builds(t *testing.T, m *testvm.Machine) string {
	t.Helper()
	out := strings.TrimSpace(m.Succeed("runuser -l alice -c 'nix-build --no-out-link hello.nix' 2>/dev/null"))
	return strings.TrimSpace(m.Succeed("cat " + out))
}

func daemonPID(m *testvm.Machine) string {
	return strings.TrimSpace(m.Succeed("systemctl show -P MainPID nix-daemon.service"))
}

// TestNix is the main job, told as its users see it.
func TestNix(t *testing.T) {
	t.Parallel()
	for _, suite := range suites() {
		t.Run(suite, func(t *testing.T) {
			t.Parallel()
			nixStory(t, nixMachine(t, testvm.Config{Suite: suite, Packages: []string{"strace"}}))
		})
	}
}

// TestNixVirtual is the part of it in which the kernel matters, on whole
// machines with the suites' own.
func TestNixVirtual(t *testing.T) {
	t.Parallel()
	lean, err := os.ReadFile("testdata/powercut/lean.sh")
	must(t, err)
	for _, suite := range suites() {
		t.Run(suite, func(t *testing.T) {
			t.Parallel()
			m := nixMachine(t, testvm.Config{Suite: suite, Virtual: true, Prepare: string(lean)})
			nixSwitch(t, m)
			nixReboot(m)
			nixDeactivate(m)
		})
	}
}

func nixStory(t *testing.T, m *testvm.Machine) {
	t.Helper()
	nixSwitch(t, m)
	t.Run("again", func(t *testing.T) { secondSwitch(t, m) })
	t.Run("one setting", func(t *testing.T) { oneSetting(t, m) })
	t.Run("reboot", func(*testing.T) { nixReboot(m) })
	t.Run("deactivate", func(*testing.T) { nixDeactivate(m) })
}

// nixSwitch brings a Debian to a Nix that an ordinary user builds with.
func nixSwitch(t *testing.T, m *testvm.Machine) {
	t.Helper()
	plan := m.Succeed("activate plan /root/examples/nix.hcl")
	for _, want := range []string{"+ group/nixbld", "+ user/nixbld1", "+ etc/nix/nix.conf", "+max-jobs = 2", "start nix-daemon.socket"} {
		if !strings.Contains(plan, want) {
			t.Errorf("the plan does not say %q:\n%s", want, plan)
		}
	}
	m.Fail("test -e /var/lib/activate || getent group nixbld")

	m.Succeed("activate switch /root/examples/nix.hcl")
	m.WaitForUnit("nix-daemon.socket")
	if got := m.Succeed("getent group nixbld; getent passwd nixbld10"); !strings.Contains(got, "nixbld:x:30000:nixbld1,") ||
		!strings.Contains(got, "nixbld10:x:30010:30000:Nix build user 10:/var/empty:/usr/sbin/nologin") {
		t.Errorf("accounts: %s", got)
	}
	if got := m.Succeed("stat -c '%a %U %G' /nix/store /nix/var/nix/daemon-socket"); got != "1775 root nixbld\n755 root root\n" {
		t.Errorf("directories: %s", got)
	}
	if got := builds(t, m); !strings.HasPrefix(got, "built by 300") {
		t.Errorf("the build says %q, want a uid of a build user", got)
	}
	m.Fail("touch /nix/store/x")
}

func nixReboot(m *testvm.Machine) {
	m.Reboot()
	m.WaitForUnit("nix-daemon.socket")
	m.Succeed("nix-store --verify")
	m.Succeed("activate drift")
}

func nixDeactivate(m *testvm.Machine) {
	m.Succeed("activate deactivate")
	m.Fail("getent group nixbld")
	m.Fail("test -e /etc/nix || test -e /etc/static || test -e /var/lib/activate")
	m.Fail("systemctl cat nix-daemon.socket")
	m.Fail("test -e /etc/systemd/system/activate-boot.service")
}

// mutating is every system call that can change a file system.
const mutating = "open,openat,openat2,creat,rename,renameat,renameat2,unlink,unlinkat,rmdir,link,linkat,symlink,symlinkat," +
	"mkdir,mkdirat,mknod,mknodat,chmod,fchmod,fchmodat,chown,fchown,lchown,fchownat,truncate,ftruncate,utimensat,setxattr,fsetxattr,mount,umount2"

// changing gives the calls of a trace that write, but for the run lock.
func changing(trace string) []string {
	opens := regexp.MustCompile(`^\d+ +open\w*\(`)
	writing := regexp.MustCompile(`O_WRONLY|O_RDWR|O_CREAT|O_TRUNC`)
	var out []string
	for line := range strings.Lines(trace) {
		line = strings.TrimSpace(line)
		switch {
		case opens.MatchString(line) && !writing.MatchString(line):
		case strings.Contains(line, `"lock"`), strings.Contains(line, `"/dev/`):
		case regexp.MustCompile(`ftruncate\(\d+, 0\)|^\d+ +[+-]{3}|resumed>`).MatchString(line):
			// The lock's holder, a thread's end, the second half of a call.
		default:
			out = append(out, line)
		}
	}
	return out
}

// secondSwitch changes nothing: nothing is opened for writing, nothing
// restarts.
func secondSwitch(t *testing.T, m *testvm.Machine) {
	pid := daemonPID(m)
	m.Succeed("strace -f -o /tmp/trace -e trace=" + mutating + " activate switch /root/examples/nix.hcl")
	writes := changing(m.Succeed("cat /tmp/trace"))
	if len(writes) > 0 {
		t.Errorf("a switch with nothing to do wrote:\n%s", strings.Join(writes, "\n"))
	}
	if got := m.Succeed("activate generations --json | grep -c number"); strings.TrimSpace(got) != "1" {
		t.Errorf("%s generations", got)
	}
	if now := daemonPID(m); now != pid || pid == "0" {
		t.Errorf("the daemon's pid went from %s to %s", pid, now)
	}
}

// oneSetting rewrites nix.conf and restarts the daemon alone; rollback takes
// it back.
func oneSetting(t *testing.T, m *testvm.Machine) {
	pid := daemonPID(m)
	socket := m.Succeed("systemctl show -P InvocationID nix-daemon.socket")
	out := m.Succeed("activate switch --set nix.max_jobs=4 /root/examples/nix.hcl 2>&1")
	if !strings.Contains(out, "-max-jobs = 2") || !strings.Contains(out, "+max-jobs = 4") {
		t.Errorf("no content diff in %s", out)
	}
	if !strings.Contains(out, "restart nix-daemon.service") || !strings.Contains(out, "generation 2: 0 added, ") {
		t.Errorf("switch says %s", out)
	}
	if now := daemonPID(m); now == pid || now == "0" {
		t.Errorf("the daemon's pid went from %s to %s", pid, now)
	}
	if now := m.Succeed("systemctl show -P InvocationID nix-daemon.socket"); now != socket {
		t.Error("the socket was restarted")
	}
	pid = daemonPID(m)
	m.Succeed("activate rollback")
	if got := m.Succeed("grep max-jobs /etc/nix/nix.conf"); got != "max-jobs = 2\n" {
		t.Errorf("after the rollback: %s", got)
	}
	if now := daemonPID(m); now == pid || now == "0" {
		t.Errorf("the daemon's pid went from %s to %s", pid, now)
	}
	if got := builds(t, m); !strings.HasPrefix(got, "built by 300") {
		t.Errorf("the build says %q", got)
	}
}

// TestNixAdopts: a distribution's own build users keep their ids, a taken id
// is told with a way out, and ids = "auto" takes it.
func TestNixAdopts(t *testing.T) {
	t.Parallel()
	m := nixMachine(t, testvm.Config{})
	m.Succeed("groupadd -r -g 900 nixbld; for i in 1 2; do useradd -r -u 90$i -g nixbld -G nixbld -d /var/empty -s /usr/sbin/nologin nixbld$i; done")
	before := m.Succeed("getent group nixbld; getent passwd nixbld1 nixbld2")
	m.Succeed("activate switch /root/examples/nix.hcl")
	got := m.Succeed("getent group nixbld; getent passwd nixbld1 nixbld3")
	for _, want := range []string{"nixbld:x:900:nixbld1,nixbld2,nixbld", "nixbld1:x:901:900:", "nixbld3:x:30003:900:"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in %s", want, got)
		}
	}
	if got := builds(t, m); !strings.HasPrefix(got, "built by 90") && !strings.HasPrefix(got, "built by 300") {
		t.Errorf("the build says %q", got)
	}
	m.Succeed("activate deactivate")
	if got := m.Succeed("getent group nixbld; getent passwd nixbld1 nixbld2"); got != before {
		t.Errorf("after deactivate %s, before %s", got, before)
	}

	m.Succeed("userdel nixbld1; userdel nixbld2; groupdel nixbld; useradd -u 30001 taken")
	stderr := m.Fail("activate switch /root/examples/nix.hcl")
	if !strings.Contains(stderr, "uid 30001 is taken's") || !strings.Contains(stderr, "are free") {
		t.Errorf("a taken id is told as %s", stderr)
	}
	m.Succeed("activate switch --set nix.ids=auto /root/examples/nix.hcl")
	if got := builds(t, m); !strings.HasPrefix(got, "built by 9") {
		t.Errorf("the build says %q", got)
	}
}
