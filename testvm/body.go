package testvm

import (
	"context"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// body is what a machine is made of: a container, or a virtual machine.
type body interface {
	// start powers it on; exited is closed when it is off again.
	start() (exited <-chan struct{}, err error)
	// ready tells whether it runs commands by now.
	ready() bool
	// run runs a command to its end, which is at once when ctx is over, and
	// gives its exit code, 128 plus the number for a signal.
	run(ctx context.Context, s streams, argv ...string) (code int, err error)
	// kill ends it at once; what it wrote to its disk stays.
	kill()
	// gone is called when it is off.
	gone()
	// console is the path of the log of its console.
	console() string
	// pace is how often to ask it something, and for how long.
	pace() (every, timeout time.Duration)
	remove() error
}

// streams are a command's; nil ones are empty.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// login is the environment of a fresh root login.
func login() []string {
	return []string{
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"HOME=/root", "USER=root", "LOGNAME=root", "SHELL=/bin/sh", "LANG=C.UTF-8", "TERM=dumb",
	}
}

// spawn starts cmd so that it dies with this process; exited is closed when it
// ended.
func spawn(cmd *exec.Cmd) (exited <-chan struct{}, err error) {
	cmd.SysProcAttr = &unix.SysProcAttr{Pdeathsig: unix.SIGKILL, Setpgid: true}
	over := make(chan struct{})
	started := make(chan error)
	go func() {
		// The death signal is sent when the thread that forked ends, so this
		// one has to live as long as the child.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait()
			close(over)
		}
	}()
	return over, <-started
}

// lastLines gives the end of a file, for a person.
func lastLines(path string, n int) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	return tail(strings.ReplaceAll(string(text), "\r", ""), n)
}
