package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"time"

	"github.com/activate-agent/activate/activation"
	"github.com/activate-agent/activate/activation/generation"
	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/cmd/activate/internal/ui"
	"github.com/activate-agent/activate/daemon"
	"github.com/activate-agent/activate/etc"
	"github.com/activate-agent/activate/users"
)

// The subsystems' sections of a record.
const (
	sectionUsers  = "users"
	sectionEtc    = "etc"
	sectionDaemon = "daemon"
)

// wiring makes targets, and of targets the subsystems.
type wiring struct {
	root  *rootfs.Root
	state *generation.State
	init  daemon.Init
	// left is the init that services moved from in this run.
	left     daemon.Init
	leftSite site
	// without is the init that services went away from last.
	without daemon.Init
	// caller is the ordinary user of --user, nil for the host.
	caller *caller
	// asked is set when a person named the init, which then has to run.
	asked bool
	// alone leaves services alone, so that nobody has to be there for them.
	alone bool
	// allDrift shows drift that on_drift would keep; see etc.Config.
	allDrift bool
	// resume is set while an interrupted run is ended; see etc.Config.
	resume bool
	// reverts is set while an earlier generation returns that nobody asks for now:
	// a switch on trial is taken back, or a boot leaves what was only tested.
	reverts bool
	// atBoot is set while the host boots.
	atBoot bool
	// generator is set when users have units, which their managers find by it.
	generator bool
	// warn tells a person of what went wrong without harm.
	warn func(text string)
	// forceLockout allows a plan after which nobody can become root.
	forceLockout bool
	// verify reads all that is managed, whatever the last run knew of it.
	verify bool
}

// desired is what a target wants of each subsystem.
type desired struct {
	users  users.Desired
	etc    etc.Desired
	daemon daemon.Desired
	// nothing is set for the empty target of deactivate.
	nothing bool
	// secretsLater tells that snippets come first which may write the secrets
	// that the subsystems read.
	secretsLater bool
}

// restore makes a target of a record; of nil the empty one.
func (w *wiring) restore(r *generation.Record) (*activation.Target, error) {
	t := &activation.Target{Record: r}
	d, err := sections(r)
	if err != nil {
		return nil, err
	}
	d.nothing = r == nil
	if r != nil {
		if err := section(r, activation.SectionSnippets, &t.Snippets); err != nil {
			return nil, err
		}
		if err := section(r, activation.SectionSettings, &t.Settings); err != nil {
			return nil, err
		}
	}
	t.Linked = hasLinked(d.etc)
	d.secretsLater = w.snippetsCome(t.Snippets)
	t.Parts = w.parts(d, t.Settings)
	return t, nil
}

// snippetsCome tells whether any of them runs in this run.
func (w *wiring) snippetsCome(list []activation.Snippet) bool {
	return w.root.Dir() == "/" && slices.ContainsFunc(list, func(s activation.Snippet) bool { return s.AtBoot || !w.atBoot })
}

func hasLinked(d etc.Desired) bool {
	return slices.ContainsFunc(d.Entries, func(e etc.Entry) bool { return e.Type == etc.Linked })
}

// sections reads a record's desired states; none of nil.
func sections(r *generation.Record) (d desired, err error) {
	if r == nil {
		return d, nil
	}
	return d, errors.Join(
		section(r, sectionUsers, &d.users),
		section(r, sectionEtc, &d.etc),
		section(r, sectionDaemon, &d.daemon),
	)
}

func section(r *generation.Record, name string, v any) error {
	raw, ok := r.Sections[name]
	if !ok {
		return nil
	}
	if err := plan.Unmarshal(raw, v); err != nil {
		return fmt.Errorf("cannot read generation %d: its section %s is damaged (%w)", r.Number, name, err)
	}
	return nil
}

// parts makes the subsystems that bring the host to d.
func (w *wiring) parts(d desired, s activation.Settings) func(activation.Context) ([]activation.Part, activation.Handoff, error) {
	return func(c activation.Context) ([]activation.Part, activation.Handoff, error) {
		last, err := sections(c.Last)
		if err != nil {
			return nil, nil, err
		}
		accounts := w.accounts(d, last, c)
		files, paths, err := w.files(d, last, c, accounts)
		if err != nil {
			return nil, nil, err
		}
		units, handoff, err := w.units(d, last, c, s, files.Contents)
		if err != nil {
			return nil, nil, err
		}
		if w.caller != nil {
			return []activation.Part{files, units}, handoff, nil
		}
		return []activation.Part{w.accountsPart(accounts, c, paths, d.daemon), files, units}, handoff, nil
	}
}

// files makes the subsystem of paths; accounts own them.
func (w *wiring) files(d, last desired, c activation.Context, accounts *users.Subsystem) (activation.Part, *etc.Subsystem, error) {
	stamps, err := w.readStamps()
	if err != nil {
		return activation.Part{}, nil, err
	}
	s := etc.New(etc.Config{
		Root: w.root, Store: c.Store, Desired: d.etc, Last: last.etc,
		Originals: c.Index.Originals, Parents: c.Index.Parents, Installed: c.Index.Secrets,
		StateDir: w.state.Dir(), Tree: rootfs.Rel(w.state.Static(c.Number)), RunDir: w.caller.runDir(),
		Owners:      func() (etc.Owners, error) { return w.owners(d.users, accounts) },
		OpenSource:  func(p string) (io.ReadCloser, error) { return os.Open(p) },
		MountPoints: w.mountPoints(d.daemon.Mounts), Keeps: w.homes(d),
		Stamps: stamps, Verify: w.verify, AllDrift: w.allDrift, Resume: w.resume, Reverts: w.reverts, SecretsLater: d.secretsLater,
	})
	contents := w.linkedContents(s.Contents, c)
	space := s.Space
	if w.allDrift {
		// What is only looked at needs none.
		space = nil
	}
	return activation.Part{
		Space:     space,
		Kinds:     []string{plan.KindEtc, plan.KindFile, plan.KindDirectory, plan.KindSymlink},
		Subsystem: s,
		Section:   sectionEtc,
		Recorded:  func() any { return s.Recorded() },
		Keep:      s.KeepSecrets,
		Contents:  contents,
		Paths:     etc.Paths,
		Originals: s.Originals,
		Parents:   s.Parents,
		Installed: s.Installed,
		Leaves:    s.Leaves,
		Renewed:   s.Renewed,
		Checks:    func(changes []plan.Change) []activation.Check { return contentChecks(s, changes) },
		Settled: func(staged map[string]rootfs.Info) error {
			return w.state.WriteStamps(s.Stamps(staged, time.Now()))
		},
	}, s, nil
}

// homes tells the directories that users of the host have made for them; a user's own
// run makes none.
func (w *wiring) homes(d desired) func(p string) bool {
	made := map[string]bool{}
	if w.caller == nil {
		made = d.users.MadeHomes()
	}
	return func(p string) bool { return made[p] }
}

// mountPoints are where a run of this host mounts what the host does not have
// there anyway.
func (w *wiring) mountPoints(mounts []daemon.Mount) []string {
	var out []string
	for _, m := range mounts {
		if w.root.Dir() == "/" && m.What != m.Where {
			out = append(out, rootfs.Rel(m.Where))
		}
	}
	return out
}

// contentChecks are the commands that judge what changes of files install.
func contentChecks(s *etc.Subsystem, changes []plan.Change) []activation.Check {
	var out []activation.Check
	for _, e := range s.ToValidate(changes) {
		out = append(out, activation.Check{
			Address: e.Address, Origin: e.Origin, Argv: e.Validate,
			Secret: e.Content.Secret || e.Content.SecretSource != "",
			Open:   func() (io.ReadCloser, error) { return s.OpenContent(e) },
		})
	}
	return out
}

// linkedContents adds what entries through /etc/static hold in the generations
// on both sides of a change.
func (w *wiring) linkedContents(contents contentsFunc, c activation.Context) contentsFunc {
	read := func(n int, s plan.State, ch plan.Change) []byte {
		st, err := plan.Decode[etc.State](s)
		if s == nil || err != nil || st.Type != etc.Linked || n == 0 {
			return nil
		}
		b, err := w.root.ReadFile(path.Join(w.state.Tree(n), "etc", etc.StaticPath(etc.PathOf(ch.Address))), 1<<20)
		if err != nil {
			return nil
		}
		return b
	}
	return func(ch plan.Change) (before, after []byte, secret bool, err error) {
		before, after, secret, err = contents(ch)
		if err != nil || secret {
			return before, after, secret, err
		}
		if before == nil && c.Last != nil {
			before = read(c.Last.Number, ch.Before, ch)
		}
		if after == nil {
			after = read(c.Number, ch.After, ch)
		}
		return before, after, false, nil
	}
}

type contentsFunc = func(plan.Change) (before, after []byte, secret bool, err error)

// readStamps gives what was known of the managed paths after the last run.
func (w *wiring) readStamps() (map[string]etc.Stamp, error) {
	var stamps map[string]etc.Stamp
	err := w.state.ReadStamps(&stamps)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return stamps, err
}

// units makes the subsystem of units. files finds the contents of other changes,
// among which may be drop-ins of units.
func (w *wiring) units(d, last desired, c activation.Context, s activation.Settings, files contentsFunc) (activation.Part, activation.Handoff, error) {
	init := w.taker(d.daemon, last.daemon)
	cfg := daemon.Config{
		Init: init, Root: w.root, Store: c.Store, Desired: daemon.Seal(d.daemon, c.Store), Contents: files,
		Earlier: c.Index.Originals, Parents: c.Index.Parents,
		KeepStopped: s.StoppedUnits == "keep", KeepEdited: d.nothing,
	}
	if c.Last != nil {
		cfg.Last = c.Last.States
	}
	homes := w.homes(d)
	cfg.Wanted = func(p string) bool { return d.etc.Manages(p) || homes(p) }
	cfg.TellDropIns = w.allDrift
	u, err := w.hostUnits(cfg, d)
	if err != nil {
		return activation.Part{}, nil, err
	}
	handoff, err := w.handoff(init, u, d.daemon, last.daemon)
	if err != nil {
		return activation.Part{}, nil, err
	}
	return activation.Part{
		Kinds:     []string{plan.KindUnit, plan.KindMount},
		Subsystem: u,
		Section:   sectionDaemon,
		Recorded:  func() any { return u.Recorded() },
		Files:     func() []generation.File { return unitFiles(init.Name(), u.Files()) },
		Originals: u.Originals,
		Contents:  u.Contents,
		Paths:     u.Paths,
		Parents:   u.Parents,
		Leaves:    u.Leaves,
		Renewed:   func() bool { return !u.Recorded().Same(last.daemon) },
		Checks:    func(changes []plan.Change) []activation.Check { return w.calendarChecks(d.daemon, changes) },
	}, handoff, nil
}

func (w *wiring) handoff(init daemon.Init, u *daemon.Host, d, last daemon.Desired) (activation.Handoff, error) {
	if w.atBoot {
		return bootHandoff{w.init}, nil
	}
	return w.move(handoff{units: u, init: init, asked: w.asked, missing: w.missingInit(d)}, d, last)
}

// generationContents finds contents for a diff of two generations.
func (w *wiring) generationContents(a, b *generation.Record) (ui.Contents, error) {
	parts := func(r, last *generation.Record) ([]activation.Part, error) {
		t, err := w.restore(r)
		if err != nil {
			return nil, err
		}
		store, err := rootfs.OpenStore(w.root, w.state.Key(), w.state.Backup(), w.state.Contents(a.Number), w.state.Contents(b.Number))
		if err != nil {
			return nil, err
		}
		list, _, err := t.Parts(activation.Context{Last: last, Number: r.Number, Store: store})
		return list, err
	}
	list, err := parts(b, a)
	if err != nil {
		return nil, err
	}
	return func(ch plan.Change) (before, after []byte, ok bool) {
		for _, p := range list {
			if p.Contents == nil || !slices.Contains(p.Kinds, ch.Kind) {
				continue
			}
			before, after, secret, err := p.Contents(ch)
			return before, after, err == nil && !secret
		}
		return nil, nil, false
	}, nil
}
