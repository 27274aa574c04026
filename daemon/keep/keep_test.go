package keep_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/activate-agent/activate/daemon"
	"github.com/activate-agent/activate/daemon/keep"
)

// TestMain makes the test's own program a keeper when it is run as one.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "keep" {
		os.Exit(keeper(os.Args[2:]))
	}
	os.Exit(m.Run())
}

func keeper(args []string) int {
	if args[0] == "exec" {
		_ = keep.Exec(os.Stdin)
		return 126
	}
	// run --specs S --run R --log L [--after-boot] NAME
	o := keep.Options{Dirs: keep.Dirs{Specs: args[2], Run: args[4]}, Log: args[6], AfterBoot: slices.Contains(args, "--after-boot")}
	if err := keep.Keep(args[len(args)-1], o); err != nil {
		return 1
	}
	return 0
}

// bench is a place to keep services in.
type bench struct {
	*testing.T
	dir string
	o   keep.Options
}

func newBench(t *testing.T) *bench {
	t.Helper()
	dir := t.TempDir()
	b := &bench{T: t, dir: dir, o: keep.Options{
		Dirs: keep.Dirs{Specs: dir, Run: filepath.Join(dir, "run")}, Log: filepath.Join(dir, "log"),
	}}
	t.Cleanup(func() {
		names, _ := b.o.Dirs.Names()
		for _, name := range names {
			if err := keep.Stop(name, b.o.Dirs, time.Minute); err != nil {
				t.Error(err)
			}
		}
	})
	return b
}

// start starts the service x, which runs shell text.
func (b *bench) start(script string, change func(*keep.Spec)) error {
	b.Helper()
	s := keep.Spec{Service: daemon.Service{Name: "x", Process: &daemon.Process{Argv: []string{"/bin/sh", "-c", script}}, WorkingDirectory: b.dir}}
	if change != nil {
		change(&s)
	}
	b.declare(s)
	return keep.Start("x", b.o, 20*time.Second)
}

// declare writes the definition of a service.
func (b *bench) declare(s keep.Spec) {
	b.Helper()
	if err := os.WriteFile(filepath.Join(b.dir, s.Name+keep.Suffix), keep.Encode(s), 0o644); err != nil {
		b.Fatal(err)
	}
}

func (b *bench) status() keep.Status {
	b.Helper()
	s, err := b.o.Dirs.Status("x")
	if err != nil {
		b.Fatal(err)
	}
	return s
}

func (b *bench) read(file string) string {
	b.Helper()
	text, err := os.ReadFile(filepath.Join(b.dir, file))
	if err != nil {
		b.Fatal(err)
	}
	return string(text)
}

func TestReadiness(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		script string
		how    daemon.Readiness
	}{
		"exec":   {"sleep 0.2; touch ready; exec sleep 100", daemon.Readiness{Exec: []string{"test", "-e", "ready"}}},
		"fd":     {"sleep 0.2; touch ready; echo >&7; exec sleep 100", daemon.Readiness{FD: 7}},
		"notify": {"sleep 0.2; touch ready; perl -MSocket -e 'socket(S,AF_UNIX,SOCK_DGRAM,0); send(S,\"STATUS=x\\nREADY=1\\n\",0,sockaddr_un($ENV{NOTIFY_SOCKET}))'; exec sleep 100", daemon.Readiness{Notify: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			if err := b.start(c.script, func(s *keep.Spec) { s.Readiness = &c.how }); err != nil {
				t.Fatal(err)
			}
			b.read("ready")
		})
	}
}

func TestAStartThatIsNeverReadyFails(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	err := b.start("exec sleep 100", func(s *keep.Spec) {
		s.Readiness = &daemon.Readiness{Exec: []string{"false"}, Timeout: "300ms"}
		s.Restart = &daemon.Restart{Policy: "never"}
	})
	if err == nil || !strings.Contains(err.Error(), "not ready in time") {
		t.Errorf("start: %v", err)
	}
	if s := b.status(); s.State != keep.Failed || s.Main.Alive() {
		t.Errorf("status: %+v", s)
	}
}

func TestAProgramThatIsNotThereIsNamed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	err := b.start("", func(s *keep.Spec) { s.Process.Argv = []string{"/nonexistent/program"} })
	if err == nil || !strings.Contains(err.Error(), "/nonexistent/program") {
		t.Errorf("start: %v", err)
	}
}

func TestStopFindsWhatForkedAway(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if err := b.start("setsid -f setsid sh -c 'trap : TERM; echo $$ > stray; while :; do sleep 0.1; done'; touch forked; exec sleep 100", func(s *keep.Spec) {
		s.Readiness = &daemon.Readiness{Exec: []string{"test", "-s", "stray"}}
		s.Stop = &daemon.Stop{Timeout: "300ms"}
	}); err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(b.read("stray")))
	if err != nil {
		t.Fatal(err)
	}
	stray := keep.Identify(pid)
	if !stray.Alive() {
		t.Fatal("the process that forked away does not run")
	}
	if err := keep.Stop("x", b.o.Dirs, 20*time.Second); err != nil {
		t.Fatal(err)
	}
	if stray.Alive() {
		t.Error("the process that forked away and ignores TERM is still there")
	}
}

func TestAStoppedProgramMayTakeItsTime(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if err := b.start("trap 'sleep 0.3; echo bye > bye; exit 0' TERM; touch up; while :; do sleep 0.05; done", func(s *keep.Spec) {
		s.Readiness = &daemon.Readiness{Exec: []string{"test", "-e", "up"}}
		s.Cleanup = []string{"/bin/sh", "-c", "cat bye > cleaned"}
	}); err != nil {
		t.Fatal(err)
	}
	if err := keep.Stop("x", b.o.Dirs, 20*time.Second); err != nil {
		t.Fatal(err)
	}
	if got := b.read("cleaned"); got != "bye\n" {
		t.Errorf("cleanup found %q", got)
	}
}

func TestAKilledKeeperLeavesNoSecondProcess(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if err := b.start("exec sleep 100", nil); err != nil {
		t.Fatal(err)
	}
	first := b.status()
	first.Keeper.Signal(9)
	if err := b.o.Dirs.AwaitDown("x", 10*time.Second); err != nil {
		t.Fatal(err)
	}
	if err := keep.Start("x", b.o, 20*time.Second); err != nil {
		t.Fatal(err)
	}
	if first.Main.Alive() {
		t.Error("the process of the killed keeper runs beside the new one")
	}
	if s := b.status(); !s.Running() || !s.Main.Alive() {
		t.Errorf("status: %+v", s)
	}
}

func TestADaemonIsFollowedByItsFile(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	file := filepath.Join(b.dir, "pid")
	script := "setsid -f sh -c 'echo $$ > " + file + "; exec sleep 100'"
	if err := b.start(script, func(s *keep.Spec) {
		s.Process = &daemon.Process{Daemon: []string{"/bin/sh", "-c", script}, PIDFile: file}
	}); err != nil {
		t.Fatal(err)
	}
	if got, want := b.status().Main.PID, strings.TrimSpace(b.read("pid")); strconv.Itoa(got) != want {
		t.Errorf("process %d, and the file says %s", got, want)
	}
}

func TestAnotherProcessOfTheNumberIsNotTheOne(t *testing.T) {
	t.Parallel()
	cmd := exec.Command("sleep", "100")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	other := keep.Identify(cmd.Process.Pid)
	stale := keep.Identity{PID: other.PID, Start: other.Start - 1}
	stale.Signal(9)
	if stale.Alive() || !other.Alive() {
		t.Errorf("the stale one is alive: %t, the other: %t", stale.Alive(), other.Alive())
	}
	other.Signal(9)
	if err := cmd.Wait(); err == nil {
		t.Error("the process was not killed")
	}
}

// TestNobodysNumberIsNoUser: setresuid(2) takes it for no change.
func TestNobodysNumberIsNoUser(t *testing.T) {
	t.Parallel()
	for _, change := range []func(*keep.Spec){
		func(s *keep.Spec) { s.User = "4294967295" },
		func(s *keep.Spec) { s.Group = "4294967295" },
	} {
		b := newBench(t)
		err := b.start("exec sleep 100", func(s *keep.Spec) {
			change(s)
			s.Restart = &daemon.Restart{Policy: "never"}
		})
		if err == nil || !strings.Contains(err.Error(), "4294967295") {
			t.Errorf("got %v", err)
		}
	}
}

func TestAProbeThatHangsHoldsNothingUp(t *testing.T) {
	t.Parallel()
	hang := &daemon.Readiness{Exec: []string{"/bin/sh", "-c", "touch asked; exec sleep 100"}, Timeout: "300ms"}
	b := newBench(t)
	err := b.start("exec sleep 100", func(s *keep.Spec) { s.Readiness, s.Restart = hang, &daemon.Restart{Policy: "never"} })
	if err == nil || !strings.Contains(err.Error(), "not ready in time") {
		t.Errorf("start: %v", err)
	}
	b = newBench(t)
	hang.Timeout = "80s"
	b.declare(keep.Spec{Service: daemon.Service{Name: "x", Process: &daemon.Process{Argv: []string{"sleep", "100"}}, WorkingDirectory: b.dir, Readiness: hang}})
	if err := keep.Start("x", b.o, 0); err == nil {
		t.Error("it is up before it is ready")
	}
	for _, err := os.Stat(filepath.Join(b.dir, "asked")); err != nil; _, err = os.Stat(filepath.Join(b.dir, "asked")) {
		runtime.Gosched()
	}
	if err := keep.Stop("x", b.o.Dirs, 20*time.Second); err != nil {
		t.Error(err)
	}
}

func TestWhatIsDoneIsWaitedForNoMore(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	once := keep.Spec{Service: daemon.Service{Name: "once", Oneshot: &daemon.Oneshot{Start: []string{"/bin/true"}}}, NeededBy: []string{"x"}}
	b.declare(once)
	if err := keep.Start("once", b.o, 20*time.Second); err != nil {
		t.Fatal(err)
	}
	if err := b.start("exec sleep 100", func(s *keep.Spec) { s.Needs = []string{"once"} }); err != nil {
		t.Error(err)
	}
}
