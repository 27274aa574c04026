package main_test

import (
	"encoding/json"
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

// asks has somebody ask something between runs: not a byte of the host changes,
// and the answer is what the walk knows.
func (w *walk) asks() {
	was := w.unlocked()
	w.oneOf([]func(){w.asksForChanges, w.asksForGenerations, w.asksForDifference, w.builds, w.appliesNothing})
	w.differs("what only answers changed", was, w.unlocked())
}

// unlocked is the whole tree, but for the lock, which tells who had it last.
func (w *walk) unlocked() map[string]string {
	out := w.tree()
	maps.DeleteFunc(out, func(p, _ string) bool { return strings.HasSuffix(p, "run/activate/lock") })
	return out
}

// answer runs what ends with 0 and reads the document that it gives.
func (w *walk) answer(doc any, args ...string) {
	cmd := exec.CommandContext(w.t.Context(), w.program, append(append(args, "--json"), w.flags()...)...)
	cmd.Env = []string{"NO_COLOR=1"}
	w.asOwner(cmd)
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	w.tell("activate %s --json: %v", strings.Join(args, " "), cmd.ProcessState)
	if err == nil {
		err = json.Unmarshal(out, doc)
	}
	if err != nil {
		w.fail("an answer", fmt.Sprintf("%v\n%s%s", err, out, said.String()))
	}
}

// plannedChanges is what a document says of changes.
type plannedChanges struct {
	Changes []struct{ Address, Action string }
	Units   map[string]any
	Summary map[string]int
}

// actions are what happens to each address.
func (p plannedChanges) actions() map[string]string {
	out := map[string]string{}
	for _, c := range p.Changes {
		out[c.Address] = c.Action
	}
	return out
}

// asksForChanges asks what is to be done, in vain.
func (w *walk) asksForChanges() {
	for _, args := range [][]string{{"drift"}, {"plan", w.config, "--detailed-exitcode"}} {
		var doc plannedChanges
		w.answer(&doc, args...)
		s := doc.Summary
		if len(doc.Changes) > 0 || s["create"]+s["update"]+s["delete"] > 0 {
			w.fail("changes where there is nothing to do", fmt.Sprint(doc))
		}
	}
}

// asksForGenerations asks which there are.
func (w *walk) asksForGenerations() {
	var said []struct {
		Number        int
		Current, Boot bool
	}
	w.answer(&said, "generations")
	there := w.generations()
	for _, g := range said {
		n := fmt.Sprint(g.Number)
		if !slices.Contains(there, n) || g.Current != (n == w.current) || g.Boot != (n == w.bootDefault()) {
			w.fail("a generation that is not there, or is something else", fmt.Sprint(g))
		}
	}
	if len(said) != len(there) {
		w.fail("not all generations were told", fmt.Sprint(said))
	}
}

// asksForDifference asks for the one between two generations, there and back.
func (w *walk) asksForDifference() {
	a, b := rapid.SampledFrom(w.generations()).Draw(w.t, "of"), rapid.SampledFrom(w.generations()).Draw(w.t, "and")
	var there, back plannedChanges
	w.answer(&there, "diff", a, b)
	w.answer(&back, "diff", b, a)
	inverse := back.actions()
	for address, action := range inverse {
		switch action {
		case "create":
			inverse[address] = "delete"
		case "delete":
			inverse[address] = "create"
		}
	}
	if d := cmp.Diff(inverse, there.actions()); d != "" || a == b && len(inverse) > 0 {
		w.fail("a difference is not the inverse of that of the way back", d)
	}
}

// builds builds the configuration in effect, twice: both are the same, and hold the
// linked contents of its generation.
func (w *walk) builds() {
	var built []map[string]string
	for _, name := range []string{"built", "built again"} {
		dir := filepath.Join(filepath.Dir(w.config), name)
		w.must(os.RemoveAll(dir))
		w.want(0, "build", w.config, "-o", dir)
		built = append(built, walkHost{t: w.t, dir: dir}.tree())
	}
	w.differs("two builds are not the same", built[0], built[1])
	linked := map[string]string{}
	for p, text := range w.tree() {
		if below, ours := strings.CutPrefix(p, filepath.Join(stateOfHost, "generations", w.current)+"/"); ours {
			linked[below] = text
		}
	}
	for _, tree := range []map[string]string{built[0], linked} {
		for p := range tree {
			if !strings.HasPrefix(p, "etc/") {
				delete(tree, p)
			}
		}
	}
	w.differs("a build has not the contents of the generation", linked, built[0])
}

// appliesNothing applies a plan without a change, which is no change either.
func (w *walk) appliesNothing() {
	saved := filepath.Join(filepath.Dir(w.config), "nothing.plan")
	w.want(0, "plan", w.config, "--out", saved)
	w.want(0, "apply", saved)
}

// appliesLate applies a plan that was made before somebody switched to something
// else: it is refused.
func (w *walk) appliesLate() {
	late := w.bringing("apply", "planned early")
	if late == nil {
		return
	}
	text, planned := w.drawn("in between")
	if planned != 2 {
		return
	}
	w.want(0, "switch", w.config)
	w.reached(text, planned)
	was := w.recordedTree()
	w.want(1, late...)
	w.differs("a plan came too late, yet changed", was, w.recordedTree())
	w.settled()
}
