package activation

import (
	"context"
	"errors"
	"slices"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
)

// reapplies tells a boot that brings the current generation's state back. Such a
// run is never a half switch: what it cannot do it leaves out and tells.
func (p *Prepared) reapplies(verb string) bool {
	return verb == VerbAtBoot && p.last != nil && p.target.recorded() == p.last.Number
}

// leaveOut takes out of p the changes that its problems forbid. Where a problem
// names no object, as for want of room, the writing itself tells.
func (p *Prepared) leaveOut(ctx context.Context) error {
	forbidden := map[plan.Address]bool{}
	for _, problem := range p.Problems {
		forbidden[problem.Address] = true
		for _, a := range problem.Forbids {
			forbidden[a] = true
		}
	}
	before := len(p.changes)
	p.changes = slices.DeleteFunc(slices.Clone(p.changes), func(ch plan.Change) bool { return forbidden[ch.Address] })
	if len(p.changes) == before {
		return nil
	}
	units, err := p.handoff.Verbs(ctx, p.changes)
	if err != nil {
		return err
	}
	snippets := p.Plan.Snippets
	p.Plan = plan.Make(p.changes, p.Plan.Summary.Unchanged, units)
	p.Plan.Snippets = snippets
	return nil
}

// without turns the result of a run that left out what problems forbid into that
// of a run that did not do all it had to.
func (r *Result) without(problems []plan.Problem) *Result {
	if len(problems) == 0 {
		return r
	}
	refused := error(&RefusedError{Problems: problems})
	if r.Err != nil {
		refused = errors.Join(refused, r.Err)
	}
	r.Err = refused
	switch r.Verdict {
	case Unchanged:
		r.Verdict = Failed
	case Applied, UnitsFailed:
		r.Verdict = Partial
	case Partial, Failed, RolledBack:
	}
	for _, problem := range problems {
		if problem.Address != "" && !slices.Contains(r.LeftOut, problem.Address) {
			r.LeftOut = append(r.LeftOut, problem.Address)
		}
	}
	return r
}

// eachAlone makes the changes of a batch that failed with cause one by one, so
// that only those which cannot be made are left out. Each of these is taken back,
// as half of it may have been made.
func (tx *transaction) eachAlone(ctx context.Context, part Part, batch []plan.Change, cause error) {
	if _, held := errors.AsType[*rootfs.LockedError](cause); held {
		// It would be waited for as often as there are changes.
		tx.leaveOut(cause, batch...)
		return
	}
	for _, ch := range batch {
		alone := []plan.Change{ch}
		err := part.Subsystem.Apply(ctx, alone)
		if err == nil {
			continue
		}
		if undo := part.Subsystem.Apply(ctx, plan.Inverses(alone)); undo != nil {
			err = errors.Join(err, undo)
		}
		tx.leaveOut(err, ch)
	}
}

// leaveOut notes that the run goes on without changes.
func (tx *transaction) leaveOut(why error, changes ...plan.Change) {
	tx.engine.warn(tx.journal.Verb, why.Error())
	tx.failures = append(tx.failures, why)
	tx.leftOut = append(tx.leftOut, changedAddresses(changes)...)
}
