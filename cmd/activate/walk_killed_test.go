package main_test

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"
)

// killedBeside has two runs at once, one of which is killed at one of its system
// calls. The other does its work, and the next run ends what the killed one began:
// the host is as if that one had come before, or after, or never.
func (w *walk) killedBeside() {
	runs := [][]string{w.another("to be killed"), w.another("beside the killed one")}
	if runs[0] == nil || runs[1] == nil || halfGone(runs) {
		return
	}
	all := courses(parts(runs))
	if !onTrial(runs[1]) {
		all = append(all, []int{1})
	} else {
		all = append(all, []int{1, 1})
	}
	ends := w.ends(runs, all)
	killed := w.starts(w.injects("signal=SIGKILL", runs[0], deadly...))
	other := w.start(runs[1]...)
	<-killed.done
	<-other.done
	w.tell("to be killed, %v: %v\n%s", runs[0], killed.cmd.ProcessState, killed.said.String())
	w.tell("beside it, %v: %v\n%s", runs[1], other.cmd.ProcessState, other.said.String())
	// It ends what was interrupted and what is on trial, and does nothing else.
	w.run("confirm", "--expired")
	w.isLike(other.cmd.ProcessState.ExitCode(), ends, runs[0][0])
	if len(w.generations()) == 0 && w.current != "" {
		// What the killed one made for itself goes with the next deactivate.
		w.deactivated()
		return
	}
	w.wentOn(runs)
}

// halfGone tells of a deactivate that may be killed while it removes the
// generations, beside a run whose end depends on which are left.
func halfGone(runs [][]string) bool {
	return runs[0][0] == "deactivate" && slices.ContainsFunc([]string{"rollback", "generations", "at-boot"}, func(verb string) bool { return runs[1][0] == verb })
}

// isLike fails unless the host is as at one of ends, at which the second run ended
// with status. Which generations are left, and by which numbers, is no matter. Who
// ends a deactivate that was killed takes all back that was managed, and leaves what
// activate has for itself to the next deactivate: the state, and the boot entry. What
// a run that was killed before it had a journal added to that entry stays, too, until
// the next one that changes something.
func (w *walk) isLike(status int, ends []end, killed string) {
	left := func(p, _ string) bool {
		return strings.HasPrefix(p, "etc/systemd/user-generators") || killed == "deactivate" && (p == "etc/systemd" || p == loginEntry)
	}
	now := w.inForce(w.recordedTree())
	maps.DeleteFunc(now, left)
	var differ strings.Builder
	for _, e := range ends {
		then := w.inForce(e.tree)
		maps.DeleteFunc(then, left)
		tree := now
		if killed == "deactivate" {
			tree = lessWayTo(loginEntry, now, then)
		}
		d := cmp.Diff(then, tree)
		if d == "" && e.statuses[1] == status {
			return
		}
		fmt.Fprintf(&differ, "not %v (%s)\n", e.statuses, d)
	}
	w.fail("a run beside one that was killed", fmt.Sprintf("%d, %s", status, differ.String()))
}

// loginEntry is the boot entry of a home without systemd.
const loginEntry = ".config/activate/login.sh"

// lessWayTo is a tree without the directories above p that have nothing in them and
// are not in another tree.
func lessWayTo(p string, tree, other map[string]string) map[string]string {
	out := maps.Clone(tree)
	for dir := path.Dir(p); dir != "."; dir = path.Dir(dir) {
		if _, there := other[dir]; there || len(below(out, dir)) > 0 {
			break
		}
		delete(out, dir)
	}
	return out
}

// below are the paths of a tree below dir.
func below(tree map[string]string, dir string) []string {
	return slices.DeleteFunc(slices.Collect(maps.Keys(tree)), func(p string) bool { return !strings.HasPrefix(p, dir+"/") })
}

// inForce has the configurations of the current generation and of the one for the
// next boot in a recorded tree instead of all generations.
func (w *walk) inForce(tree map[string]string) map[string]string {
	out := maps.Clone(tree)
	maps.DeleteFunc(out, func(p, _ string) bool {
		// Backups of the account files tell of the steps on the way.
		return strings.HasPrefix(p, "var/lib/activate/") || strings.HasPrefix(p, "etc/") && strings.HasSuffix(p, "-")
	})
	for _, link := range []string{"current", "boot"} {
		_, target, _ := strings.Cut(tree["var/lib/activate/"+link], " -> ")
		for p, text := range tree {
			if target != "" && strings.HasPrefix(p, "var/lib/activate/"+target+"/config/") {
				out[link] = text
			}
		}
	}
	return out
}
