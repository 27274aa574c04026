package activation

import (
	"context"
	"errors"
	"io/fs"

	"github.com/activate-agent/activate/activation/generation"
	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
)

// Recover ends a run that was interrupted: it finishes it, or goes on undoing
// it where it had begun to. It gives nil when there is nothing to recover. The
// caller holds the lock. What is left of a snippet of that run is killed first.
func (e *Engine) Recover(ctx context.Context) (*Result, error) {
	if err := e.endLeftover(); err != nil {
		return nil, err
	}
	if err := e.State.Sweep(); err != nil {
		return nil, err
	}
	j, err := e.State.ReadJournal()
	if j == nil || err != nil {
		return nil, err
	}
	e.warn("recover", "an earlier "+j.Verb+" was interrupted; ending it first")
	// What the links say of a journal of format 1 changes with the commit.
	if err := e.State.Migrate(); err != nil {
		return nil, err
	}
	tx, err := e.resume(j)
	if errors.Is(err, fs.ErrNotExist) && j.Fresh {
		// A generation is staged before its journal is written, and goes only
		// when all was undone: only the journal is left.
		return &Result{Verdict: Failed, Generation: j.Previous}, e.State.DropJournal()
	}
	if err != nil {
		return nil, err
	}
	if err := tx.sweep(); err != nil {
		return nil, err
	}
	res := &Result{Generation: j.Previous}
	// As in apply: what was begun ends by itself.
	defer e.tellLate(ctx)()
	ctx = context.WithoutCancel(ctx)
	if j.Undoing {
		return tx.takeBack(ctx, res, errors.New("the "+j.Verb+" had failed before it was interrupted")), nil
	}
	return tx.run(ctx, res), nil
}

// change makes the changes of a batch. Of a run that was interrupted it passes over
// those whose objects are neither as before nor as after: somebody changed them since,
// and they stay so. The run could else be neither finished nor undone until that
// person came back. What is passed over is an edit to the next plan, which knows by
// its record what of it is ours: so what the generation before had is only passed over
// on the way back to it.
func (tx *transaction) change(ctx context.Context, part Part, batch []plan.Change) error {
	err := part.Subsystem.Apply(ctx, batch)
	if !tx.recovers || !errors.Is(err, rootfs.ErrChanged) {
		return err
	}
	for _, ch := range batch {
		err := part.Subsystem.Apply(ctx, []plan.Change{ch})
		switch {
		case errors.Is(err, rootfs.ErrChanged) && (tx.journal.Undoing || ch.Before == nil):
			tx.engine.warn("recover", string(ch.Address)+" stays as it is: somebody changed it since the run was interrupted")
		case err != nil:
			return err
		}
	}
	return nil
}

// resume makes the transaction of a journal.
func (e *Engine) resume(j *generation.Journal) (*transaction, error) {
	target, err := e.restore(j.Target)
	if err != nil {
		return nil, err
	}
	last, err := e.record(j.Previous)
	if err != nil {
		return nil, err
	}
	tx := &transaction{engine: e, journal: j, target: target, reapplies: j.Verb == VerbAtBoot && j.Target == j.Previous, recovers: true}
	tx.parts, tx.handoff, err = e.partsOf(target, last, j.Before, j.Target)
	return tx, err
}

// record reads the record of generation n; nil for 0.
func (e *Engine) record(n int) (*generation.Record, error) {
	if n == 0 {
		return nil, nil
	}
	return e.State.Read(n)
}

// restore makes a target of generation n; of 0 the empty one.
func (e *Engine) restore(n int) (*Target, error) {
	r, err := e.record(n)
	if err != nil {
		return nil, err
	}
	return e.Restore(r)
}

// sweep removes the temporary files a killed process left.
func (tx *transaction) sweep() error {
	// The link is no change: it goes with the generation.
	if err := tx.engine.Root.RemoveTemp(staticPath); err != nil {
		return err
	}
	for _, ch := range tx.journal.Changes {
		for _, part := range tx.parts {
			if part.Paths == nil || !part.owns(ch) {
				continue
			}
			for _, p := range part.Paths(ch) {
				if err := tx.engine.Root.RemoveTemp(p); err != nil {
					return err
				}
			}
		}
	}
	return nil
}
