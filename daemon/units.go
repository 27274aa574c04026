package daemon

import (
	"fmt"
	"time"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
)

// Config says what a Units works on.
type Config struct {
	Init Init
	Root *rootfs.Root
	// Store keeps what stands in the way, and has the key that secrets are
	// hashed with; only Save writes to it.
	Store   *rootfs.Store
	Desired Desired
	// Last is what the current generation put at each address: our states.
	// Addresses of other kinds are passed over.
	Last map[plan.Address]plan.State
	// Earlier is what stood at an address of Last before it became ours; an
	// address that is missing had nothing.
	Earlier map[plan.Address]plan.State
	// Contents gives the bytes of other subsystems' changes on both sides, so
	// that a drop-in written by one counts for its unit; nil means none.
	Contents func(plan.Change) (before, after []byte, secret bool, err error)
	// Parents are the directories that earlier runs made for unit files.
	Parents []string
	// TellDropIns has drop-ins of others told, as drift does.
	TellDropIns bool
	// Wanted tells the paths that other subsystems are to have: a directory that was
	// made for a unit or mount stays for them, empty or not. Nil means none.
	Wanted func(p string) bool
	// KeepEdited leaves files of ours that were changed by hand, where they
	// would be removed, and warns instead.
	KeepEdited bool
	// KeepStopped leaves a unit alone that was stopped although it should
	// run.
	KeepStopped bool
	// Deadline is how long the jobs of one phase may take; 0 is 5 minutes, or
	// longer where a service's readiness may take longer.
	Deadline time.Duration
}

// Units is the subsystem of unit files and the hand-off to the init.
type Units struct {
	cfg   Config
	files []File
}

// New renders the desired state. Its error is the renderer's.
func New(cfg Config) (*Units, error) {
	if hasSecrets(cfg.Desired) {
		cfg.Desired = Seal(cfg.Desired, cfg.Store)
	}
	files, err := cfg.Init.Render(cfg.Desired)
	if err != nil {
		return nil, fmt.Errorf("cannot write units for %s: %w", cfg.Init.Name(), err)
	}
	if cfg.Deadline == 0 {
		cfg.Deadline = deadline(cfg.Desired)
	}
	ours := map[plan.Address]plan.State{}
	for a, raw := range cfg.Last {
		if a.Kind() != plan.KindUnit && a.Kind() != plan.KindMount {
			continue
		}
		if _, err := decode(a, raw); err != nil {
			return nil, err
		}
		ours[a] = raw
	}
	cfg.Last = ours
	return &Units{cfg: cfg, files: files}, nil
}

// Recorded is the desired state without secrets, for a generation's record.
func (u *Units) Recorded() Desired {
	d := u.cfg.Desired
	d.Init = u.cfg.Init.Name()
	if d.Init == DefaultInit {
		d.Init = ""
	}
	return d
}

// DefaultInit is the init of a record that names none.
const DefaultInit = "systemd"

// Files gives the rendered files, for a generation's tree.
func (u *Units) Files() []File { return u.files }

func deadline(d Desired) time.Duration {
	longest := 5 * time.Minute
	for _, s := range d.Services {
		if s.Readiness == nil {
			continue
		}
		// A duration that is none has made Render fail.
		if t, err := time.ParseDuration(s.Readiness.Timeout); err == nil {
			longest = max(longest, t+time.Minute)
		}
	}
	return longest
}
