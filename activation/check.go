package activation

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/activate-agent/activate/activation/offspring"
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
// from an anonymous file in memory. The error says that ctx ended first.
func (e *Engine) check(ctx context.Context, p *Prepared) error {
	if !p.target.fresh() || len(p.Problems) > 0 {
		return nil
	}
	if p.target.Settings.BootAttempts > 0 && !e.CountBoots && !e.Offline {
		p.Warnings = append(p.Warnings, plan.Problem{Summary: "activation.boot_attempts is without effect here: no init runs here that tells how boots end"})
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
			err := e.judge(ctx, c)
			if stopped := stopped(ctx); stopped != nil {
				return stopped
			}
			if err != nil {
				p.Problems = append(p.Problems, plan.Problemf(c.Address, c.Origin, "", "its content is refused by %s: %v", c.Argv[0], err))
			}
		}
	}
	return nil
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
	if _, err := os.Stat(at); err != nil {
		return fmt.Errorf("no command can be given the content: %w; mount /proc", err)
	}
	argv := make([]string, len(c.Argv))
	for i, a := range c.Argv {
		argv[i] = strings.ReplaceAll(a, Placeholder, at)
	}
	cmd := process(ctx, argv)
	cmd.Env = append([]string{"PATH=" + snippetPath, "HOME=/root", "ACTIVATE_ACTION=validate"}, e.SnippetEnv...)
	out := &beginning{room: checkOutput}
	cmd.Stdout, cmd.Stderr = out, out
	err = offspring.Run(cmd)
	switch {
	case err == nil, errors.Is(err, exec.ErrWaitDelay):
		return nil
	case errors.Is(err, offspring.ErrKilled):
		return killed(ctx, checkTimeout, err)
	case c.Secret || len(out.kept) == 0:
		return err
	}
	// sshd ends its lines as for a terminal.
	said := strings.TrimSpace(strings.ReplaceAll(string(out.kept), "\r\n", "\n"))
	return fmt.Errorf("%w: %s", err, strings.ReplaceAll(said, at, "the new "+c.Address.Name()))
}

// beginning is a writer that keeps the first bytes and drops the rest, so that
// a program that never stops printing takes no memory.
type beginning struct {
	kept []byte
	room int
}

func (b *beginning) Write(p []byte) (int, error) {
	n := min(len(p), b.room)
	b.kept, b.room = append(b.kept, p[:n]...), b.room-n
	return len(p), nil
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

// process makes a command that is found in a fixed PATH, for offspring.Run.
func process(ctx context.Context, argv []string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program(argv[0]), argv[1:]...)
	cmd.Dir = "/"
	return cmd
}

// killed says why a command was killed when ctx ended.
func killed(ctx context.Context, timeout time.Duration, err error) error {
	if errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
		return fmt.Errorf("%w: it ran for longer than %s", err, timeout)
	}
	return fmt.Errorf("%w: %w", err, context.Cause(ctx))
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
