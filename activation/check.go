package activation

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/activate-agent/activate/activation/plan"
)

// checkTimeout is how long a checker may look at one content.
const checkTimeout = time.Minute

// checkOutput bounds what is shown of a checker's words, in bytes.
const checkOutput = 4 << 10

// Placeholder stands in a check's argv for the path of the content.
const Placeholder = "%s"

// Check is a command that judges a content before it is installed.
type Check struct {
	Address plan.Address
	Origin  string
	// Argv is the command; Placeholder in it becomes a path under which the
	// content can be read.
	Argv []string
	// Secret keeps what the command prints out of the message.
	Secret bool
	// Open gives the content.
	Open func() (io.ReadCloser, error)
}

// check has the contents that p would install judged by their checkers, and
// adds a problem for each that is refused. Nothing is written: a checker reads
// from an anonymous file in memory.
func (e *Engine) check(ctx context.Context, p *Prepared) {
	if p.target.Record == nil || p.target.recorded() > 0 || len(p.Problems) > 0 {
		return
	}
	if p.target.Settings.BootAttempts > 0 && !e.CountBoots && !e.Offline {
		p.Warnings = append(p.Warnings, plan.Problem{Summary: "activation.boot_attempts is without effect here: boots are counted under systemd only"})
	}
	for _, part := range p.parts {
		if part.Checks == nil {
			continue
		}
		for _, c := range part.Checks(changesOf(part, p.changes)) {
			if e.Offline {
				p.Warnings = append(p.Warnings, plan.Problemf(c.Address, c.Origin, "", "it is not validated: no command runs for another root"))
				continue
			}
			if err := e.judge(ctx, c); err != nil {
				p.Problems = append(p.Problems, plan.Problemf(c.Address, c.Origin, "", "its content is refused by %s: %v", c.Argv[0], err))
			}
		}
	}
}

// judge runs one check.
func (e *Engine) judge(ctx context.Context, c Check) error {
	content, err := inMemory(c)
	if err != nil {
		return err
	}
	defer func() { _ = content.Close() }()
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	// By our own descriptor: some programs close all of theirs first.
	at := fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), content.Fd())
	argv := make([]string, len(c.Argv))
	for i, a := range c.Argv {
		argv[i] = strings.ReplaceAll(a, Placeholder, at)
	}
	cmd := process(ctx, argv)
	cmd.Env = append([]string{"PATH=" + snippetPath, "HOME=/root", "ACTIVATE_ACTION=validate"}, e.SnippetEnv...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("it was killed: it ran for longer than %s", checkTimeout)
	case c.Secret || out.Len() == 0:
		return err
	}
	said := strings.TrimSpace(string(out.Bytes()[:min(out.Len(), checkOutput)]))
	return fmt.Errorf("%w: %s", err, strings.ReplaceAll(said, at, "the new "+c.Address.Name()))
}

// inMemory gives c's content as a file that no path leads to.
func inMemory(c Check) (*os.File, error) {
	from, err := c.Open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = from.Close() }()
	fd, err := unix.MemfdCreate("validate", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("cannot hold the content in memory: %w", err)
	}
	f := os.NewFile(uintptr(fd), "content")
	if _, err = io.Copy(f, from); err == nil {
		// A checker that reads through an inherited offset starts at the top.
		_, err = f.Seek(0, io.SeekStart)
	}
	if err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("cannot read the content: %w", err)
	}
	return f, nil
}

// process makes a command in a process group of its own, found in a fixed PATH
// and killed as a whole when ctx ends.
func process(ctx context.Context, argv []string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program(argv[0]), argv[1:]...)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return unix.Kill(-cmd.Process.Pid, unix.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	return cmd
}

// program finds a command by its name in snippetPath, whatever the caller's
// PATH is; one that is nowhere is left for the error to name.
func program(name string) string {
	if strings.Contains(name, "/") {
		return name
	}
	for dir := range strings.SplitSeq(snippetPath, ":") {
		if info, err := os.Stat(dir + "/" + name); err == nil && info.Mode()&0o111 != 0 && !info.IsDir() {
			return dir + "/" + name
		}
	}
	return name
}
