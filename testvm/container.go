package testvm

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// container is a machine on the host's own kernel, under systemd-nspawn.
type container struct {
	name    string
	suite   string
	init    Init
	disk    *disk
	cgroups cgroups
	// nspawn is the supervising process, leader the machine's PID 1 as the
	// host numbers it; 0 when the machine is off.
	nspawn *os.Process
	leader int
	exited <-chan struct{}
}

func newContainer(c Config) (*container, error) {
	tree, err := base(c)
	if err != nil {
		return nil, err
	}
	d, err := newDisk(tree)
	if err != nil {
		return nil, fmt.Errorf("cannot make a disk: %w", err)
	}
	return &container{name: "t" + filepath.Base(d.dir), suite: c.suite(), init: c.init(), disk: d}, nil
}

// start starts systemd-nspawn. --register=no and --keep-unit, since a host
// without systemd has nobody to register with.
func (c *container) start() (<-chan struct{}, error) {
	groups, err := newCgroups("activate-" + c.name)
	if err != nil {
		return nil, fmt.Errorf("cannot make a control group: %w", err)
	}
	c.cgroups = groups
	console, err := os.Create(c.console())
	if err != nil {
		return nil, err
	}
	defer func() { _ = console.Close() }()
	args := []string{
		"systemd-nspawn", "--quiet", "-D", c.disk.root(), "--register=no", "--keep-unit",
		"--private-network", "--machine=" + c.name, "--console=pipe",
	}
	cmd := exec.Command("sh", "-c", c.cgroups.enter()+`exec "$@"`, "sh")
	cmd.Args = append(append(cmd.Args, args...), c.init.launch()...)
	cmd.Stdout, cmd.Stderr = console, console
	if c.suite != "bookworm" {
		// systemd 256 and later do not boot on the old hierarchy.
		cmd.Env = append(os.Environ(), "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1")
	}
	c.exited, err = spawn(cmd)
	c.nspawn = cmd.Process
	return c.exited, err
}

// ready looks for the child of systemd-nspawn that is PID 1 inside.
func (c *container) ready() bool {
	pid := strconv.Itoa(c.nspawn.Pid)
	children, _ := os.ReadFile("/proc/" + pid + "/task/" + pid + "/children")
	for child := range strings.FieldsSeq(string(children)) {
		comm, _ := os.ReadFile("/proc/" + child + "/comm")
		ours, _ := os.Readlink("/proc/self/ns/pid")
		theirs, _ := os.Readlink("/proc/" + child + "/ns/pid")
		if strings.TrimSpace(string(comm)) == c.init.Comm && theirs != "" && theirs != ours {
			c.leader, _ = strconv.Atoi(child)
			return true
		}
	}
	return false
}

// enter is the start of a host's command line that runs the rest inside.
func (c *container) enter() []string {
	args := []string{"nsenter", "-t", strconv.Itoa(c.leader), "-a", "--", "/usr/bin/env", "-i"}
	return append(args, login()...)
}

func (c *container) command(ctx context.Context, argv ...string) *exec.Cmd {
	args := append(c.enter(), argv...)
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	// Services started by cmd may keep its output open after it ended.
	cmd.WaitDelay = 5 * time.Second
	return cmd
}

func (c *container) run(ctx context.Context, s streams, argv ...string) (int, error) {
	cmd := c.command(ctx, argv...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = s.in, s.out, s.err
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case err == nil || errors.Is(err, exec.ErrWaitDelay):
		return cmd.ProcessState.ExitCode(), nil
	case errors.As(err, &exit):
		if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
			return 128 + int(status.Signal()), nil
		}
		return exit.ExitCode(), nil
	}
	return 0, err
}

// kill ends every process of the machine. The host's page cache survives.
func (c *container) kill() {
	if c.leader != 0 {
		_ = unix.Kill(c.leader, unix.SIGKILL)
	}
	_ = c.nspawn.Kill()
	<-c.exited
}

func (c *container) gone() {
	c.nspawn, c.leader = nil, 0
	c.cgroups.remove()
}

func (c *container) console() string { return filepath.Join(c.disk.dir, "console") }

func (*container) pace() (every, timeout time.Duration) { return pollEvery, time.Minute }

func (c *container) remove() error { return c.disk.remove() }
