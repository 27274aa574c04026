package supervise

import (
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"sync"
	"time"

	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/daemon"
	"github.com/activate-agent/activate/daemon/keep"
)

// Status gives every service that has a keeper, and the named ones too.
func (e *Engine) Status(_ context.Context, names []string) (map[string]daemon.Status, error) {
	known, err := e.opts.Dirs.Names()
	if err != nil {
		return nil, err
	}
	out := map[string]daemon.Status{}
	for _, name := range known {
		s, err := e.opts.Dirs.Status(name)
		if err != nil {
			return nil, err
		}
		if e.unmounted(s) {
			s.State = keep.Down
		}
		out[name+keep.Suffix] = status(s)
	}
	for _, unit := range names {
		if _, ok := out[unit]; !ok {
			out[unit] = daemon.Status{Name: unit, Active: "inactive"}
		}
	}
	return out, nil
}

func status(s keep.Status) daemon.Status {
	active := map[keep.State]string{
		keep.Waiting: "activating", keep.Starting: "activating", keep.Backoff: "activating",
		keep.Up: "active", keep.Reloading: "reloading", keep.Stopping: "deactivating", keep.Failed: "failed",
	}[s.State]
	if active == "" {
		active = "inactive"
	}
	failed := s.State == keep.Failed || s.Failures > 0 && s.State != keep.Down
	return daemon.Status{Name: s.Name + keep.Suffix, Active: active, Failed: failed}
}

// Followers gives the services that stop with the named one, since they need
// it.
func (e *Engine) Followers(_ context.Context, unit string) ([]string, error) {
	specs, err := e.specs()
	if err != nil {
		return nil, err
	}
	var out []string
	for _, name := range specs[plain(unit)].NeededBy {
		out = append(out, name+keep.Suffix)
	}
	return out, nil
}

// Settings gives none: these managers have no settings that they read once.
func (e *Engine) Settings() []string { return nil }

// Renew is Refresh.
func (e *Engine) Renew(ctx context.Context) error { return e.Refresh(ctx) }

// Refresh has the manager take up what changed, and drops the states of
// services that are gone.
func (e *Engine) Refresh(ctx context.Context) error {
	specs, err := e.specs()
	if err != nil {
		return err
	}
	if err := e.manager.Refresh(ctx, longs(specs)); err != nil {
		return fmt.Errorf("cannot have %s read its services again: %w", e.Name(), err)
	}
	names, err := e.opts.Dirs.Names()
	if err != nil {
		return err
	}
	for _, name := range names {
		s, err := e.opts.Dirs.Status(name)
		if _, declared := specs[name]; !declared && err == nil && !s.Keeper.Alive() {
			if err := e.opts.Dirs.Drop(name); err != nil {
				return err
			}
		}
	}
	return nil
}

// RefreshAtBoot is Refresh from within the boot entry, for whose end some managers
// wait before they do anything.
func (e *Engine) RefreshAtBoot(ctx context.Context) error {
	m, waits := e.manager.(interface{ Notice() error })
	if !waits {
		return e.Refresh(ctx)
	}
	if err := m.Notice(); err != nil {
		return fmt.Errorf("cannot have %s read its services again: %w", e.Name(), err)
	}
	return nil
}

// HoldsBootEntry tells whether the manager cannot let go of the boot entry while
// that runs.
func (e *Engine) HoldsBootEntry() bool {
	m, ok := e.manager.(interface{ HoldsBootEntry() bool })
	return ok && m.HoldsBootEntry()
}

// Settle has the manager take up the boot entry, of which no service's change
// tells it.
func (e *Engine) Settle(ctx context.Context) error {
	m, ok := e.manager.(interface {
		Order(ctx context.Context, services []keep.Spec) error
	})
	if !ok || !e.Running() {
		return nil
	}
	specs, err := e.specs()
	if err != nil {
		return err
	}
	return m.Order(ctx, longs(specs))
}

// longs are the specs that have something to run, by name.
func longs(specs map[string]keep.Spec) []keep.Spec {
	var out []keep.Spec
	for _, name := range slices.Sorted(maps.Keys(specs)) {
		if !specs[name].Bundle() {
			out = append(out, specs[name])
		}
	}
	return out
}

// Leave has the manager let go of all services, which another init takes.
func (e *Engine) Leave(ctx context.Context) error {
	if err := e.manager.Refresh(ctx, nil); err != nil {
		return fmt.Errorf("cannot have %s leave its services: %w", e.Name(), err)
	}
	return nil
}

// Forget has nothing to do: a failed service is started like any other.
func (e *Engine) Forget(context.Context, []string) error { return nil }

// Do gives all units to the manager at once; their keepers order them.
func (e *Engine) Do(ctx context.Context, verb daemon.Verb, units []string, deadline time.Duration) []daemon.Failure {
	specs, err := e.specs()
	if err != nil {
		return all(units, verb, err)
	}
	names := e.expand(specs, units)
	switch verb {
	case daemon.VerbStop:
		return e.stop(ctx, verb, specs, names, deadline)
	case daemon.VerbReload:
		return each(names, verb, func(name string) error { return keep.Reload(name, e.opts.Dirs) })
	case daemon.VerbRestart:
		if failed := e.stop(ctx, verb, specs, names, deadline); len(failed) > 0 {
			return failed
		}
	case daemon.VerbStart:
	}
	return e.start(ctx, verb, names, e.pulled(specs, names), deadline)
}

// expand replaces bundles by their members.
func (e *Engine) expand(specs map[string]keep.Spec, units []string) []string {
	var out []string
	for _, unit := range units {
		name := plain(unit)
		if s, ok := specs[name]; ok && s.Bundle() {
			out = append(out, s.Members...)
		} else {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// pulled gives what else has to run for names.
func (e *Engine) pulled(specs map[string]keep.Spec, names []string) []string {
	seen := map[string]bool{}
	pending := slices.Clone(names)
	var out []string
	for len(pending) > 0 {
		s := specs[pending[0]]
		pending = pending[1:]
		for _, name := range slices.Concat(s.Needs, s.Pulls) {
			if !seen[name] && !slices.Contains(names, name) {
				seen[name] = true
				out, pending = append(out, name), append(pending, name)
			}
		}
	}
	return out
}

// stop stops what comes last in the order of starts first.
func (e *Engine) stop(ctx context.Context, verb daemon.Verb, specs map[string]keep.Spec, names []string, deadline time.Duration) []daemon.Failure {
	levels := map[int][]string{}
	for _, name := range names {
		levels[specs[name].Level] = append(levels[specs[name].Level], name)
	}
	var failed []daemon.Failure
	for _, level := range slices.Backward(slices.Sorted(maps.Keys(levels))) {
		failed = append(failed, each(levels[level], verb, func(name string) error { return e.down(ctx, name, deadline) })...)
	}
	return failed
}

func (e *Engine) down(ctx context.Context, name string, deadline time.Duration) error {
	if err := e.manager.Down(ctx, name); err != nil {
		return err
	}
	if err := e.opts.Dirs.AwaitDown(name, deadline); err != nil {
		return err
	}
	// What a killed keeper left.
	return keep.Stop(name, e.opts.Dirs, deadline)
}

func (e *Engine) start(ctx context.Context, verb daemon.Verb, names, pulled []string, deadline time.Duration) []daemon.Failure {
	// All that ended is cleared first: what is done counts as up to who needs it.
	begun := slices.Concat(pulled, names)
	failed := each(begun, verb, func(name string) error { return e.clear(ctx, name, deadline) })
	failed = append(failed, each(without(begun, failed), verb, func(name string) error {
		s, err := e.opts.Dirs.Status(name)
		if err != nil || s.Running() {
			return err
		}
		return e.manager.Up(ctx, name)
	})...)
	return append(failed, each(without(names, failed), verb, func(name string) error { return e.opts.Dirs.AwaitUp(name, deadline) })...)
}

// clear takes down what is to be started and has ended, whose keeper may be there
// still.
func (e *Engine) clear(ctx context.Context, name string, deadline time.Duration) error {
	s, err := e.opts.Dirs.Status(name)
	if err != nil {
		return err
	}
	if s.State == keep.Failed || s.State == keep.Done || s.State == keep.Backoff || e.unmounted(s) {
		return e.down(ctx, name, deadline)
	}
	return nil
}

// without gives the names less those that failed.
func without(names []string, failed []daemon.Failure) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return slices.ContainsFunc(failed, func(f daemon.Failure) bool { return plain(f.Unit) == name })
	})
}

// each does something to all at once.
func each(names []string, verb daemon.Verb, do func(string) error) []daemon.Failure {
	errs := make([]error, len(names))
	var group sync.WaitGroup
	for i, name := range names {
		group.Go(func() { errs[i] = do(name) })
	}
	group.Wait()
	var out []daemon.Failure
	for i, err := range errs {
		if err != nil {
			out = append(out, daemon.Failure{Unit: names[i] + keep.Suffix, Verb: verb, Reason: err.Error()})
		}
	}
	return out
}

func all(units []string, verb daemon.Verb, err error) []daemon.Failure {
	var out []daemon.Failure
	for _, unit := range units {
		out = append(out, daemon.Failure{Unit: unit, Verb: verb, Reason: err.Error()})
	}
	return out
}

// LogFile is the file that the newest lines of a service are in.
func (e *Engine) LogFile(unit string) string {
	return path.Join(e.opts.LogDir(plain(unit)), "current")
}

// Log gives the last lines, at most n.
func (e *Engine) Log(_ context.Context, unit string, n int) []string {
	return tail(e.opts.Root, rootfs.Rel(e.LogFile(unit)), n)
}
