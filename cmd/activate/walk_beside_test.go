package main_test

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// end is how two runs ended: their exit statuses, and what they left.
type end struct {
	statuses [2]int
	tree     map[string]string
}

// together has two runs at once. One waits for the other, and the host is as if
// they had come one after the other.
func (w *walk) together() {
	var runs [2][]string
	for i, which := range []string{"one", "other"} {
		if runs[i] = w.another(which); runs[i] == nil {
			return
		}
	}
	ends := []end{w.inTurn(runs, 0, 1), w.inTurn(runs, 1, 0)}
	for i, args := range runs {
		if slices.Contains(args, "--confirm") {
			ends = append(ends, w.between(runs, i))
		}
	}
	now := w.atOnce(runs)
	if !slices.ContainsFunc(ends, func(e end) bool { return cmp.Equal(now, e, cmp.AllowUnexported(end{})) }) {
		var differ strings.Builder
		for _, e := range ends {
			fmt.Fprintf(&differ, "not %v (%s)\n", e.statuses, cmp.Diff(e.tree, now.tree))
		}
		w.fail("two runs at once were not as one after the other", fmt.Sprintf("%v, %s", now.statuses, differ.String()))
	}
	w.wentOn(runs[0][0] == "deactivate" || runs[1][0] == "deactivate")
}

// wentOn notes where two runs led to. left tells that one took everything back.
func (w *walk) wentOn(left bool) {
	switch there := len(w.generations()) > 0; {
	case !there && w.current != "":
		w.ended()
	case there && left:
		w.deactivated()
	case there && !w.leads("current") && !w.leads("boot"):
		// One was for the next boot, and a switch to nothing is for that, too: what
		// is left is in nobody's way, and goes with deactivate.
		w.deactivated()
	case there:
		w.learned()
		if !w.leads("current") {
			// What there is is for the next boot.
			w.want(0, "at-boot")
		}
		w.current = w.inEffect()
		w.settled()
	}
}

// leads tells whether the state has the link to a generation.
func (w *walk) leads(link string) bool {
	_, err := os.Lstat(w.path("var/lib/activate/" + link))
	return err == nil
}

// another draws one of two runs at once, which is called which, nil where none is
// possible.
func (w *walk) another(which string) []string {
	verbs := []string{"switch", "switch", "switch", "test", "boot", "apply"}
	if w.current != "" {
		verbs = append(verbs, "rollback", "deactivate", "at-boot", "generations", "delete", "trial")
	}
	switch verb := rapid.SampledFrom(verbs).Draw(w.t, which); verb {
	case "switch", "test", "boot", "apply", "trial":
		return w.bringing(verb, which)
	case "rollback":
		return []string{verb, rapid.SampledFrom(w.generations()).Draw(w.t, "roll back to")}
	case "generations":
		return []string{verb, "delete", "--keep", "1"}
	case "delete":
		return []string{"generations", verb, rapid.SampledFrom(w.generations()).Draw(w.t, "delete")}
	default:
		return []string{verb}
	}
}

// bringing gives the run that brings a new configuration, in a file of its own.
func (w *walk) bringing(verb, which string) []string {
	text, planned := w.drawn(which)
	if planned == 1 || planned == 0 && verb == "trial" {
		return nil
	}
	config := filepath.Join(filepath.Dir(w.config), which+".hcl")
	w.must(os.WriteFile(config, []byte(text), 0o600))
	switch verb {
	case "apply":
		saved := filepath.Join(filepath.Dir(w.config), which+".plan")
		w.want(0, "plan", config, "--out", saved)
		return []string{verb, saved}
	case "trial":
		return []string{"switch", config, "--confirm", rapid.SampledFrom([]string{"1ms", "120ms"}).Draw(w.t, "trial")}
	}
	return []string{verb, config}
}

// inTurn gives how the host ends after both, first and then second.
func (w *walk) inTurn(runs [2][]string, first, second int) end {
	return w.onCopy(func(e *end) {
		for _, i := range []int{first, second} {
			e.statuses[i], _ = w.run(runs[i]...)
		}
	})
}

// between gives how the host ends after both where the other one comes while the
// one on trial waits, which has no lock then, and is in vain.
func (w *walk) between(runs [2][]string, trial int) end {
	return w.onCopy(func(e *end) {
		w.waits(runs[trial][1])
		e.statuses[1-trial], _ = w.run(runs[1-trial]...)
		w.want(0, "confirm", "--expired")
		e.statuses[trial] = 5
	})
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

// atOnce gives how the host ends after both at the same time.
func (w *walk) atOnce(runs [2][]string) end {
	var e end
	var began [2]*exec.Cmd
	var said [2]strings.Builder
	for i, args := range runs {
		began[i] = exec.CommandContext(w.t.Context(), binary, append(args, w.flags()...)...)
		began[i].Stdout, began[i].Stderr = &said[i], &said[i]
		w.must(began[i].Start())
	}
	for i, cmd := range began {
		// How it ended is in its state.
		_ = cmd.Wait()
		e.statuses[i] = cmd.ProcessState.ExitCode()
		w.tell("beside another, %v: exit %d\n%s", runs[i], e.statuses[i], said[i].String())
	}
	e.tree = w.recordedTree()
	return e
}

// recordedTree is the managed tree and what is recorded of it: which generations
// there are, of which configurations, and which are current and for the next boot.
func (w *walk) recordedTree() map[string]string {
	out := w.managedTree()
	for p, text := range w.tree() {
		below, ours := strings.CutPrefix(p, "var/lib/activate/")
		if ours && (below == "current" || below == "boot" || strings.Contains(below, "/config/")) {
			out[p] = text
		}
	}
	return out
}

// learned notes of which configuration each new generation is, by the copy that
// it has; those that are gone are forgotten.
func (w *walk) learned() {
	was := maps.Clone(w.of)
	clear(w.of)
	for _, n := range w.generations() {
		text, known := was[n]
		if !known {
			copies, err := filepath.Glob(w.path("var/lib/activate/generations/" + n + "/config/*"))
			w.must(err)
			b, err := os.ReadFile(copies[0])
			w.must(err)
			text = string(b)
		}
		w.of[n] = text
	}
}
