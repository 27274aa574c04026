package activation

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/activate-agent/activate/activation/generation"
	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
)

// Subsystem makes one family of objects match. It is given its desired and
// last state when it is made.
type Subsystem interface {
	// Diff holds the desired state against the host. It reads only.
	Diff(ctx context.Context) (plan.Diff, error)
	// Save keeps what the changes would destroy, so that their inverses can
	// be applied, by another process too.
	Save(ctx context.Context, changes []plan.Change) error
	// Apply makes the changes. One whose After already holds is skipped; one
	// whose Before does not hold gives an error that wraps rootfs.ErrChanged.
	// Undo is Apply of plan.Inverses.
	Apply(ctx context.Context, changes []plan.Change) error
}

// Part is a subsystem and the kinds of changes that are its.
type Part struct {
	Kinds     []string
	Subsystem Subsystem
	// Section is the name of its desired state in a record; Recorded gives
	// that state after Diff, without secrets.
	Section  string
	Recorded func() any
	// Keep keeps the secrets of the desired state, which the record stands for by
	// their hashes: a boot or rollback has no configuration. It is called before a
	// generation is recorded; nil means that there are none.
	Keep func() error
	// Files are what the part itself adds to a generation's tree; may be nil.
	Files func() []generation.File
	// Contents gives the bytes of a change for its diff; nil when it never
	// has any. With secret both are nil.
	Contents func(plan.Change) (before, after []byte, secret bool, err error)
	// Space gives what Save and Apply of the changes, and the part's files in a
	// generation's tree below etc/ and files/, write. Nil means nothing worth
	// counting.
	Space func([]plan.Change) []rootfs.Need
	// Checks gives the commands that judge the contents which changes install;
	// nil means none.
	Checks func([]plan.Change) []Check
	// Settled is called after the target became current, to keep what makes
	// the next run faster. staged is what the generation's files were when
	// they were written, by their path in its tree. May be nil.
	Settled func(staged map[string]rootfs.Info) error
	// Paths gives the paths (relative to the root) beside which a killed
	// Apply of the change may have left a temporary file.
	Paths func(plan.Change) []string
	// Originals gives what stood at each address that is or becomes ours by
	// the diff, for the index. Nil means: what the diff's own changes replace.
	Originals func(plan.Diff) map[plan.Address]plan.State
	// Parents gives the directories that are kept for the sake of entries;
	// nil means none.
	Parents func(plan.Diff) []string
	// Installed gives keyed hashes of the secrets that are read on the host, by
	// the address that they are installed at; it is called after Diff. Nil means
	// none.
	Installed func() map[plan.Address]string
	// Judge gives the problems and warnings that only show where the changes of all
	// parts are seen together; it is called after their Diffs. Nil means none.
	Judge func(changes []plan.Change) (problems, warnings []plan.Problem, err error)
	// Renewed tells whether the target asks for something else of the part than
	// the last record, though it be nothing that a change would bring: a policy,
	// an object that stays as it is and is no longer ours. Nil means never.
	Renewed func() bool
	// Waits is called once a generation that brings the part's changes waits for its
	// boot; nil means that nobody needs to know.
	Waits func([]plan.Change) error
	// Leaves tells whether a change gives its object back to the host; nil
	// means: only a deletion does.
	Leaves func(plan.Change) bool
}

func (p *Part) owns(ch plan.Change) bool { return slices.Contains(p.Kinds, ch.Kind) }

func (p *Part) leaves(ch plan.Change) bool {
	if p.Leaves == nil {
		return ch.After == nil
	}
	return ch.After == nil || p.Leaves(ch)
}

// Handoff gives units to the host's init.
type Handoff interface {
	// Verbs decides what happens to units, before the first change.
	Verbs(ctx context.Context, changes []plan.Change) (plan.Units, error)
	// Stop stops what has to stop first, with the old definitions.
	Stop(ctx context.Context, units plan.Units) []UnitFailure
	// Start does the rest and gives the verdict. Even with an error every
	// phase was tried.
	Start(ctx context.Context, units plan.Units) (Outcome, error)
	// Failing gives the units that should be up by now and are not, once their
	// states have settled.
	Failing(ctx context.Context) ([]UnitFailure, error)
}

// UnitFailure is a unit that did not do as it should.
type UnitFailure struct {
	Unit   string `json:"unit"`
	Reason string `json:"reason"`
	// Log is the last lines the unit wrote.
	Log []string `json:"log,omitempty"`
	// User is set for a unit in a user's own manager. What a user does there is
	// no reason to roll the host back.
	User string `json:"user,omitempty"`
}

// Outcome is what came of the units.
type Outcome struct {
	Started   []string
	Restarted []string
	Reloaded  []string
	Failed    []UnitFailure
	Ignored   []UnitFailure
	// Unrelated are failures of others meanwhile, for information.
	Unrelated []UnitFailure
}

// Target is a state the host may be brought to: an evaluated configuration, or
// a generation's record.
type Target struct {
	// Record is what is, or will be, recorded. Its Number is 0 for one that
	// has not been staged; a nil Record is the empty target of deactivate.
	Record *generation.Record
	// Files are the contents to stage; only for a Record without a Number.
	Files []generation.File
	// Linked tells whether entries go through /etc/static.
	Linked   bool
	Snippets []Snippet
	Settings Settings
	// Parts makes the subsystems.
	Parts func(Context) ([]Part, Handoff, error)
}

// Context is what the subsystems of a target need to know besides it.
type Context struct {
	// Last is the record of the generation that is left, nil for none.
	Last *generation.Record
	// Index is what stood there before.
	Index generation.Index
	// Number is the generation the target is or becomes.
	Number int
	// Store finds contents of both generations and keeps what is replaced.
	Store *rootfs.Store
}

// Engine runs switches on one root.
type Engine struct {
	Root  *rootfs.Root
	State *generation.State
	// Restore makes a target of a record; of nil the empty target.
	Restore func(*generation.Record) (*Target, error)
	// RunDir is the directory of the run lock, relative to the root; empty means
	// run/activate.
	RunDir string
	// SnippetEnv are variables that snippets get besides the usual ones, as
	// NAME=value; later ones win.
	SnippetEnv []string
	// Offline is set for a root that is not the running system: snippets are
	// skipped.
	Offline bool
	// BootFiles gives the host's boot entry for activate; none where its init
	// has no way, or nothing is to be installed; nil for never any. It is asked
	// once the parts of a target are made, which say where the init looks.
	BootFiles func() ([]BootFile, error)
	// CountBoots is set where the boot entry tells how boots end.
	CountBoots bool
	// made are directories above the state and the lock that this run made.
	made []string
	// telling is held while an event is reported.
	telling sync.Mutex
	// Now is the clock for records.
	Now func() time.Time
	// Report tells a person what is going on; it must not block.
	Report func(Event)
	// Version is that of this program, for the record.
	Version string
}

// Event is one thing a person may want to see while it happens.
type Event struct {
	// Step is the step of the run: "stage", "users", "snippet secrets", …
	Step string
	// Text is one line, or the lines of a snippet's output that came together,
	// with newlines in between.
	Text string
	// Warning marks what went wrong or was left out.
	Warning bool
}

func (e *Engine) report(step, text string) { e.tell(Event{Step: step, Text: text}) }

func (e *Engine) warn(step, text string) { e.tell(Event{Step: step, Text: text, Warning: true}) }

// tell reports one event at a time: some come from beside the run.
func (e *Engine) tell(ev Event) {
	e.telling.Lock()
	defer e.telling.Unlock()
	e.Report(ev)
}

// store gives the contents that a way from one generation to another needs.
func (e *Engine) store(from, to int) (*rootfs.Store, error) {
	var dirs []string
	for _, n := range []int{to, from} {
		if n > 0 {
			dirs = append(dirs, e.State.Contents(n))
		}
	}
	s, err := rootfs.OpenStore(e.Root, e.State.Key(), e.State.Backup(), dirs...)
	if err != nil {
		return nil, err
	}
	if s.Passing() != nil {
		if next, err := e.State.Next(); err == nil && next == 1 {
			s.FirstKey()
		}
	}
	return s, nil
}
