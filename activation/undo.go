package activation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/activate-agent/activate/activation/plan"
)

// takeBack undoes a pipeline that failed with cause and starts again what was
// stopped.
func (tx *transaction) takeBack(ctx context.Context, res *Result, cause error) *Result {
	tx.engine.warn("undo", cause.Error())
	undoErr := tx.undoTwice(ctx)
	outcome, startErr := tx.handoff.Start(ctx, tx.journal.Units.Resume())
	res.Outcome = outcome
	if undoErr != nil {
		return res.partial(errors.Join(cause, undoErr), tx.left(ctx))
	}
	if err := tx.close(); err != nil {
		return res.partial(errors.Join(cause, err), changedAddresses(tx.journal.Changes))
	}
	if startErr != nil || len(outcome.Failed) > 0 {
		return res.partial(errors.Join(cause, startErr, failedUnits(outcome.Failed)), nil)
	}
	return res.failed(cause)
}

// rollBack brings the previous generation back after its successor's units
// failed with cause: files first, then the units that the way back concerns.
func (tx *transaction) rollBack(ctx context.Context, res *Result, cause error) *Result {
	tx.engine.warn("rollback", cause.Error())
	back, err := tx.reverse()
	if err != nil {
		return res.partial(errors.Join(cause, err), changedAddresses(tx.journal.Changes))
	}
	units, verbsErr := back.Verbs(ctx, plan.Inverses(tx.journal.Changes))
	back.Stop(ctx, units)
	undoErr := tx.undoTwice(ctx)
	outcome, startErr := back.Start(ctx, units)
	if err := errors.Join(verbsErr, undoErr, startErr); err != nil {
		return res.partial(errors.Join(cause, err), tx.left(ctx))
	}
	if err := tx.close(); err != nil {
		return res.partial(errors.Join(cause, err), changedAddresses(tx.journal.Changes))
	}
	res.Generation = tx.journal.Previous
	if len(outcome.Failed) > 0 {
		err := fmt.Errorf("cannot bring generation %d back whole: %w; put right what they say, then start them with: activate rollback %[1]d", res.Generation, failedUnits(outcome.Failed))
		return res.partial(errors.Join(cause, err), nil)
	}
	res.Verdict, res.Err = RolledBack, cause
	return res
}

// reverse makes the hand-off of the way back: the previous generation is what
// is wanted, the target what is left.
func (tx *transaction) reverse() (Handoff, error) {
	target, err := tx.engine.restore(tx.journal.Previous)
	if err != nil {
		return nil, err
	}
	last, err := tx.engine.record(tx.journal.Target)
	if err != nil {
		return nil, err
	}
	_, back, err := tx.engine.partsOf(target, last, tx.journal.Known, tx.journal.Previous)
	return back, err
}

// undoTwice is undo, once more where it failed: what comes back at the second try
// stays changed nowhere. Whether it is on the disk is for close to see, which
// flushes all of it.
func (tx *transaction) undoTwice(ctx context.Context) error {
	if tx.undo(ctx) == nil {
		return nil
	}
	return tx.undo(ctx)
}

// undo applies the inverses of all changes, last step first. Inverses of
// changes that were never made find their goal already there.
func (tx *transaction) undo(ctx context.Context) error {
	tx.journal.Undoing = true
	if err := tx.engine.State.WriteJournal(tx.journal); err != nil {
		// The undo goes on: the journal on disk still tells the whole story.
		tx.engine.warn("undo", err.Error())
	}
	var errs []error
	for _, step := range slices.Backward(tx.journal.Steps) {
		if len(errs) > 0 && givesNames(step) {
			continue
		}
		if err := tx.undoStep(ctx, step); err != nil {
			errs = append(errs, err)
		}
	}
	return distinct(errs...)
}

// givesNames tells the steps whose accounts others' paths may belong to: while such
// a path could not be taken back, nor are they, or nobody knew it by its owner.
func givesNames(step string) bool { return step == stepGroups || step == stepUsers }

func (tx *transaction) undoStep(ctx context.Context, step string) error {
	var errs []error
	for i, part := range slices.Backward(tx.parts) {
		batch := plan.Inverses(tx.inStep(step, i))
		if len(batch) == 0 {
			continue
		}
		tx.engine.report("undo "+step, counted(len(batch)))
		if err := tx.change(ctx, part, batch); err != nil {
			errs = append(errs, err)
		}
	}
	if step == stepEtc {
		errs = append(errs, tx.engine.flip(tx.staticBefore()))
	}
	return errors.Join(errs...)
}

// staticBefore is the generation /etc/static pointed at before the run.
func (tx *transaction) staticBefore() int {
	if tx.journal.Previous == 0 {
		return 0
	}
	if t, err := tx.engine.restore(tx.journal.Previous); err == nil && !t.Linked {
		return 0
	}
	return tx.journal.Previous
}

// uncommit takes back what an interrupted commit had done. The link to the current
// generation, which tells that there is anything to take back, goes last: this may be
// cut off, too.
func (tx *transaction) uncommit() error {
	s, j := tx.engine.State, tx.journal
	current, err := s.Current()
	if err != nil || current == j.Previous {
		return err
	}
	if err := tx.uncommitIndex(); err != nil {
		return err
	}
	if err := s.SetBoot(j.BootBefore); err != nil {
		return err
	}
	return s.SetCurrent(j.Previous)
}

func (tx *transaction) uncommitIndex() error {
	if tx.journal.Previous == 0 {
		return tx.engine.State.DropIndex()
	}
	return tx.engine.State.WriteIndex(tx.journal.Before)
}

// close ends an undone transaction.
func (tx *transaction) close() error {
	if err := tx.engine.Root.Sync(); err != nil {
		return err
	}
	if err := tx.uncommit(); err != nil {
		return err
	}
	if err := tx.uninstall(); err != nil {
		return err
	}
	if err := tx.engine.State.DropJournal(); err != nil {
		return err
	}
	if err := tx.discard(); err != nil {
		// All is as it was; the next run sweeps it.
		tx.engine.warn("undo", err.Error())
	}
	return nil
}

// left finds what is still changed: the changes whose inverse is not yet true, and
// those that wait for them.
func (tx *transaction) left(ctx context.Context) []plan.Address {
	still := map[plan.Address]bool{}
	for _, step := range slices.Backward(tx.journal.Steps) {
		for i, part := range slices.Backward(tx.parts) {
			for _, ch := range slices.Backward(tx.inStep(step, i)) {
				waits := len(still) > 0 && givesNames(step)
				if waits || part.Subsystem.Apply(ctx, []plan.Change{ch.Inverse()}) != nil {
					still[ch.Address] = true
				}
			}
		}
	}
	return slices.DeleteFunc(changedAddresses(tx.journal.Changes), func(a plan.Address) bool { return !still[a] })
}

func changedAddresses(changes []plan.Change) []plan.Address {
	var all []plan.Address
	for _, ch := range changes {
		all = append(all, ch.Address)
	}
	return all
}

// failedUnits is the error of units that failed, nil for none.
func failedUnits(failed []UnitFailure) error {
	if len(failed) == 0 {
		return nil
	}
	names := make([]string, len(failed))
	for i, f := range failed {
		names[i] = f.Unit + " (" + f.Reason + ")"
	}
	return errors.New("units failed: " + strings.Join(names, ", "))
}

func (r *Result) failed(err error) *Result {
	r.Verdict, r.Err = Failed, err
	return r
}

func (r *Result) partial(err error, left []plan.Address) *Result {
	r.Verdict, r.Err, r.Left = Partial, err, left
	return r
}
