package supervise

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Process is one that runs on this host, in the same root as this program.
type Process struct {
	PID int
	// UID is who it acts as.
	UID  uint32
	Argv []string
	// Dir is its working directory.
	Dir string
}

// Program is the base name of what it runs: its script where an interpreter
// runs one.
func (p Process) Program() string {
	if len(p.Argv) == 0 {
		return ""
	}
	// Some write a title over it: "init [2]", "sshd: alice".
	title, _, _ := strings.Cut(p.Argv[0], " ")
	name := filepath.Base(strings.TrimLeft(strings.TrimRight(title, ":"), "-"))
	if strings.HasPrefix(name, "python") && len(p.Argv) > 1 {
		return filepath.Base(p.Argv[1])
	}
	return name
}

// Processes gives all processes of this root, by number.
func Processes() []Process {
	ours, err := os.Stat("/")
	if err != nil {
		return nil
	}
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	var out []Process
	for _, dir := range dirs {
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil {
			continue
		}
		root, err := os.Stat(dir + "/root")
		if err != nil || !os.SameFile(ours, root) {
			continue
		}
		out = append(out, read(pid, dir))
	}
	slices.SortFunc(out, func(a, b Process) int { return cmp.Compare(a.PID, b.PID) })
	return out
}

func read(pid int, dir string) Process {
	p := Process{PID: pid}
	line, _ := os.ReadFile(dir + "/cmdline")
	for word := range bytes.SplitSeq(bytes.TrimRight(line, "\x00"), []byte{0}) {
		p.Argv = append(p.Argv, string(word))
	}
	p.Dir, _ = os.Readlink(dir + "/cwd")
	p.UID = effective(dir)
	return p
}

// nobody is no user's number.
const nobody = 1<<32 - 1

// effective gives the effective uid of proc(5)'s status. Who owns the directory
// says less: root does where a process of anybody's is not dumpable.
func effective(dir string) uint32 {
	status, _ := os.ReadFile(dir + "/status")
	for line := range strings.Lines(string(status)) {
		if f := strings.Fields(line); len(f) == 5 && f[0] == "Uid:" {
			if uid, err := strconv.ParseUint(f[2], 10, 32); err == nil {
				return uint32(uid)
			}
		}
	}
	return nobody
}

// First gives the first process of the caller's that runs the program. Those of
// others are theirs to talk to: root would do a user's bidding.
func First(program string) (Process, bool) {
	for _, p := range Processes() {
		if p.UID == uint32(os.Geteuid()) && p.Program() == program {
			return p, true
		}
	}
	return Process{}, false
}

// PID1 is the program that runs as process 1 of this root; empty when process
// 1 is of another one.
func PID1() string {
	for _, p := range Processes() {
		if p.PID == 1 {
			return p.Program()
		}
	}
	if os.Geteuid() == 0 {
		return ""
	}
	// Only root may see which root a process of root's has.
	name, _ := os.ReadFile("/proc/1/comm")
	return strings.TrimSpace(string(name))
}

// Listens tells whether somebody reads the named pipe, as a supervisor does
// its control's for as long as it runs.
func Listens(fifo string) bool {
	f, err := os.OpenFile(fifo, os.O_WRONLY|oNonblock, 0)
	if err != nil {
		return false
	}
	info, err := f.Stat()
	_ = f.Close()
	return err == nil && info.Mode()&os.ModeNamedPipe != 0
}

// Command runs a tool of an init. The error has what it wrote. A Ctrl-C at the
// terminal is not the tool's: a run that has begun goes on to its end.
func Command(ctx context.Context, argv ...string) (string, error) {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err == nil {
		return string(out), nil
	}
	said := strings.TrimSpace(stderr.String())
	if said == "" {
		said = strings.TrimSpace(string(out))
	}
	if _, exited := errors.AsType[*exec.ExitError](err); exited && said != "" {
		return string(out), fmt.Errorf("%s: %s", filepath.Base(argv[0]), said)
	}
	return string(out), fmt.Errorf("%s: %w", filepath.Base(argv[0]), err)
}

// Until waits for a condition; what names it in the error.
func Until(ctx context.Context, limit time.Duration, what string, done func() bool) error {
	deadline := time.Now().Add(limit)
	for pause := time.Millisecond; !done(); pause = min(2*pause, 30*time.Millisecond) {
		if time.Now().After(deadline) || ctx.Err() != nil {
			return fmt.Errorf("timed out after %s waiting for %s", limit, what)
		}
		time.Sleep(pause)
	}
	return nil
}
