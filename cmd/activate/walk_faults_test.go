package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// undertaking is a run that a fault comes upon.
type undertaking struct {
	// args start it.
	args []string
	// again undertakes the same once more, now without a fault, and notes where
	// that led to.
	again func()
}

// undertaken draws one, nil where none is possible. what names it in the log.
func (w *walk) undertaken(what string) *undertaking {
	verbs := []string{"switch", "switch", "switch", "boot"}
	if w.current != "" {
		verbs = append(verbs, "rollback", "deactivate", "test", "apply", "at-boot", "generations")
	}
	switch verb := rapid.SampledFrom(verbs).Draw(w.t, what); verb {
	case "rollback":
		n := rapid.SampledFrom(w.generations()).Draw(w.t, "roll back to")
		return &undertaking{[]string{verb, n}, func() { w.rollsBack(n) }}
	case "deactivate":
		return &undertaking{[]string{verb}, w.deactivated}
	case "at-boot":
		return &undertaking{[]string{verb}, w.reboots}
	case "generations":
		return &undertaking{[]string{verb, "delete", "--keep", "1"}, w.forgetOlder}
	default:
		return w.configured(verb, what)
	}
}

// configured undertakes to bring a new configuration.
func (w *walk) configured(verb, what string) *undertaking {
	text, planned := w.drawn(what)
	if planned == 1 {
		return nil
	}
	args := []string{verb, w.config}
	if verb == "apply" {
		args[1] = filepath.Join(filepath.Dir(w.config), "saved.plan")
		w.want(0, "plan", w.config, "--out", args[1])
	}
	return &undertaking{args, func() {
		w.must(os.WriteFile(w.config, []byte(text), 0o644))
		if verb == "boot" {
			w.want(0, "boot", w.config)
			w.want(0, "at-boot")
		} else {
			w.want(0, "switch", w.config)
		}
		w.reached(text, planned)
	}}
}

// injected runs the program with something done to one of its system calls,
// drawn.
func (w *walk) injected(what string, args []string, calls ...string) (status int, said string) {
	r := w.starts(w.injects(what, args, calls...))
	<-r.done
	return r.cmd.ProcessState.ExitCode(), r.said.String()
}

// injects gives the command that does so.
func (w *walk) injects(what string, args []string, calls ...string) []string {
	call := rapid.SampledFrom(calls).Draw(w.t, "system call")
	at := fmt.Sprintf("inject=%s:%s:when=%d", call, what, rapid.IntRange(1, 20).Draw(w.t, "which"))
	w.tell("%v, %s", args, at)
	argv := append([]string{"strace", "-f", "-o", os.DevNull, "-e", "trace=" + call, "-e", at, w.program}, args...)
	return append(argv, w.flags()...)
}

// deadly are the system calls at which runs are killed.
var deadly = []string{"renameat", "symlinkat", "unlinkat", "mkdirat", "fsync", "fchmod", "syncfs"} //nolint:gochecknoglobals // a constant

// killed kills a run at one of its system calls, and perhaps the one that ends
// it; a later one ends both.
func (w *walk) killed() {
	u := w.undertaken("to be killed")
	if u == nil {
		return
	}
	kill := func(args ...string) {
		w.injected("signal=SIGKILL", args, deadly...)
	}
	kill(u.args...)
	switch rapid.SampledFrom([]string{"", "", "boots", "killed again", "drift", "deactivate"}).Draw(w.t, "next") {
	case "boots":
		w.want(0, "at-boot")
	case "killed again":
		kill("at-boot")
	case "drift":
		// It tells what it finds, and ends nothing.
		was := w.tree()
		w.run("drift")
		if d := cmp.Diff(was, w.tree()); d != "" {
			w.fail("drift changed after a kill", d)
		}
	case "deactivate":
		w.deactivated()
		return
	}
	u.again()
}

// fails has one of a run's system calls fail: it is undone, or says that it is
// not; the next run ends it.
func (w *walk) fails() {
	was := w.managedTree()
	u := w.undertaken("to fail")
	if u == nil {
		return
	}
	reason := rapid.SampledFrom([]string{"error=EIO", "error=ENOSPC", "error=EROFS"}).Draw(w.t, "reason")
	status, said := w.injected(reason, u.args, "renameat", "symlinkat", "unlinkat", "mkdirat", "fsync", "fchmod", "fchownat", "fchown", "syncfs", "write", "linkat")
	switch {
	case status == 0, status == 3:
	case status == 1:
		if d := cmp.Diff(was, w.managedTree()); d != "" {
			w.fail("failed and undone, yet changed", d+said)
		}
	case strings.Contains(said, "netpollBreak write failed"):
		// It came upon a write of Go's runtime to itself, which no disk fails: a kill.
	default:
		w.fail("a failing run", fmt.Sprintf("exit %d\n%s", status, said))
	}
	u.again()
}
