package activation

import (
	"github.com/activate-agent/activate/activation/plan"
)

// Result is how a run ended, as `switch --json` prints it beside the plan.
type Result struct {
	// Verdict is one of the constants below.
	Verdict Verdict `json:"result"`
	// Generation is the current one after the run, 0 for none.
	Generation int        `json:"generation"`
	Plan       *plan.Plan `json:"-"`
	Outcome    Outcome    `json:"-"`
	// Left are the addresses that stay changed after a failure that could
	// not be undone.
	Left []plan.Address `json:"left,omitempty"`
	// LeftOut are the addresses that a boot could not bring back, and went on
	// without.
	LeftOut []plan.Address `json:"left_out,omitempty"`
	// Overtaken tells that the host changed after it was planned and before the
	// first change: another plan may do.
	Overtaken bool `json:"-"`
	// Err is what went wrong; nil for Applied and Unchanged.
	Err error `json:"-"`
}

// Verdict is a run's end in one word.
type Verdict string

// The verdicts of DESIGN section 3.
const (
	Applied     Verdict = "applied"
	Unchanged   Verdict = "unchanged"
	UnitsFailed Verdict = "units-failed"
	RolledBack  Verdict = "rolled-back"
	Partial     Verdict = "partial"
	Failed      Verdict = "failed"
)

// ExitCode is the verdict as the process's exit status.
func (v Verdict) ExitCode() int {
	switch v {
	case Applied, Unchanged:
		return 0
	case Failed:
		return 1
	case Partial:
		return 3
	case UnitsFailed:
		return 4
	case RolledBack:
		return 5
	}
	panic("internal error: unknown verdict " + string(v))
}
