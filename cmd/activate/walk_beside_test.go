package main_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"pgregory.net/rapid"
)

// together has two runs at once. One waits for the other, and the host is as if
// they had come one after the other.
func (w *walk) together() {
	w.bootsOther()
	var runs [][]string
	for _, which := range []string{"one", "other"} {
		args := w.another(which)
		if args == nil {
			return
		}
		runs = append(runs, args)
	}
	w.atOnce(runs, w.ends(runs, courses(parts(runs))), false)
	w.wentOn(runs)
}

// bootsOther has another generation for the next boot than the current one, perhaps:
// at-boot has something to do then.
func (w *walk) bootsOther() {
	if w.current == "" || rapid.IntRange(0, 2).Draw(w.t, "another for the next boot") < 2 {
		return
	}
	text, planned := w.drawn("for the next boot")
	if planned == 1 {
		return
	}
	w.want(0, rapid.SampledFrom([]string{"boot", "test"}).Draw(w.t, "one of both"), w.config)
	w.noted(text)
	w.current = w.inEffect()
}

// wentOn notes where runs led to that came at once.
func (w *walk) wentOn(runs [][]string) {
	left := slices.ContainsFunc(runs, func(args []string) bool { return args[0] == "deactivate" })
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

// another draws one of the runs at once, which is called which, nil where none is
// possible.
func (w *walk) another(which string) []string {
	verbs := []string{"switch", "switch", "switch", "test", "boot", "apply", "trial"}
	if w.leads("boot") {
		verbs = append(verbs, "at-boot")
	}
	if w.current != "" {
		verbs = append(verbs, "rollback", "back", "deactivate", "at-boot", "generations", "older", "delete")
	}
	switch verb := rapid.SampledFrom(verbs).Draw(w.t, which); verb {
	case "switch", "test", "boot", "apply", "trial":
		return w.bringing(verb, which)
	case "rollback":
		return []string{verb, rapid.SampledFrom(w.generations()).Draw(w.t, "roll back to")}
	case "back":
		return []string{"rollback"}
	case "generations":
		return []string{verb, "delete", "--keep", "1"}
	case "older":
		return []string{"generations", "delete", "--older-than", "1ns"}
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
	w.must(os.WriteFile(config, []byte(text), 0o644))
	switch verb {
	case "apply":
		saved := filepath.Join(filepath.Dir(w.config), which+".plan")
		w.want(0, "plan", config, "--out", saved)
		return []string{verb, saved}
	case "trial":
		return []string{"switch", config, trialFlag, rapid.SampledFrom([]string{"1ms", "120ms"}).Draw(w.t, "trial")}
	}
	return []string{verb, config}
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
