package main_test

import (
	"os"
	"path/filepath"
	"slices"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// onTrial switches to a configuration that is to be confirmed, and is not, or
// is, or the host goes down before, or somebody goes elsewhere. While it waits
// every other switch is refused.
func (w *walk) onTrial() {
	text, planned := w.drawn("on trial")
	if planned != 2 {
		return
	}
	before := w.current
	end := rapid.SampledFrom([]string{"in vain", "confirmed", "boots", "taken back", "elsewhere", "deactivated"}).Draw(w.t, "trial")
	if end == "in vain" {
		w.want(5, "switch", w.config, trialFlag, "1ms")
	} else if waits, _ := w.begins(w.config); !waits {
		w.fail("a switch did not wait to be confirmed", "")
	} else if rapid.Bool().Draw(w.t, "others come") {
		w.othersAreRefused(before)
	}
	switch end {
	case "confirmed":
		w.want(0, "confirm")
		w.reached(text, planned)
		return
	case "boots":
		w.want(0, "at-boot")
	case "taken back":
		w.want(0, "rollback")
	case "elsewhere":
		w.noted(text)
		if w.rollback(); !w.waits() {
			return
		}
		// A policy forbids the way there.
		w.want(0, "confirm", "--expired")
	case "deactivated":
		w.deactivated()
		return
	}
	w.cameBack(before, text)
}

// waits tells whether a switch is on trial.
func (w *walk) waits() bool {
	_, err := os.Lstat(w.path("var/lib/activate/pending.json"))
	return err == nil
}

// othersAreRefused has others switch while one is on trial: to what was before, and
// to what is on trial.
func (w *walk) othersAreRefused(before string) {
	was := w.recordedTree()
	w.want(0, "drift")
	config := filepath.Join(filepath.Dir(w.config), "beside.hcl")
	w.must(os.WriteFile(config, []byte(w.of[before]), 0o644))
	config = rapid.SampledFrom([]string{config, w.config}).Draw(w.t, "another's")
	verb := rapid.SampledFrom([]string{"switch", "test", "boot", "plan", trialFlag}).Draw(w.t, "another's verb")
	if verb == trialFlag {
		w.want(1, "switch", config, trialFlag, "1h")
	} else {
		w.want(1, verb, config)
	}
	w.differs("refused while a trial waits, yet changed", was, w.recordedTree())
}

// differs fails where two trees do.
func (w *walk) differs(what string, was, now map[string]string) {
	if d := cmp.Diff(was, now); d != "" {
		w.fail(what, d)
	}
}

// cameBack looks whether a trial of text in vain led back to the generation before.
func (w *walk) cameBack(before, text string) {
	w.noted(text)
	w.current = before
	if before == "" {
		// What the trial left goes with the next deactivate.
		if w.leads("current") || w.leads("boot") {
			w.fail("a first trial in vain left a generation in effect", "")
		}
		return
	}
	if now := w.inEffect(); now != before {
		w.fail("a trial in vain left another generation", now)
	}
	w.settled()
}

// confirmedBeside has a switch on trial, its confirmation and a third run at once.
// What had the lock first counts, and only a trial that was confirmed ends well.
func (w *walk) confirmedBeside() {
	runs := [][]string{w.bringing("trial", "on trial"), {"confirm"}, w.another("beside the confirmation")}
	if runs[0] == nil || runs[2] == nil || onTrial(runs[2]) {
		return
	}
	all := courses(parts(runs))
	// It may be asked for its confirmation when the others come.
	asked := rapid.Bool().Draw(w.t, "asked")
	if asked {
		all = slices.DeleteFunc(all, func(c []int) bool { return c[0] != 0 })
		if rapid.Bool().Draw(w.t, "for long") {
			// Then one of the others ends it.
			runs[0][3] = "1h"
			all = slices.DeleteFunc(all, func(c []int) bool { return c[len(c)-1] != 0 })
		}
	}
	w.atOnce(runs, w.ends(runs, all), asked)
	w.wentOn(runs)
}
