package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// readers are the commands that only look, and how they may end beside a run.
var readers = []struct { //nolint:gochecknoglobals // a constant
	args     []string
	statuses []int
}{
	{[]string{"plan", "CONFIG", "--detailed-exitcode"}, []int{0, 2}},
	{[]string{"drift"}, []int{0, 2}},
	{[]string{"diff", "CURRENT", "CURRENT"}, []int{0}},
	{[]string{"generations"}, []int{0}},
	{[]string{"eval", "CONFIG"}, []int{0}},
}

// readBeside has others look while a configuration is brought: they never wait,
// never write, and never fail; the run ends as if it were alone.
func (w *walk) readBeside() {
	if w.current == "" {
		return
	}
	args := w.bringing("switch", "looked at")
	if args == nil {
		return
	}
	alone := w.ends([][]string{args}, [][]int{{0}})
	r := w.start(args...)
	for i, under := 0, true; under; i++ {
		w.looks(readers[i%len(readers)].args, args[1], readers[i%len(readers)].statuses)
		select {
		case <-r.done:
			under = i+1 < len(readers)
		default:
		}
	}
	w.tell("looked at, %v: %v\n%s", args, r.cmd.ProcessState, r.said.String())
	w.isOneOf(end{[]int{r.cmd.ProcessState.ExitCode()}, w.recordedTree()}, alone)
	w.wentOn([][]string{args})
}

// looks runs a command that only looks, under the eyes of the kernel.
func (w *walk) looks(args []string, config string, statuses []int) {
	args = slices.Clone(args)
	for i, a := range args {
		args[i] = strings.NewReplacer("CONFIG", config, "CURRENT", w.current).Replace(a)
	}
	calls := filepath.Join(filepath.Dir(w.config), "calls")
	argv := append([]string{"strace", "-f", "-o", calls, "-e", "status=successful", "-e", "trace=/^(open|rename|unlink|mkdir|rmdir|symlink|link|mknod|.*chmod|.*chown|.*truncate|.*setxattr|utime)", w.program}, args...)
	r := w.starts(append(argv, w.flags()...))
	<-r.done
	status := r.cmd.ProcessState.ExitCode()
	w.tell("activate %s: exit %d", strings.Join(args, " "), status)
	if args[0] == "diff" && !slices.Contains(w.generations(), w.current) {
		// keep_generations had no place for it.
		statuses = []int{0, 1}
	}
	if !slices.Contains(statuses, status) {
		w.fail("the wrong exit status of what only looks", fmt.Sprintf("exit %d\n%s", status, r.said.String()))
	}
	b, err := os.ReadFile(calls)
	w.must(err)
	for line := range strings.Lines(string(b)) {
		opens := strings.Contains(line, " open")
		// A call that the end cut off is not known to have done anything.
		if strings.Contains(line, ") = ") && (!opens || strings.Contains(line, "O_WRONLY") || strings.Contains(line, "O_RDWR") || strings.Contains(line, "O_CREAT")) {
			w.fail("what only looks wrote", line)
		}
	}
}
