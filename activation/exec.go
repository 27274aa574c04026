package activation

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/activate-agent/activate/activation/generation"
	"github.com/activate-agent/activate/activation/offspring"
)

// snippetPath is what a snippet finds programs in; the caller's PATH has no
// influence, so it does the same by hand, at boot and from a timer.
const snippetPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// snippetTimeout is how long a snippet may take that says nothing of it.
const snippetTimeout = 5 * time.Minute

// runSnippet runs s and reports its output. When its time is up all that it
// started is killed.
func (e *Engine) runSnippet(ctx context.Context, s Snippet, j *generation.Journal) error {
	timeout := snippetTimeout
	if s.Timeout != "" {
		d, err := time.ParseDuration(s.Timeout)
		if err != nil {
			return fmt.Errorf("its timeout %q is no duration", s.Timeout)
		}
		timeout = d
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	cmd, script, err := command(ctx, s)
	if err != nil {
		return err
	}
	if script != nil {
		defer func() { _ = script.Close() }()
	}
	cmd.Env = e.snippetEnv(s, j)
	run := offspring.Run
	if j.Verb != dryVerb {
		run = e.runNoted(s.Name)
	}
	err = e.stream(cmd, snippetStep+s.Name, run)
	if errors.Is(err, offspring.ErrKilled) {
		return killed(ctx, timeout, err)
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return errors.New(exit.String())
	}
	return err
}

// command makes the process of s. The script is an anonymous file in memory:
// any interpreter can read it, nothing is left behind, and its standard input
// stays free.
func command(ctx context.Context, s Snippet) (*exec.Cmd, *os.File, error) {
	argv := s.Argv
	var script *os.File
	if s.Script != "" || len(argv) == 0 {
		fd, err := unix.MemfdCreate("snippet", unix.MFD_CLOEXEC)
		if err != nil {
			return nil, nil, fmt.Errorf("cannot hold its script in memory: %w", err)
		}
		script = os.NewFile(uintptr(fd), "script")
		if _, err := script.WriteAt([]byte(s.Script), 0); err != nil {
			return nil, nil, err
		}
		argv = slices.Clone(s.Interpreter)
		if len(argv) == 0 {
			argv = []string{"/bin/sh", "-eu"}
		}
		argv = append(argv, "/proc/self/fd/3")
	}
	cmd := process(ctx, argv)
	if script != nil {
		cmd.ExtraFiles = []*os.File{script}
	}
	return cmd, script, nil
}

func (e *Engine) snippetEnv(s Snippet, j *generation.Journal) []string {
	env := []string{
		"PATH=" + snippetPath,
		"HOME=/root",
		"ACTIVATE_ACTION=" + j.Verb,
		"ACTIVATE_ROOT=" + e.Root.Dir(),
		"ACTIVATE_GENERATION=" + strconv.Itoa(j.Target),
		"ACTIVATE_PREVIOUS=" + strconv.Itoa(j.Previous),
		"ACTIVATE_RESTART_LIST=/" + e.requestLists()[0],
		"ACTIVATE_RELOAD_LIST=/" + e.requestLists()[1],
	}
	// Of two values for one name os/exec takes the later.
	env = append(env, e.SnippetEnv...)
	for _, k := range sortedKeys(s.Environment) {
		env = append(env, k+"="+s.Environment[k])
	}
	return env
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// stream has run run cmd and reports what it prints.
func (e *Engine) stream(cmd *exec.Cmd, step string, run func(*exec.Cmd) error) error {
	out := &lines{tell: func(text string) { e.report(step, text) }}
	cmd.Stdout, cmd.Stderr = out, out
	err := run(cmd)
	out.finish()
	if errors.Is(err, exec.ErrWaitDelay) {
		// It ended well, and what it began goes on.
		e.report(step, "it left a process in the background, whose output is no longer shown")
		return nil
	}
	return err
}
