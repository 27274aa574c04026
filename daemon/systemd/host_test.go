package systemd_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/activate-agent/activate/daemon"
)

// TestProcessSeesExactBytes starts a program with arguments and variables that
// systemd's syntax has a meaning for.
func TestProcessSeesExactBytes(t *testing.T) {
	t.Parallel()
	s := newSwitcher(t, "")
	args := []string{
		"", " ", "two words", `"`, "'", `\`, `\n`, "a\nb", "\t", "$HOME", "${HOME}", "$$", "50%", "%n", "%%", ";", "a;b",
		"#", "*", "~", "-", "@x", "\x01\x7f", "\xff\xfe", "ünï ☃", strings.Repeat("long ", 5000),
	}
	env := map[string]string{
		"EMPTY": "", "SPACE": " a  b ", "QUOTE": `"'\`, "DOLLAR": "$HOME ${x} $$", "PERCENT": "%n %% 5%", "LINES": "a\nb\n", "TAB": "\t", "UNI": "☃",
	}
	d := service("exact", oneshot("", ""), func(s *daemon.Service) {
		s.Oneshot.Start = append([]string{"/bin/sh", "-c", `printf '%s\0' "$@" > /run/exact.args; tr '\0' '\n' < /proc/self/environ > /run/exact.lines; cat /proc/self/environ > /run/exact.env`, "sh"}, args...)
		s.Environment = env
	})
	if _, out := s.to(d); len(out.Failed) > 0 {
		t.Fatal(out.Failed)
	}
	if got, want := s.m.Succeed("cat /run/exact.args"), strings.Join(args, "\x00")+"\x00"; got != want {
		t.Errorf("arguments\n%q\nwant\n%q", got, want)
	}
	seen := strings.Split(s.m.Succeed("cat /run/exact.env"), "\x00")
	for name, value := range env {
		if !slices.Contains(seen, name+"="+value) {
			t.Errorf("%s=%q is not in the environment: %q", name, value, seen)
		}
	}
	for _, fixed := range []string{"HOME=/root", "USER=root", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"} {
		if !slices.Contains(seen, fixed) {
			t.Errorf("%s is not in the environment", fixed)
		}
	}
}

// TestProgramWithDollar has a program in a path that looks like a variable.
func TestProgramWithDollar(t *testing.T) {
	t.Parallel()
	s := newSwitcher(t, "")
	s.m.Succeed(`mkdir -p '/opt/$HOME 5%' && printf '#!/bin/sh\nprintf "%%s|" "$0" "$@" > /run/dollar\n' > '/opt/$HOME 5%/run' && chmod 755 '/opt/$HOME 5%/run'`)
	d := service("dollar", oneshot("", ""), func(s *daemon.Service) { s.Oneshot.Start = []string{"/opt/$HOME 5%/run", "$x"} })
	if _, out := s.to(d); len(out.Failed) > 0 {
		t.Fatal(out.Failed)
	}
	if got := s.m.Succeed("cat /run/dollar"); got != "/opt/$HOME 5%/run|$x|" {
		t.Errorf("the program saw %q", got)
	}
}

// TestVerdict: what failed before does not count and keeps its state, what
// fails now does and shows its log.
func TestVerdict(t *testing.T) {
	t.Parallel()
	s := newSwitcher(t, "")
	s.m.Run("systemd-run --unit=theirs /bin/false")
	s.m.WaitUntil(func() bool {
		_, _, code := s.m.Run("systemctl is-failed theirs")
		return code == 0
	}, "the failure of theirs.service")

	_, out := s.to(merge(service("good"), service("bad", shell("echo no luck; exit 3"))))

	if len(out.Failed) != 1 || out.Failed[0].Unit != "t-bad.service" {
		t.Fatalf("failed: %v", out.Failed)
	}
	if !slices.Contains(out.Failed[0].Log, "no luck") {
		t.Errorf("the log is %q", out.Failed[0].Log)
	}
	if !slices.Equal(out.Started, []string{"t-good.service"}) {
		t.Errorf("started: %v", out.Started)
	}
	s.m.Succeed("systemctl is-failed theirs")

	// The next switch does not act on it: it counts no more.
	verbs, out := s.to(merge(service("good", longer), service("bad", shell("echo no luck; exit 3"))))
	if len(out.Failed) != 0 || !slices.Equal(verbs.Restart, []string{"t-good.service"}) {
		t.Errorf("second switch: %+v, failed %v", verbs, out.Failed)
	}
}

// TestDeadlineNamesTheJob: a start that takes for ever ends the wait, not the
// switch.
func TestDeadlineNamesTheJob(t *testing.T) {
	t.Parallel()
	s := newSwitcher(t, "")
	s.deadline = 500 * time.Millisecond
	_, out := s.to(merge(service("slow", oneshot("sleep 60", "")), service("quick")))
	if len(out.Failed) != 1 || out.Failed[0].Error() != "cannot start t-slow.service: its start job is not done after 500ms" {
		t.Errorf("failed: %v", out.Failed)
	}
	s.m.Succeed("systemctl is-active t-quick")
}

// TestCanceledStart: somebody stops a unit while the switch starts it.
func TestCanceledStart(t *testing.T) {
	t.Parallel()
	s := newSwitcher(t, "")
	_, out := s.to(merge(service("victim", oneshot("touch /run/begun; sleep 60", "")),
		service("culprit", oneshot("until test -e /run/begun; do sleep 0.01; done; systemctl stop t-victim", ""))))
	if len(out.Failed) != 1 || out.Failed[0].Unit != "t-victim.service" {
		t.Errorf("failed: %v", out.Failed)
	}
}

// TestReboot: what should run comes back by itself, in order, and a switch
// then finds nothing to do.
func TestReboot(t *testing.T) {
	t.Parallel()
	s := newSwitcher(t, "")
	d := merge(
		service("first", oneshot("sleep 0.3; touch /run/first", "")), service("second", oneshot("test -e /run/first", ""), needs("t-first")),
		bundle("site"), service("member", partOf("t-site")), service("idle", byHand),
		socket("door"), service("door", byHand), mount("disk"),
	)
	if _, out := s.to(d); len(out.Failed) > 0 {
		t.Fatal(out.Failed)
	}
	s.m.Reboot()
	s.connect()
	if _, changes, verbs := s.plan(d); len(changes) > 0 || !verbs.Empty() {
		t.Errorf("after the reboot a switch would do %v %+v", changes, verbs)
	}
	s.m.Succeed("systemctl is-active t-first t-second t-site.target t-member t-door.socket t-disk.mount && ! systemctl is-active t-idle t-door.service")
}

// TestKeepStopped leaves a unit down that somebody stopped.
func TestKeepStopped(t *testing.T) {
	t.Parallel()
	s := newSwitcher(t, "")
	s.to(service("kept"))
	s.m.Succeed("systemctl stop t-kept")
	s.keep = true
	if _, _, verbs := s.plan(service("kept")); !verbs.Empty() {
		t.Errorf("the plan is %+v", verbs)
	}
}

// TestNoConnectionIsLost restarts a socket-activated service under load.
func TestNoConnectionIsLost(t *testing.T) {
	t.Parallel()
	s := newSwitcher(t, "")
	s.m.WriteFile("/opt/server", `#!/usr/bin/perl
use Socket;
open(my $l, "+<&=", 3) or die;
while (accept(my $c, $l)) { my $line = <$c>; syswrite $c, "answer $line"; close $c; }
`)
	s.m.WriteFile("/opt/client", `#!/usr/bin/perl
use Socket;
my $bad = 0;
for my $i (1 .. 600) {
	socket(my $s, PF_UNIX, SOCK_STREAM, 0) or die;
	if (!connect($s, sockaddr_un("/run/t-load.sock"))) { $bad++; next }
	syswrite $s, "$i\n";
	my $line = <$s>;
	select undef, undef, undef, 0.005;
	$bad++ if ($line // "") ne "answer $i\n";
}
print "$bad\n";
`)
	s.m.Succeed("chmod 755 /opt/server /opt/client")
	// The server ends after the answer it is giving.
	load := func(nice int) daemon.Desired {
		return merge(socket("load"), service("load", byHand, argv("/usr/bin/perl", "-e", `
			$SIG{TERM} = sub { $stop = 1 };
			use Socket; use POSIX;
			POSIX::sigaction(SIGTERM, POSIX::SigAction->new(sub { $stop = 1 }));
			open(my $l, "+<&=", 3) or die;
			until ($stop) { accept(my $c, $l) or next; my $line = <$c>; syswrite $c, "answer $line"; close $c; }`),
			func(x *daemon.Service) { x.Nice = &nice }))
	}
	s.to(load(1))
	done := make(chan string)
	cmd := s.m.Command(t.Context(), "/opt/client")
	go func() {
		out, err := cmd.Output()
		done <- fmt.Sprint(string(out), err)
	}()
	s.m.WaitForUnit("t-load.service")
	for i := 2; i < 6; i++ {
		verbs, out := s.to(load(i))
		if !slices.Equal(verbs.Restart, []string{"t-load.service"}) || len(out.Failed) > 0 {
			t.Errorf("switch %d: %+v %v", i, verbs, out.Failed)
		}
	}
	if got := <-done; got != "0\n<nil>" {
		t.Errorf("the client lost connections: %s", got)
	}
}

// TestSandbox runs a program with everything it may not do.
func TestSandbox(t *testing.T) {
	t.Parallel()
	s := newSwitcher(t, "")
	strict := func(x *daemon.Service) { x.Sandbox = "strict" }
	script := `! touch /etc/x && ! touch /usr/x && test -z "$(ls -A /root)" && touch /var/lib/t-box/x /run/t-box/x && touch /tmp/x && ! unshare -r true && ! chmod u+s /tmp/x`
	if _, out := s.to(service("box", oneshot(script, ""), strict)); len(out.Failed) > 0 {
		t.Error(out.Failed)
	}
}

// TestReadiness waits for what listens late.
func TestReadiness(t *testing.T) {
	t.Parallel()
	s := newSwitcher(t, "")
	server := func(port string) func(*daemon.Service) {
		return argv("/usr/bin/perl", "-e", `use Socket; sleep 1; socket(S, PF_INET, SOCK_STREAM, 0); setsockopt(S, SOL_SOCKET, SO_REUSEADDR, 1);
			bind(S, sockaddr_in(shift, INADDR_LOOPBACK)) or die; listen(S, 5);
			while (accept(C, S)) { my $l = <C>; print C "HTTP/1.0 " . ($l =~ m{^GET /ok } ? 200 : 500) . " x\r\n\r\n"; close C }`, port)
	}
	ready := func(r daemon.Readiness) func(*daemon.Service) { return func(s *daemon.Service) { s.Readiness = &r } }
	never := func(s *daemon.Service) { s.Restart = &daemon.Restart{Policy: "never"} }
	_, out := s.to(merge(
		service("tcp", server("7001"), ready(daemon.Readiness{TCP: "127.0.0.1:7001", Timeout: "20s"})),
		service("http", server("7002"), ready(daemon.Readiness{HTTP: "http://127.0.0.1:7002/ok", Timeout: "20s"})),
		service("ill", server("7003"), never, ready(daemon.Readiness{HTTP: "http://127.0.0.1:7003/ill", Timeout: "2s"})),
	))
	if len(out.Failed) != 1 || out.Failed[0].Unit != "t-ill.service" {
		t.Errorf("failed: %v", out.Failed)
	}
}
