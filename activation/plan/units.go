package plan

import (
	"encoding/json"
	"slices"
)

// Units is what a switch does to the units of the init, each list sorted and
// by full name ("web.service"). A unit that is stopped before the change and
// started after it is in Stop and Start; one that is restarted in place is in
// Restart only; Skip are changed units that policy leaves running.
//
// It is data like the rest of a plan: a journal keeps it, and what an
// interrupted run owes is done from it.
type Units struct {
	Stop    []string
	Start   []string
	Restart []string
	Reload  []string
	Skip    []string
	// Reasons says for each unit in a list why it is there, one short clause:
	// "ExecStart changed".
	Reasons map[string]string
	// Failed are the units that had failed before the first change. They are
	// the baseline: only other ones count as failures of the switch.
	Failed []string
	// Refresh has the init read all definitions again, since some changed.
	Refresh bool
	// Renew has the init itself begin anew, since its own settings changed;
	// what runs goes on.
	Renew bool
}

// Empty tells whether the init has nothing to do. A skipped unit is nothing to
// do.
func (u Units) Empty() bool {
	return !u.Refresh && !u.Renew && len(u.Stop)+len(u.Start)+len(u.Restart)+len(u.Reload) == 0
}

// Resume is what has to be done when the changes were taken back after the
// stop phase: what was stopped runs again, nothing else happened.
func (u Units) Resume() Units {
	return Units{Start: slices.Clone(u.Stop), Reasons: u.Reasons, Failed: u.Failed, Refresh: u.Refresh, Renew: u.Renew}
}

// unitsJSON is the form of DESIGN section 3, lists never null.
type unitsJSON struct {
	Stop    []string          `json:"stop"`
	Start   []string          `json:"start"`
	Restart []string          `json:"restart"`
	Reload  []string          `json:"reload"`
	Skip    []string          `json:"skip"`
	Reasons map[string]string `json:"reasons,omitempty"`
	Failed  []string          `json:"failed_before,omitempty"`
	Refresh bool              `json:"refresh,omitempty"`
	Renew   bool              `json:"renew,omitempty"`
}

// MarshalJSON writes the lists, empty ones as [].
func (u Units) MarshalJSON() ([]byte, error) {
	list := func(l []string) []string {
		if l == nil {
			return []string{}
		}
		return l
	}
	return json.Marshal(unitsJSON{
		Stop: list(u.Stop), Start: list(u.Start), Restart: list(u.Restart),
		Reload: list(u.Reload), Skip: list(u.Skip), Reasons: u.Reasons, Failed: u.Failed, Refresh: u.Refresh, Renew: u.Renew,
	})
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (u *Units) UnmarshalJSON(b []byte) error {
	var v unitsJSON
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	*u = Units(v)
	return nil
}
