package ui

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/activate-agent/activate/activation"
	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/modules"
)

// resultJSON is `switch --json`: the plan's document with how it ended.
type resultJSON struct {
	plan.Plan
	Generation int                      `json:"generation"`
	Result     activation.Verdict       `json:"result"`
	Error      string                   `json:"error,omitempty"`
	Left       []plan.Address           `json:"left,omitempty"`
	LeftOut    []plan.Address           `json:"left_out,omitempty"`
	Failed     []activation.UnitFailure `json:"failed_units,omitempty"`
	// Problems refused the plan, Diagnostics the configuration.
	Problems    []plan.Problem      `json:"problems,omitempty"`
	Diagnostics modules.Diagnostics `json:"diagnostics,omitempty"`
}

// ResultJSON prints the document of a run, with what is wrong with the
// configuration where that ended it.
func ResultJSON(w io.Writer, r *activation.Result, diags modules.Diagnostics) error {
	doc := resultJSON{Diagnostics: diags, Generation: r.Generation, Result: r.Verdict, Left: r.Left, LeftOut: r.LeftOut, Failed: r.Outcome.Failed}
	if r.Plan != nil {
		doc.Plan = *r.Plan
	} else {
		doc.Plan = *plan.Make(nil, 0, plan.Units{})
	}
	if r.Err != nil {
		doc.Error = r.Err.Error()
	}
	if refused, ok := errors.AsType[*activation.RefusedError](r.Err); ok {
		doc.Problems = refused.Problems
	}
	_, err := w.Write(plan.Document(doc))
	return err
}

// Result prints a run's failures and then its last line, the summary.
func Result(w io.Writer, s Style, r *activation.Result, took time.Duration) {
	for _, f := range r.Outcome.Failed {
		fmt.Fprintf(w, "%s %s: %s\n", s.red("failed:"), visible(f.Unit), visible(f.Reason))
		for _, line := range f.Log {
			fmt.Fprintf(w, "    %s\n", visible(line))
		}
	}
	for _, f := range r.Outcome.Ignored {
		fmt.Fprintf(w, "%s %s: %s (its failure is ignored)\n", s.yellow("warning:"), visible(f.Unit), visible(f.Reason))
	}
	for _, f := range r.Outcome.Unrelated {
		fmt.Fprintf(w, "note: %s failed meanwhile (%s); it is not this configuration's\n", visible(f.Unit), visible(f.Reason))
	}
	if r.Err != nil {
		Error(w, s, r.Err)
	}
	for _, a := range r.Left {
		fmt.Fprintf(w, "still changed: %s\n", visible(string(a)))
	}
	for _, a := range r.LeftOut {
		fmt.Fprintf(w, "not done: %s\n", visible(string(a)))
	}
	if len(r.Left) > 0 {
		fmt.Fprintln(w, "the next run of activate goes on with what is left; the journal has the details")
	}
	fmt.Fprintln(w, Summary(r, took))
}

// Summary is the last line of every run that applies.
func Summary(r *activation.Result, took time.Duration) string {
	var n plan.Summary
	if r.Plan != nil {
		n = r.Plan.Summary
		if r.Verdict == activation.Failed || r.Verdict == activation.RolledBack {
			// Everything was undone: what was to change is as it was, and what was to
			// come is not there.
			n = plan.Summary{Unchanged: n.Unchanged + n.Update + n.Delete}
		}
	}
	return fmt.Sprintf("generation %d: %d added, %d changed, %d removed, %d unchanged; units: %d restarted, %d failed (%d ms)",
		r.Generation, n.Create, n.Update, n.Delete, n.Unchanged,
		len(r.Outcome.Restarted), len(r.Outcome.Failed), took.Milliseconds())
}

// Error prints an error, one line each for a refused plan's problems.
func Error(w io.Writer, s Style, err error) {
	if refused, ok := err.(*activation.RefusedError); ok { //nolint:errorlint // only the bare error is printed as a list
		Problems(w, s.red("error:"), refused.Problems)
		return
	}
	fmt.Fprintf(w, "%s %s\n", s.red("error:"), visible(err.Error()))
}

// Warnings prints a plan's warnings.
func Warnings(w io.Writer, s Style, list []plan.Problem) { Problems(w, s.yellow("warning:"), list) }

// Problems prints findings, each with its way out on a line of its own.
func Problems(w io.Writer, label string, list []plan.Problem) {
	for _, p := range list {
		at := ""
		if p.Origin != "" {
			at = p.Origin + ": "
		}
		fmt.Fprintf(w, "%s %s%s\n", label, visible(at), visible(p.Summary))
		if p.Advice != "" {
			fmt.Fprintf(w, "    %s\n", visible(p.Advice))
		}
	}
}

// Event prints one step of a run, its name before each line.
func Event(w io.Writer, s Style, e activation.Event) {
	name := visible(e.Step) + ":"
	step := s.dim(name)
	if e.Warning {
		step = s.yellow(name)
	}
	// In one piece, since there may be millions.
	var text strings.Builder
	for line := range strings.SplitSeq(visible(e.Text), "\n") {
		text.WriteString(step)
		text.WriteByte(' ')
		text.WriteString(line)
		text.WriteByte('\n')
	}
	_, _ = io.WriteString(w, text.String())
	if spinner, ok := w.(*Spinner); ok {
		spinner.Label(step, time.Now())
	}
}

// JSON prints any answer as a document.
func JSON(w io.Writer, v any) error {
	_, err := w.Write(plan.Document(v))
	return err
}
