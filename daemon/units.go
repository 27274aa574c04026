package daemon

import (
	"context"
	"fmt"
	"time"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
)

// Config says what a Units works on.
type Config struct {
	Init Init
	Root *rootfs.Root
	// Store keeps what stands in the way; only Save writes to it.
	Store   *rootfs.Store
	Desired Desired
	// Last is what the current generation put at each address: our states.
	Last map[plan.Address]plan.State
	// Earlier is what stood at an address of Last before it became ours; an
	// address that is missing had nothing.
	Earlier map[plan.Address]plan.State
	// KeepEdited leaves files of ours that were changed by hand, where they
	// would be removed, and warns instead.
	KeepEdited bool
	// KeepStopped leaves a unit alone that was stopped although it should
	// run.
	KeepStopped bool
	// Deadline is how long the jobs of one phase may take; 0 is 5 minutes.
	Deadline time.Duration
}

// Units is the subsystem of unit files and the hand-off to the init.
type Units struct {
	cfg   Config
	files []File
	// made are the directories that earlier generations made.
	made []string
	// wants are the states of the desired files as Diff found them.
	wants map[plan.Address]State
}

// New renders the desired state. Its error is the renderer's.
func New(cfg Config) (*Units, error) {
	files, err := cfg.Init.Render(cfg.Desired)
	if err != nil {
		return nil, fmt.Errorf("cannot write units for %s: %w", cfg.Init.Name(), err)
	}
	if cfg.Deadline == 0 {
		cfg.Deadline = 5 * time.Minute
	}
	u := &Units{cfg: cfg, files: files, wants: map[plan.Address]State{}}
	for a, raw := range cfg.Last {
		last, err := decode(a, raw)
		if err != nil {
			return nil, err
		}
		u.made = append(u.made, last.Made...)
	}
	return u, nil
}

// Files gives the rendered files, for a generation's tree.
func (u *Units) Files() []File { return u.files }

// Verbs decides what the switch does to units: those that changes concern,
// and those that should run and do not. Without a running init it is empty.
// It must be called before Apply.
func (u *Units) Verbs(ctx context.Context, changes []plan.Change) (plan.Units, error) {
	return plan.Units{}, ctx.Err()
}

// Stop stops units.Stop, with the definitions as they still are. Failures
// are for the report; the switch goes on.
func (u *Units) Stop(ctx context.Context, units plan.Units) []Failure {
	return nil
}

// Start has the init read the definitions again and then reloads, restarts
// and starts what units says, waits until that is done and quiet, and gives
// the verdict. The error is of the init itself; even then all phases were
// tried.
func (u *Units) Start(ctx context.Context, units plan.Units) (Outcome, error) {
	return Outcome{}, ctx.Err()
}

// Outcome is the verdict over a hand-off.
type Outcome struct {
	// Reloaded, Restarted and Started are the units that did so well.
	Reloaded  []string
	Restarted []string
	Started   []string
	// Failed are units that did not, and units that failed during the switch
	// by themselves. Not empty means exit code 4.
	Failed []Failure
	// Ignored are failures of units whose failure does not count.
	Ignored []Failure
}
