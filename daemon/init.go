package daemon

import (
	"context"
	"time"

	"github.com/activate-agent/activate/activation/plan"
)

// Init is one kind of init or service manager. Render, Traits and Compare are
// pure; the other methods speak with the running init and are called only when
// Running.
type Init interface {
	// Name is what --init calls it.
	Name() string
	// Render makes the files the init reads, sorted by unit. The same input
	// gives the same bytes. The error names the service and the value that
	// cannot be said to this init.
	Render(Desired) ([]File, error)
	// Dirs are the directories, relative to the root, that the init reads
	// definitions from: first the one that Render writes to, then those of
	// others, which it hides.
	Dirs() []string
	// Traits reads from a definition how its unit wants to be treated.
	Traits(Definition) Traits
	// Compare says what a running unit needs when its definition goes from
	// was to will, both present.
	Compare(was, will Definition) Difference

	// Running tells whether there is an init to hand units to. It is false in
	// a chroot and for another root.
	Running() bool
	// Status gives every unit the init has loaded, and the named ones too.
	// Unmet is filled in for those only.
	Status(ctx context.Context, names []string) (map[string]Status, error)
	// Followers gives the units that the init stops or starts again together
	// with the named one, since they depend on it.
	Followers(ctx context.Context, name string) ([]string, error)
	// Refresh has the init read all definitions again.
	Refresh(ctx context.Context) error
	// Settings are the files, and directories of files, of the init's own
	// settings, relative to the root, which it reads only when it begins.
	Settings() []string
	// Renew has the init begin anew with its settings, while all that runs goes
	// on; it reads all definitions again too.
	Renew(ctx context.Context) error
	// Forget clears the failed state of the named units.
	Forget(ctx context.Context, names []string) error
	// Do gives all units to the init at once, which orders them itself, and
	// waits for all of them until the deadline. What fails does not keep the
	// others from being done.
	Do(ctx context.Context, verb Verb, names []string, deadline time.Duration) []Failure
	// Log gives the last lines, at most n, of what the unit wrote and the init
	// said of it.
	Log(ctx context.Context, name string, n int) []string
}

// Verb is what Init.Do does to units.
type Verb string

// The verbs, as a person reads them.
const (
	VerbStop    Verb = "stop"
	VerbStart   Verb = "start"
	VerbRestart Verb = "restart"
	VerbReload  Verb = "reload"
)

// File is one unit's file as the init reads it.
type File struct {
	// Address is what the plan calls it: "unit/web.service",
	// "unit/web.service.d/limits.conf" (a drop-in), "mount//mnt/t".
	Address plan.Address
	// Unit is the unit it defines or adds to, with suffix.
	Unit string
	// Path is relative to the root.
	Path string
	// Content is the file's bytes; nil with a Target.
	Content []byte
	// Mode is the permission bits.
	Mode uint32
	// Target makes it a link instead of a file: a masked unit's is /dev/null.
	Target string
	// Parts are further files of the unit, where the init wants several.
	Parts []Part
	// Links are enablement links, path relative to the root to link text.
	Links map[string]string
	// Run are the units that are to be running after a switch: Unit itself,
	// an instance of it where it is a template, or none.
	Run []string
	// WantedBy are the units whose start brings it up, from Links.
	WantedBy []string
	// IgnoreFailure says that the unit's failure is no failure of a switch.
	IgnoreFailure bool
	// Origin is where the configuration asks for it, "nix.hcl:12".
	Origin string
}

// Part is one of the further files of a unit.
type Part struct {
	// Path is relative to the root.
	Path string
	// Name is its path among all that is rendered for the init: "web/run".
	Name    string
	Content []byte
	Mode    uint32
}

// Definition is one unit as the init sees it: the bytes of its file and then
// of its drop-ins, in order. No file at all is no definition.
type Definition struct {
	Unit   string
	Files  [][]byte
	Masked bool
}

// Present tells whether there is something that could run.
func (d Definition) Present() bool { return !d.Masked && len(d.Files) > 0 }

// Status is what the running init says of one unit.
type Status struct {
	Name string
	// Active is the state: "active", "reloading", "inactive", "failed",
	// "activating" or "deactivating".
	Active string
	// Failed says that it failed and stays so, or that it is started again
	// and again after failures.
	Failed bool
	// Queued says that the init is about to start it, as while it boots.
	Queued bool
	// Unmet says that the unit is inactive since a condition in its own
	// definition is not met: it is as it should be.
	Unmet bool
}

// Up tells whether the unit runs or is about to.
func (s Status) Up() bool {
	return s.Active == "active" || s.Active == "activating" || s.Active == "reloading" || s.Queued
}

// Failure is a unit that did not do what it was told, or that failed by
// itself.
type Failure struct {
	Unit string `json:"unit"`
	// Verb is what was asked of it, empty when it failed by itself.
	Verb Verb `json:"verb,omitempty"`
	// Reason is one clause: "the job timed out after 90s".
	Reason string `json:"reason"`
	// Log is the last lines it wrote.
	Log []string `json:"log,omitempty"`
	// User is set for a unit of the user's manager, empty for the host's own.
	User string `json:"user,omitempty"`
}

// Error gives the failure in one line.
func (f Failure) Error() string {
	if f.Verb == "" {
		return f.Unit + " failed: " + f.Reason
	}
	return "cannot " + string(f.Verb) + " " + f.Unit + ": " + f.Reason
}
