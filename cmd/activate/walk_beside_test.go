package main_test

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/google/go-cmp/cmp"
)

// end is how two runs ended: their exit statuses, and what they left.
type end struct {
	statuses [2]int
	tree     map[string]string
}

// together has two switches at once. One waits for the other, and the host is as
// if they had come one after the other.
func (w *walk) together() {
	var configs [2]string
	for i, name := range []string{"one.hcl", "other.hcl"} {
		text, planned := w.drawn("beside another")
		if planned == 1 {
			return
		}
		configs[i] = filepath.Join(filepath.Dir(w.config), name)
		w.must(os.WriteFile(configs[i], []byte(text), 0o600))
	}
	inOrder, reversed := w.inTurn(configs, 0, 1), w.inTurn(configs, 1, 0)
	now := w.atOnce(configs)
	if !cmp.Equal(now, inOrder, cmp.AllowUnexported(end{})) && !cmp.Equal(now, reversed, cmp.AllowUnexported(end{})) {
		w.fail("two switches at once were not as one after the other", fmt.Sprintf("%v, not %v (%s) nor %v (%s)", now.statuses,
			inOrder.statuses, cmp.Diff(inOrder.tree, now.tree), reversed.statuses, cmp.Diff(reversed.tree, now.tree)))
	}
	if len(w.generations()) == 0 {
		return
	}
	w.learned()
	w.current = w.inEffect()
	w.settled()
}

// inTurn gives how a copy of the host ends after the two, first and then second.
func (w *walk) inTurn(configs [2]string, first, second int) end {
	c := *w
	c.dir = filepath.Join(filepath.Dir(w.config), "copy")
	w.must(exec.CommandContext(w.t.Context(), "cp", "-a", w.dir, c.dir).Run())
	var e end
	for _, i := range []int{first, second} {
		e.statuses[i], _ = c.run("switch", configs[i])
	}
	e.tree = c.managedTree()
	w.must(os.RemoveAll(c.dir))
	return e
}

// atOnce gives how the host ends after both.
func (w *walk) atOnce(configs [2]string) end {
	var e end
	var runs [2]*exec.Cmd
	var said [2]strings.Builder
	for i := range runs {
		runs[i] = exec.CommandContext(w.t.Context(), binary, append([]string{"switch", configs[i]}, w.flags()...)...)
		runs[i].Stdout, runs[i].Stderr = &said[i], &said[i]
		w.must(runs[i].Start())
	}
	for i, cmd := range runs {
		_ = cmd.Wait()
		e.statuses[i] = cmd.ProcessState.ExitCode()
		w.t.Logf("beside another: exit %d\n%s", e.statuses[i], said[i].String())
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
