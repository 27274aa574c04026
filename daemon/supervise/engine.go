package supervise

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/daemon"
	"github.com/activate-agent/activate/daemon/keep"
)

// Manager is one init or supervisor that runs keepers.
type Manager interface {
	// Name is what --init calls it.
	Name() string
	// Place moves it to the directory that the configuration names.
	Place(dir string)
	// Files are the init's own for a service, beside its spec.
	Files(s keep.Spec) (Native, error)
	// Boot are the files by which argv runs once at every start of the host,
	// before services where the init can have it so; Booted those by which it
	// runs last, or beside them, and holds nothing up.
	Boot(argv []string) Native
	Booted(argv []string) Native
	// Running tells whether there is one to speak with.
	Running() bool
	// Refresh has it take up the services whose files are there, and let go
	// of those whose are not.
	Refresh(ctx context.Context, services []keep.Spec) error
	// Up and Down ask for a keeper to run or to stop. They need not wait. Down
	// of one that does not run is no error.
	Up(ctx context.Context, name string) error
	Down(ctx context.Context, name string) error
}

// Native are an init's own files for one service.
type Native struct {
	Parts []daemon.Part
	// Links are path to link text.
	Links map[string]string
}

// Options are what all managers share.
type Options struct {
	// Root is where definitions are read from.
	Root *rootfs.Root
	// Program is the absolute path of activate itself, which runs as keeper.
	Program string
	// Dirs are where keepers find each other; zero means the host's.
	Dirs keep.Dirs
	// Logs is the absolute directory below which every service has its log;
	// empty means /var/log/activate.
	Logs string
	// Own is set for the services of an ordinary user, who has no place among
	// the host's.
	Own *Own
}

// Own are an ordinary user's directories for what an init keeps in the host's,
// absolute.
type Own struct {
	// Config lasts, Runtime goes when the user has left.
	Config, Runtime string
}

// Complete fills in what is not set.
func (o Options) Complete() Options {
	if o.Dirs == (keep.Dirs{}) {
		o.Dirs = keep.System()
	}
	if o.Logs == "" {
		o.Logs = "/var/log/activate"
	}
	return o
}

// LogDir is the directory of a service's log.
func (o Options) LogDir(name string) string { return path.Join(o.Logs, name) }

// Run is the command line of a keeper for an init that starts everything at
// once: the boot entry too, for which the keeper has to wait.
func (o Options) Run(name string, flags ...string) []string {
	if o.Dirs == keep.System() {
		flags = append([]string{"--after-boot"}, flags...)
	}
	return o.Keep("run", name, flags...)
}

// Keep is the command line of a verb of activate keep.
func (o Options) Keep(verb, name string, flags ...string) []string {
	argv := []string{o.Program, "keep", verb}
	if o.Dirs != keep.System() {
		argv = append(argv, "--specs", o.Dirs.Specs, "--run", o.Dirs.Run)
	}
	return append(append(argv, flags...), name)
}

// Engine is an init made of keepers and a manager that runs them.
type Engine struct {
	manager Manager
	opts    Options
}

// New gives the init.
func New(m Manager, o Options) *Engine { return &Engine{manager: m, opts: o.Complete()} }

// BootUnit is what inits call the entry that runs activate at boot, BootedUnit
// the one that tells how the boot ended.
const (
	BootUnit   = "activate-boot"
	BootedUnit = "activate-booted"
)

// BootEntry gives the files by which boot runs at boot, and booted at its end.
func (e *Engine) BootEntry(boot, booted []string) []daemon.File {
	// An init that finds a new entry may run it, and this is no boot.
	p, content := e.opts.Dirs.BootMark()
	mark := daemon.Part{Path: rootfs.Rel(p), Content: content, Mode: 0o644}
	first, last := e.manager.Boot(boot), e.manager.Booted(booted)
	return []daemon.File{
		{Unit: BootUnit, Parts: append([]daemon.Part{mark}, first.Parts...), Links: first.Links},
		{Unit: BootedUnit, Parts: last.Parts, Links: last.Links},
	}
}

// Name is the manager's.
func (e *Engine) Name() string { return e.manager.Name() }

// Dirs is the directory of the specs.
func (e *Engine) Dirs() []string { return []string{rootfs.Rel(e.opts.Dirs.Specs)} }

// Running tells whether the manager runs.
func (e *Engine) Running() bool { return e.manager.Running() }

// Render makes the spec of every service, with the init's own files as its
// parts. The error names the service.
func (e *Engine) Render(d daemon.Desired) ([]daemon.File, error) {
	if dir := d.Places[e.Name()]; dir != "" {
		e.manager.Place(dir)
	}
	specs, err := Specs(d)
	if err != nil {
		return nil, err
	}
	var out []daemon.File
	for _, s := range specs {
		s.Init = e.own(s.Init)
		if err := check(s); err != nil {
			return nil, fmt.Errorf("%scannot keep service %s: %w", place(s.Origin), s.Name, err)
		}
		native, err := e.manager.Files(s)
		if err != nil {
			return nil, fmt.Errorf("%scannot write service %s: %w", place(s.Origin), s.Name, err)
		}
		out = append(out, e.file(s, native))
	}
	slices.SortFunc(out, func(a, b daemon.File) int { return strings.Compare(a.Path, b.Path) })
	return out, distinct(out)
}

// own keeps what a service says to this init: what it says to others is no
// reason to restart it here.
func (e *Engine) own(settings map[string]daemon.Sections) map[string]daemon.Sections {
	mine, ok := settings[e.Name()]
	if !ok {
		return nil
	}
	return map[string]daemon.Sections{e.Name(): mine}
}

// distinct finds two services that would write one file.
func distinct(files []daemon.File) error {
	owner := map[string]daemon.File{}
	for _, f := range files {
		paths := []string{f.Path}
		for _, p := range f.Parts {
			paths = append(paths, p.Path)
		}
		for _, p := range paths {
			if other, taken := owner[p]; taken {
				return fmt.Errorf("%scannot write %s: %s has the file /%s already", place(f.Origin), f.Unit, other.Unit, p)
			}
			owner[p] = f
		}
	}
	return nil
}

func (e *Engine) file(s keep.Spec, native Native) daemon.File {
	unit := s.Name + keep.Suffix
	if s.Bundle() {
		unit = s.Name + keep.BundleSuffix
	}
	address := plan.NewAddress(plan.KindUnit, unit)
	if s.Mount != "" {
		address = plan.NewAddress(plan.KindMount, s.Mount)
	}
	f := daemon.File{
		Address: address, Unit: unit,
		Path: path.Join(e.Dirs()[0], unit), Content: keep.Encode(s), Mode: 0o644,
		Parts: native.Parts, Links: native.Links, IgnoreFailure: s.IgnoreFailure, Origin: s.Origin,
	}
	slices.SortFunc(f.Parts, func(a, b daemon.Part) int { return strings.Compare(a.Path, b.Path) })
	if s.Boot && !s.Bundle() {
		f.Run = []string{unit}
	}
	return f
}

// Traits reads from a spec how its service wants to be treated.
func (e *Engine) Traits(d daemon.Definition) daemon.Traits {
	t := daemon.Traits{RestartIfChanged: true, StopOnRemoval: true}
	s, ok := specOf(d)
	if !ok {
		return t
	}
	if !s.Bundle() {
		t.RestartIfChanged = s.RestartIfChanged
	}
	t.ReloadIfChanged, t.StopIfChanged = s.ReloadIfChanged, s.StopIfChanged
	t.CanReload = s.Reload != nil
	t.Passing = s.Oneshot != nil && !s.Oneshot.RemainAfterExit || s.Process != nil && s.Restart != nil && s.Restart.Policy == "never"
	return t
}

// specOf reads a definition; false of none, or of what is no spec.
func specOf(d daemon.Definition) (keep.Spec, bool) {
	if !d.Present() {
		return keep.Spec{}, false
	}
	s, err := keep.Decode(d.Files[0])
	return s, err == nil
}

// Compare says what a running service needs for a change of its spec.
func (e *Engine) Compare(was, will daemon.Definition) daemon.Difference {
	a, okA := specOf(was)
	b, okB := specOf(will)
	if !okA || !okB {
		return daemon.Difference{Effect: daemon.NeedsRestart, Reason: "its definition cannot be read"}
	}
	if a.Bundle() && b.Bundle() {
		return daemon.Difference{}
	}
	return keep.Compare(a, b)
}

// specs reads the definitions of the root.
func (e *Engine) specs() (map[string]keep.Spec, error) {
	out := map[string]keep.Spec{}
	dir := e.Dirs()[0]
	names, err := e.opts.Root.ReadDir(dir)
	if err != nil {
		// No service was ever declared.
		return out, nil //nolint:nilerr // see above
	}
	for _, name := range names {
		if ext := path.Ext(name); ext != keep.Suffix && ext != keep.BundleSuffix {
			continue
		}
		b, err := e.opts.Root.ReadFile(path.Join(dir, name), 1<<22)
		if err != nil {
			return nil, fmt.Errorf("cannot read service %s: %w", name, err)
		}
		s, err := keep.Decode(b)
		if err != nil {
			return nil, err
		}
		out[s.Name] = s
	}
	return out, nil
}
