package main_test

import (
	"slices"

	"pgregory.net/rapid"
)

// onTrial switches to a configuration that is to be confirmed, and is not, or
// is, or the host goes down before.
func (w *walk) onTrial() {
	text, planned := w.drawn("on trial")
	if planned != 2 {
		return
	}
	before := w.current
	end := rapid.SampledFrom([]string{"in vain", "confirmed", "boots"}).Draw(w.t, "trial")
	if end == "in vain" {
		w.want(5, "switch", w.config, trialFlag, "1ms")
	} else if waits, _ := w.begins(w.config); !waits {
		w.fail("a switch did not wait to be confirmed", "")
	}
	switch end {
	case "confirmed":
		w.want(0, "confirm")
		w.reached(text, planned)
		return
	case "boots":
		w.want(0, "at-boot")
	}
	w.cameBack(before, text)
}

// cameBack looks whether a trial of text in vain led back to the generation before.
func (w *walk) cameBack(before, text string) {
	w.noted(text)
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
