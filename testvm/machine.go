package testvm

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Machine is one booted Debian. Its methods fail the test when something goes
// wrong, with the last lines of the machine's journal. They are for one
// goroutine at a time.
type Machine struct {
	t       TB
	suite   string
	init    Init
	name    string
	disk    *disk
	cgroups cgroups
	// nspawn is the supervising process, leader the machine's PID 1 as the
	// host numbers it; 0 when the machine is off.
	nspawn *os.Process
	leader int
	exited chan struct{}
	// reported keeps the journal from being shown twice.
	reported bool
}

// Start builds the tree for c when that was not done before, boots a machine
// of it and waits until it is up. The machine is gone when the test is over.
func Start(t TB, c Config) *Machine {
	t.Helper()
	if err := checkHost(); err != nil {
		t.Fatalf("%v", err)
	}
	tree, err := base(c)
	if err != nil {
		t.Fatalf("%v", err)
	}
	d, err := newDisk(tree)
	if err != nil {
		t.Fatalf("cannot make a disk: %v", err)
	}
	m := &Machine{t: t, suite: c.suite(), init: c.init(), name: "t" + filepath.Base(d.dir), disk: d}
	t.Cleanup(m.destroy)
	m.Boot()
	return m
}

// Root is the machine's root directory as the host sees it, on or off. What
// the machine mounted by itself (/run, /proc) is not below it; see Path.
func (m *Machine) Root() string { return m.disk.root() }

// Path is where the host sees the machine's path p while the machine is on,
// with all its mounts. An absolute link in p would lead into the host.
func (m *Machine) Path(p string) string {
	return fmt.Sprintf("/proc/%d/root%s", m.leader, p)
}

// Boot powers the machine on and waits until the boot is over.
func (m *Machine) Boot() {
	m.t.Helper()
	if m.nspawn != nil {
		m.fatalf("cannot boot %s: it is on", m.name)
	}
	groups, err := newCgroups("activate-" + m.name)
	if err != nil {
		m.fatalf("cannot make a control group: %v", err)
	}
	m.cgroups = groups
	if err := m.spawn(); err != nil {
		m.fatalf("cannot start systemd-nspawn: %v", err)
	}
	m.WaitUntil(m.findLeader, "PID 1 of "+m.name)
	m.WaitUntil(func() bool {
		_, _, code := m.Run(m.init.Up)
		return code == 0
	}, "the end of the boot")
}

// spawn starts systemd-nspawn. --register=no and --keep-unit, since a host
// without systemd has nobody to register with.
func (m *Machine) spawn() error {
	console, err := os.Create(filepath.Join(m.disk.dir, "console"))
	if err != nil {
		return err
	}
	defer func() { _ = console.Close() }()
	args := []string{
		"systemd-nspawn", "--quiet", "-D", m.Root(), "--register=no", "--keep-unit",
		"--private-network", "--machine=" + m.name, "--console=pipe",
	}
	args = append(args, m.init.launch()...)
	cmd := exec.Command("sh", "-c", m.cgroups.enter()+`exec "$@"`, "sh")
	cmd.Args = append(cmd.Args, args...)
	cmd.Stdout, cmd.Stderr = console, console
	cmd.SysProcAttr = &unix.SysProcAttr{Pdeathsig: unix.SIGKILL, Setpgid: true}
	if m.suite != "bookworm" {
		// systemd 256 and later do not boot on the old hierarchy.
		cmd.Env = append(os.Environ(), "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1")
	}
	m.exited = make(chan struct{})
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
			close(m.exited)
		}
	}()
	err = <-started
	m.nspawn = cmd.Process
	return err
}

// findLeader looks for the child of systemd-nspawn that is PID 1 inside.
func (m *Machine) findLeader() bool {
	pid := strconv.Itoa(m.nspawn.Pid)
	children, _ := os.ReadFile("/proc/" + pid + "/task/" + pid + "/children")
	for child := range strings.FieldsSeq(string(children)) {
		comm, _ := os.ReadFile("/proc/" + child + "/comm")
		ours, _ := os.Readlink("/proc/self/ns/pid")
		theirs, _ := os.Readlink("/proc/" + child + "/ns/pid")
		if strings.TrimSpace(string(comm)) == m.init.Comm && theirs != "" && theirs != ours {
			m.leader, _ = strconv.Atoi(child)
			return true
		}
	}
	return false
}

// Reboot has the machine shut down in good order and boots it again. Its disk
// stays, what was in memory is gone.
func (m *Machine) Reboot() {
	m.t.Helper()
	m.off(cmp.Or(m.init.Reboot, m.init.Off))
	m.Boot()
}

// PowerOff has the machine shut down in good order. Boot powers it on again.
func (m *Machine) PowerOff() {
	m.t.Helper()
	m.off(m.init.Off)
}

func (m *Machine) off(cmd string) {
	m.t.Helper()
	// The machine may be gone before the command's answer.
	m.Run(cmd)
	select {
	case <-m.exited:
	case <-time.After(2 * time.Minute):
		m.fatalf("timed out after 2m0s waiting for %s to shut down (%s)", m.name, cmd)
	}
	m.gone()
}

// Kill ends every process of the machine at once, as a crash would. Unlike
// with a power cut the host's page cache survives.
func (m *Machine) Kill() {
	if m.nspawn == nil {
		return
	}
	if m.leader != 0 {
		_ = unix.Kill(m.leader, unix.SIGKILL)
	}
	_ = m.nspawn.Kill()
	<-m.exited
	m.gone()
}

func (m *Machine) gone() {
	m.nspawn, m.leader = nil, 0
	m.cgroups.remove()
}

func (m *Machine) destroy() {
	if m.t.Failed() && m.leader != 0 && !m.reported {
		m.t.Logf("%s", m.report())
	}
	m.Kill()
	if err := m.disk.remove(); err != nil {
		m.t.Logf("cannot remove the disk of %s: %v", m.name, err)
	}
}

// report is what a person needs to see why a machine misbehaved.
func (m *Machine) report() string {
	if m.leader == 0 {
		console, _ := os.ReadFile(filepath.Join(m.disk.dir, "console"))
		return "console of " + m.name + ":\n" + tail(string(console), 40)
	}
	journal, _, _ := m.Run("journalctl --no-pager -o short-monotonic -n 40")
	return "journal of " + m.name + ":\n" + journal
}

func (m *Machine) fatalf(format string, args ...any) {
	m.t.Helper()
	m.reported = true
	m.t.Fatalf("%s\n%s", fmt.Sprintf(format, args...), m.report())
}
