package ui

import (
	"fmt"
	"io"

	"github.com/activate-agent/activate/activation/generation"
	"github.com/activate-agent/activate/activation/plan"
)

// BootReport is what is worth telling of the host's boots.
type BootReport struct {
	// Failed is the current generation's last boot, when it was no good one.
	Failed *BootFailure `json:"failed,omitempty"`
	// Fallback is the boot default that was given up.
	Fallback *generation.Fallback `json:"fallback,omitempty"`
}

// BootFailure is a generation that did not come up.
type BootFailure struct {
	Generation int    `json:"generation"`
	Attempts   int    `json:"attempts"`
	Reason     string `json:"reason"`
}

// Empty tells whether there is nothing to tell.
func (r BootReport) Empty() bool { return r.Failed == nil && r.Fallback == nil }

// Boot prints the report, one line each.
func Boot(w io.Writer, r BootReport) {
	if f := r.Fallback; f != nil {
		fmt.Fprintln(w, visible(f.String()))
	}
	if f := r.Failed; f != nil {
		fmt.Fprintf(w, "generation %d failed to boot %s: %s\n", f.Generation, generation.Times(f.Attempts), visible(f.Reason))
	}
}

// DriftJSON prints the plan's document with its problems and the report in it.
func DriftJSON(w io.Writer, p *plan.Plan, problems, overridden []plan.Problem, r BootReport) error {
	var boot *BootReport
	if !r.Empty() {
		boot = &r
	}
	_, err := w.Write(plan.Document(struct {
		plan.Plan
		Problems   []plan.Problem `json:"problems,omitempty"`
		Overridden []plan.Problem `json:"overridden,omitempty"`
		Boot       *BootReport    `json:"boot,omitempty"`
	}{*p, problems, overridden, boot}))
	return err
}
