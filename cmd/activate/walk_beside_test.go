package main_test

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// end is how two runs ended: their exit statuses, and what they left.
type end struct {
	statuses [2]int
	tree     map[string]string
}

// together has a switch and another run at once. One waits for the other, and the
// host is as if they had come one after the other.
func (w *walk) together() {
	text, planned := w.drawn("beside another")
	if planned == 1 {
		return
	}
	config := filepath.Join(filepath.Dir(w.config), "beside.hcl")
	w.must(os.WriteFile(config, []byte(text), 0o600))
	other := w.another()
	if other == nil {
		return
	}
	runs := [2][]string{{"switch", config}, other}
	inOrder, reversed := w.inTurn(runs, 0, 1), w.inTurn(runs, 1, 0)
	now := w.atOnce(runs)
	if !cmp.Equal(now, inOrder, cmp.AllowUnexported(end{})) && !cmp.Equal(now, reversed, cmp.AllowUnexported(end{})) {
		w.fail("two runs at once were not as one after the other", fmt.Sprintf("%v, not %v (%s) nor %v (%s)", now.statuses,
			inOrder.statuses, cmp.Diff(inOrder.tree, now.tree), reversed.statuses, cmp.Diff(reversed.tree, now.tree)))
	}
	switch there := len(w.generations()) > 0; {
	case !there && w.current != "":
		w.ended()
	case there && other[0] == "deactivate":
		w.deactivated()
	case there:
		w.learned()
		w.current = w.inEffect()
		w.settled()
	}
}

// another draws the run beside a switch, nil where none is possible.
func (w *walk) another() []string {
	verbs := []string{"switch", "switch"}
	if w.current != "" {
		verbs = append(verbs, "rollback", "deactivate", "at-boot", "generations")
	}
	switch verb := rapid.SampledFrom(verbs).Draw(w.t, "the other run"); verb {
	case "switch":
		if _, planned := w.drawn("the other"); planned == 1 {
			return nil
		}
		return []string{verb, w.config}
	case "rollback":
		return []string{verb, rapid.SampledFrom(w.generations()).Draw(w.t, "roll back to")}
	case "generations":
		return []string{verb, "delete", "--keep", "1"}
	default:
		return []string{verb}
	}
}

// inTurn gives how a copy of the host ends after both, first and then second.
func (w *walk) inTurn(runs [2][]string, first, second int) end {
	c := *w
	c.dir = filepath.Join(filepath.Dir(w.config), "copy")
	w.must(exec.CommandContext(w.t.Context(), "cp", "-a", w.dir, c.dir).Run())
	var e end
	for _, i := range []int{first, second} {
		e.statuses[i], _ = c.run(runs[i]...)
	}
	e.tree = c.managedTree()
	w.must(os.RemoveAll(c.dir))
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
	e.tree = w.managedTree()
	return e
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
