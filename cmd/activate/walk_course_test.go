package main_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"
)

// patience is how long runs at once may take; they hang after that.
const patience = 2 * time.Minute

// trialFlag makes a switch one on trial.
const trialFlag = "--confirm"

// end is how runs ended: their exit statuses, and what they left.
type end struct {
	statuses []int
	tree     map[string]string
}

func onTrial(args []string) bool { return slices.Contains(args, trialFlag) }

// parts gives how often each of the runs has the lock: one on trial has it twice,
// as its time runs out, too.
func parts(runs [][]string) []int {
	out := make([]int, len(runs))
	for i, args := range runs {
		if out[i] = 1; onTrial(args) {
			out[i] = 2
		}
	}
	return out
}

// courses gives all orders in which runs can come that have so many parts left.
func courses(left []int) [][]int {
	var out [][]int
	for i, n := range left {
		if n == 0 {
			continue
		}
		rest := slices.Clone(left)
		rest[i]--
		for _, c := range courses(rest) {
			out = append(out, append([]int{i}, c...))
		}
	}
	if out == nil {
		return [][]int{nil}
	}
	return out
}

// ends gives how the host may end after runs, by the courses that they may take.
func (w *walk) ends(runs [][]string, courses [][]int) []end {
	var out []end
	for _, c := range courses {
		out = append(out, w.onCopy(func(e *end) {
			e.statuses = make([]int, len(runs))
			waits := map[int]bool{}
			for _, i := range c {
				w.comesNext(runs, i, e.statuses, waits)
			}
		}))
	}
	return out
}

// comesNext has the next part of run i. waits has the runs on trial that have
// begun, and whether they wait.
func (w *walk) comesNext(runs [][]string, i int, statuses []int, waits map[int]bool) {
	waiting, begun := waits[i]
	switch {
	case waiting:
		// Its time is up. What took it back, or confirmed it, left nothing to do.
		if status, _ := w.run("confirm", "--expired"); status != 0 {
			statuses[i] = status
		}
	case begun:
		// It is over already.
	case onTrial(runs[i]):
		waits[i], statuses[i] = w.begins(runs[i][1])
	default:
		statuses[i], _ = w.run(runs[i]...)
		for trial, waiting := range waits {
			if waiting && runs[i][0] == "confirm" && statuses[i] == 0 {
				waits[trial], statuses[trial] = false, 0
			}
		}
	}
}

// begins switches on trial and kills the program once it waits: unless somebody
// confirms, it ends in vain. Where it does not get so far it tells how it ended.
func (w *walk) begins(config string) (waits bool, status int) {
	r := w.start("switch", config, trialFlag, "1h")
	if r.waits() {
		w.must(r.cmd.Process.Kill())
		<-r.done
		w.tell("a switch on trial waits")
		return true, 5
	}
	w.tell("a switch on trial: exit %d\n%s", r.cmd.ProcessState.ExitCode(), r.said.String())
	return false, r.cmd.ProcessState.ExitCode()
}

// running is a run under way.
type running struct {
	cmd  *exec.Cmd
	said bytes.Buffer
	// asked is closed once it asks to be confirmed, done once it ended.
	asked, done chan struct{}
}

// Write takes what the run says.
func (r *running) Write(b []byte) (int, error) {
	before := bytes.Contains(r.said.Bytes(), []byte("confirm with"))
	r.said.Write(b)
	if !before && bytes.Contains(r.said.Bytes(), []byte("confirm with")) {
		close(r.asked)
	}
	return len(b), nil
}

// waits tells, once it is known, whether the run waits to be confirmed.
func (r *running) waits() bool {
	select {
	case <-r.asked:
		return true
	case <-r.done:
		return false
	}
}

// start starts the program.
func (w *walk) start(args ...string) *running {
	return w.starts(append(append([]string{w.program}, args...), w.flags()...))
}

// starts starts what ends when it hangs.
func (w *walk) starts(argv []string) *running {
	ctx, stop := context.WithTimeout(w.t.Context(), patience)
	r := &running{cmd: exec.CommandContext(ctx, argv[0], argv[1:]...), asked: make(chan struct{}), done: make(chan struct{})}
	r.cmd.Env = []string{"NO_COLOR=1", "PATH=" + os.Getenv("PATH")}
	w.asOwner(r.cmd)
	r.cmd.Stdout, r.cmd.Stderr = r, r
	w.must(r.cmd.Start())
	go func() {
		defer stop()
		// How it ended is in its state.
		_ = r.cmd.Wait()
		close(r.done)
	}()
	return r
}

// onCopy gives how a copy of the host ends after do.
func (w *walk) onCopy(do func(e *end)) end {
	aside := filepath.Join(filepath.Dir(w.config), "meanwhile")
	w.must(os.Rename(w.dir, aside))
	w.must(exec.CommandContext(w.t.Context(), "cp", "-a", aside, w.dir).Run())
	var e end
	do(&e)
	e.tree = w.recordedTree()
	w.must(os.RemoveAll(w.dir))
	w.must(os.Rename(aside, w.dir))
	return e
}

// atOnce has the runs at the same time, after which the host is as one of ends;
// asked has the first one begin, until it waits to be confirmed.
func (w *walk) atOnce(runs [][]string, ends []end, asked bool) {
	var now end
	var began []*running
	for _, args := range runs {
		r := w.start(args...)
		if began = append(began, r); asked && len(began) == 1 && !r.waits() {
			w.fail("a switch did not wait to be confirmed", r.said.String())
		}
	}
	for i, r := range began {
		<-r.done
		now.statuses = append(now.statuses, r.cmd.ProcessState.ExitCode())
		w.tell("beside another, %v: exit %d\n%s", runs[i], now.statuses[i], r.said.String())
	}
	now.tree = w.recordedTree()
	w.isOneOf(now, ends)
}

// isOneOf fails unless the host ended in one of the ways that it may.
func (w *walk) isOneOf(now end, ends []end) {
	if slices.ContainsFunc(ends, func(e end) bool { return cmp.Equal(now, e, cmp.AllowUnexported(end{})) }) {
		return
	}
	var differ strings.Builder
	for _, e := range ends {
		fmt.Fprintf(&differ, "not %v (%s)\n", e.statuses, cmp.Diff(e.tree, now.tree))
	}
	w.fail("runs at once were not as one after the other", fmt.Sprintf("%v, %s", now.statuses, differ.String()))
}
