package daemon

import (
	"context"
	"io"
	"time"
)

// Detail is what a person asks about one unit.
type Detail struct {
	Name string `json:"name"`
	// State is as in Status.Active.
	State string `json:"state"`
	PID   int    `json:"pid,omitempty"`
	// Since is when the state began; zero when that is not known.
	Since time.Time `json:"since,omitzero"`
	Ready bool      `json:"ready"`
	// Reason is one clause on why it is so.
	Reason string `json:"reason,omitempty"`
}

// Console is an init as a person sees it.
type Console interface {
	// Details gives one for each of the units, in their order.
	Details(ctx context.Context, units []string) ([]Detail, error)
	// Follow writes the last n lines of the unit's log and then, until ctx
	// ends, what comes.
	Follow(ctx context.Context, unit string, n int, w io.Writer) error
}
