package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sys/unix"

	"github.com/activate-agent/activate/activation"
	"github.com/activate-agent/activate/activation/generation"
	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/cmd/activate/internal/ui"
	"github.com/activate-agent/activate/modules"
	"github.com/activate-agent/activate/users"
)

// host is one root with everything a command needs to work on it.
type host struct {
	*flags
	style ui.Style
	log   zerolog.Logger
	// journaled tells that standard error leads to where the log goes, too.
	journaled bool
	verb      string
	// diags are what is wrong with the configuration.
	diags modules.Diagnostics
	// remember gives the evaluation for the cache, when it may be kept.
	remember func() ([]byte, bool)
	// runLock is held by the commands that change something.
	runLock *rootfs.Lock
	engine  *activation.Engine
	wiring  *wiring
}

// open makes the host of the flags. It reads only.
func (f *flags) open() (*host, error) {
	h := &host{flags: f, style: ui.StyleFor(f.std.err, noColor()), log: f.newLog(), journaled: f.journaled()}
	root, err := rootfs.Open(f.root, rootfs.WithLost(h.tellLost()))
	if err != nil {
		if pe, ok := errors.AsType[*fs.PathError](err); ok {
			err = pe.Err
		}
		return nil, fmt.Errorf("cannot open the root %s: %w", f.root, err)
	}
	if f.user {
		if err := f.becomeUser(root); err != nil {
			_ = root.Close()
			return nil, err
		}
	}
	state := generation.Open(root, rootfs.Rel(f.stateDir))
	init, err := f.chooseInit(root, state)
	if err != nil {
		_ = root.Close()
		return nil, err
	}
	h.wiring = &wiring{
		root: root, state: state, init: init, caller: f.caller, asked: f.asksForInit(), alone: f.init == "none", forceLockout: f.forceLockout, verify: f.verify,
	}
	h.wiring.warn = func(text string) { h.event(activation.Event{Step: "users", Text: text, Warning: true}) }
	h.engine = &activation.Engine{
		Root:    root,
		State:   state,
		Restore: h.wiring.restore,
		Offline: root.Dir() != "/",
		Now:     time.Now,
		Report:  h.event,
		Version: buildVersion(),
	}
	h.migrates(state)
	h.engine.BootFiles = func() ([]activation.BootFile, error) {
		return f.bootFiles(root, init, "/"+h.engine.BootingPath(), h.wiring.generator)
	}
	h.engine.CountBoots = h.wiring.countsBoots()
	if f.caller != nil {
		h.engine.RunDir, h.engine.SnippetEnv = f.caller.runDir(), f.caller.assignments()
	}
	return h, nil
}

// tellLost tells of attributes that files lose, one at a time.
func (h *host) tellLost() func(name, attribute string) {
	var one sync.Mutex
	return func(name, attribute string) {
		one.Lock()
		defer one.Unlock()
		h.event(activation.Event{
			Step: "attributes", Warning: true,
			Text: fmt.Sprintf("cannot keep the attribute %s of %s: its file system does not take it", attribute, name),
		})
	}
}

// migrates has records of older formats migrated, the ledger of ids too, and
// tells of it.
func (h *host) migrates(state *generation.State) {
	state.Include(generation.Foreign{Name: users.LedgerName, Formats: users.LedgerFormats(), Renew: users.RenewLedger})
	state.OnMigration(func(from int, copies string) {
		h.event(activation.Event{Step: "state", Text: fmt.Sprintf("brought from format %d to %d; the records as they were are kept in %s", from, generation.Format, copies)})
	})
}

// reading runs do on the host without the lock.
func (f *flags) reading(do func(*host) error) error {
	h, err := f.open()
	if err != nil {
		return err
	}
	defer func() { _ = h.engine.Root.Close() }()
	return do(h)
}

// mayRead gives what only root may read its way out.
func (h *host) mayRead(err error) error {
	if h.caller != nil || os.Geteuid() == 0 || !errors.Is(err, fs.ErrPermission) {
		return err
	}
	return fmt.Errorf("%w; not everybody may read what the host keeps of accounts, secrets and generations: run this command as root", err)
}

// locked runs do on the host under the run lock, after an interrupted run was
// ended.
func (f *flags) locked(ctx context.Context, verb string, do func(*host) error) error {
	return f.holding(ctx, verb, func(h *host) error { return h.recovered(ctx, do) })
}

// recovered ends an interrupted run first.
func (h *host) recovered(ctx context.Context, do func(*host) error) error {
	if err := h.recover(ctx); err != nil {
		return err
	}
	return errors.Join(do(h), h.wiring.farewell(ctx))
}

// holding runs do on the host under the run lock.
func (f *flags) holding(ctx context.Context, verb string, do func(*host) error) error {
	if f.mustDetach(verb) {
		return f.detach(ctx, verb)
	}
	var stop func()
	f.std.err, stop = ui.Spin(f.std.err)
	defer stop()
	return f.reading(func(h *host) error {
		if err := h.mayChange(); err != nil {
			return err
		}
		if err := h.engine.CheckPlace(); err != nil {
			return err
		}
		if h.caller == nil {
			// What snippets and an init's commands make is the same whoever runs this, and at boot.
			unix.Umask(0o022)
		}
		h.verb, h.wiring.atBoot = verb, verb == activation.VerbAtBoot
		lock, err := h.lock(ctx, verb)
		if err != nil {
			return err
		}
		defer func() { _ = h.unlock() }()
		if err := h.holds(lock); err != nil {
			return errors.Join(err, h.leaveNothing())
		}
		err = errors.Join(do(h), h.leaveNothing())
		h.handOver(ctx)
		return err
	})
}

// holds has h hold the run lock, and know what earlier holders made for themselves.
func (h *host) holds(lock *rootfs.Lock) error {
	h.runLock = lock
	return h.engine.Inherit(lock.Notes())
}

// handOver sees to what this run made for its lock and could not take away again, as
// others came into it: it waits for them, and has their records tell of it.
func (h *host) handOver(ctx context.Context) {
	for tries := 0; h.engine.Overtaken() && tries < lockTries; tries++ {
		lock, err := h.lock(ctx, h.verb)
		if err == nil {
			err = errors.Join(h.holds(lock), h.leaveNothing())
		}
		if err != nil {
			h.event(activation.Event{Step: "lock", Warning: true, Text: fmt.Sprintf("what this run made for its lock may stay behind: %v", err)})
			return
		}
	}
}

// mayChange says why the caller may not change what the flags name.
func (h *host) mayChange() error {
	switch {
	case h.caller != nil:
		if err := h.caller.checkRuntime(); err != nil {
			return err
		}
	case os.Geteuid() != 0 && h.engine.Root.Dir() == "/":
		return errors.New("cannot change this host: activate has to run as root; for your own services and files there is --user")
	}
	return h.mayTrust()
}

// lockTries is how often the directory of the lock is made, where others take it away.
const lockTries = 10

// lock takes the run lock. Its directory is made only when it is missing: a
// run with nothing to do changes nothing else.
func (h *host) lock(ctx context.Context, verb string) (*rootfs.Lock, error) {
	holder := fmt.Sprintf("pid %d (%s)", os.Getpid(), verb)
	lock, err := h.waitForLock(ctx, holder)
	for tries := 0; errors.Is(err, fs.ErrNotExist) && tries < lockTries; tries++ {
		// Another first run that came to nothing takes the directory away again.
		lock, err = h.firstLock(ctx, holder)
	}
	if bare, ok := errors.AsType[*fs.PathError](err); ok && bare.Error() == err.Error() {
		return nil, fmt.Errorf("cannot %w", err)
	}
	return lock, err
}

// firstLock makes the directory of the lock, and takes it away again where its
// file system has no locks.
func (h *host) firstLock(ctx context.Context, holder string) (*rootfs.Lock, error) {
	if err := h.engine.MakeRunDir(); err != nil {
		return nil, fmt.Errorf("cannot lock %s: %w", h.engine.Root.Name(h.engine.LockPath()), err)
	}
	lock, err := h.waitForLock(ctx, holder)
	if _, refused := errors.AsType[*fs.PathError](err); refused && ctx.Err() == nil && !errors.Is(err, fs.ErrNotExist) {
		err = errors.Join(err, h.engine.LeaveNothing())
	}
	return lock, err
}

// waitForLock tells a person whom it waits for.
func (h *host) waitForLock(ctx context.Context, holder string) (*rootfs.Lock, error) {
	holder = h.engine.Holder(holder)
	lock, err := h.engine.Root.Lock(ctx, h.engine.LockPath(), 0, holder)
	if held, ok := errors.AsType[*rootfs.LockedError](err); ok && h.lockTimeout > 0 {
		h.event(activation.Event{Step: "lock", Text: fmt.Sprintf("waiting up to %s for %s", h.lockTimeout, held.Holder)})
		return h.engine.Root.Lock(ctx, h.engine.LockPath(), h.lockTimeout, holder)
	}
	return lock, err
}

// leaveNothing takes away what a run that came to nothing made for itself, as
// long as it holds the lock.
func (h *host) leaveNothing() error {
	if h.runLock == nil || !h.engine.Root.Holds(h.engine.LockPath()) {
		return nil
	}
	if err := h.engine.LeaveNothing(); err != nil {
		return fmt.Errorf("cannot take away what was made for activate itself: %w", err)
	}
	return nil
}

// unlock releases the run lock; a second time does nothing.
func (h *host) unlock() error {
	lock := h.runLock
	h.runLock = nil
	if lock == nil {
		return nil
	}
	return lock.Unlock()
}

// recover ends an interrupted run. One that can't be ended, and whose journal
// stays therefore, stops this run too: what is on the host then is not what any
// record says.
func (h *host) recover(ctx context.Context) error {
	h.wiring.resume = true
	res, err := h.engine.Recover(ctx)
	h.wiring.resume = false
	if err != nil {
		return fmt.Errorf("cannot end the interrupted run: %w", err)
	}
	if res == nil {
		return nil
	}
	ui.Result(h.std.err, h.style, res, time.Since(h.began))
	open, err := h.engine.State.ReadJournal()
	if err != nil {
		return err
	}
	if open != nil {
		return &exitError{code: activation.Partial.ExitCode(), err: fmt.Errorf("cannot go on: the interrupted run could not be ended; put right what is named above and run again, or remove %s to take the host as it is",
			h.engine.Root.Name(h.engine.State.JournalPath()))}
	}
	return nil
}
