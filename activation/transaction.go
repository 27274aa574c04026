package activation

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/activate-agent/activate/activation/generation"
	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
)

// Request says what a run is for.
type Request struct {
	// Verb is the command: "switch", "test", "rollback", "at-boot", …
	Verb string
	// SetBoot makes the target the boot default.
	SetBoot bool
}

// transaction is a plan on its way to the disk. It is made from a Prepared, or
// from a journal after an interruption.
type transaction struct {
	engine  *Engine
	journal *generation.Journal
	target  *Target
	parts   []Part
	handoff Handoff
	// shares are the changes of each step and part, once somebody asked for some.
	shares map[share][]plan.Change
	// staged is what this run wrote into the generation's tree.
	staged map[string]rootfs.Info
	// failures are snippets that failed and were told to continue.
	failures []error
	// ran is what snippets with triggers did in this run, by their names.
	ran map[string]string
	// reapplies says that what cannot be done is left out, in leftOut.
	reapplies bool
	leftOut   []plan.Address
	// recovers says that the run was interrupted: what others changed since is theirs.
	recovers bool
}

// Apply brings the host to what p plans. It never returns between the stop
// phase and the start phase. Refused plans change nothing.
func (e *Engine) Apply(ctx context.Context, p *Prepared, req Request) *Result {
	fresh := p.target.fresh()
	res := e.apply(ctx, p, req)
	e.prove(p, req, res)
	if fresh {
		e.collect(p, res)
	}
	return res
}

func (e *Engine) apply(ctx context.Context, p *Prepared, req Request) *Result {
	res := &Result{Plan: p.Plan, Generation: numberOf(p.last)}
	if err := p.Refused(); err != nil {
		if !p.reapplies(req.Verb) {
			return res.failed(err)
		}
		if why := p.leaveOut(ctx); why != nil {
			return res.failed(errors.Join(err, why))
		}
		res.Plan = p.Plan
	}
	return e.bring(ctx, p, req, res).without(p.Problems)
}

// bring makes the changes of a plan that is not, or no longer, refused.
func (e *Engine) bring(ctx context.Context, p *Prepared, req Request, res *Result) *Result {
	fresh := p.target.fresh()
	boots := req.Verb == VerbAtBoot && p.hasBootSnippets() && !e.Offline
	if p.Nothing() && !boots && (fresh || numberOf(p.last) == p.number) {
		return e.nothing(p, req, res)
	}
	if p.unitsOnly() && !boots {
		defer e.tellLate(ctx)()
		return e.startUnits(context.WithoutCancel(ctx), p, req, res)
	}
	tx, err := e.begin(ctx, p, req)
	if err != nil {
		res.Overtaken = errors.Is(err, rootfs.ErrChanged)
		return res.failed(err)
	}
	// From here on the run ends by itself: no signal may leave it half done.
	defer e.tellLate(ctx)()
	return tx.run(context.WithoutCancel(ctx), res)
}

// nothing ends a run that has nothing to do; the boot default may still move.
func (e *Engine) nothing(p *Prepared, req Request, res *Result) *Result {
	res.Verdict = Unchanged
	boot, err := e.State.Boot()
	if err == nil && req.SetBoot && boot != numberOf(p.last) {
		if err = e.State.SetBoot(numberOf(p.last)); err == nil {
			err = e.Root.Sync()
		}
	}
	if err != nil {
		return res.failed(err)
	}
	return res
}

// unitsOnly tells whether nothing but units is not as it should be: what was
// stopped by hand is started again, and that makes no generation.
func (p *Prepared) unitsOnly() bool {
	same := p.target.recorded() == 0 || p.target.recorded() == numberOf(p.last)
	return p.last != nil && p.target.Record != nil && same && p.settled()
}

// startUnits acts on units alone.
func (e *Engine) startUnits(ctx context.Context, p *Prepared, req Request, res *Result) *Result {
	stopped := p.handoff.Stop(ctx, p.Plan.Units)
	outcome, err := p.handoff.Start(ctx, p.Plan.Units)
	outcome.Failed = append(stopped, outcome.Failed...)
	if err != nil {
		outcome.Failed = append(outcome.Failed, UnitFailure{Unit: "the init", Reason: err.Error()})
	}
	res.Outcome = outcome
	if len(outcome.Failed) > 0 {
		res.Verdict, res.Err = UnitsFailed, failedUnits(outcome.Failed)
		return res
	}
	if res = e.nothing(p, req, res); res.Verdict == Unchanged {
		res.Verdict = Applied
	}
	return res
}

// begin stages the generation, keeps what will be replaced and writes the
// journal. An error means that nothing has changed.
func (e *Engine) begin(ctx context.Context, p *Prepared, req Request) (*transaction, error) {
	if err := e.State.Migrate(); err != nil {
		return nil, err
	}
	boot, err := e.State.Boot()
	if err != nil {
		return nil, err
	}
	fresh := p.target.fresh()
	bootBefore := boot
	if req.SetBoot {
		boot = p.number
	}
	tx := &transaction{
		engine: e, target: p.target, parts: p.parts, handoff: p.handoff, reapplies: p.reapplies(req.Verb),
		journal: &generation.Journal{
			Verb: req.Verb, Target: p.number, Previous: numberOf(p.last), Fresh: fresh,
			Boot: boot, BootBefore: bootBefore,
			Changes: p.changes, Units: p.Plan.Units, Steps: p.stepsOf(req.Verb),
			Known: p.known, Before: p.index, Kept: p.kept,
		},
	}
	if err := tx.prepare(ctx, p); err != nil {
		return nil, distinct(err, tx.abandon())
	}
	return tx, nil
}

func (tx *transaction) prepare(ctx context.Context, p *Prepared) error {
	if err := tx.engine.noteState(); err != nil {
		return err
	}
	// Nothing may be recorded under a key that ends with this process.
	if err := p.store.SaveKey(); err != nil {
		return err
	}
	if tx.journal.Fresh {
		tx.engine.report("stage", fmt.Sprintf("writing generation %d", p.number))
		tx.staged = map[string]rootfs.Info{}
		if err := tx.engine.stage(p, func(path string, info rootfs.Info) { tx.staged[path] = info }); err != nil {
			return err
		}
	}
	for _, part := range tx.parts {
		if err := part.Subsystem.Save(ctx, changesOf(part, p.changes)); err != nil {
			return cmp.Or(stopped(ctx), err)
		}
	}
	if err := stopped(ctx); err != nil {
		return err
	}
	if err := tx.noteReplaced(p); err != nil {
		return err
	}
	var err error
	if tx.journal.Entry, tx.journal.EntryAdded, err = tx.engine.installBoot(); err != nil {
		return err
	}
	// The generation and the blobs must be on disk before the journal that speaks
	// of them.
	if err := tx.engine.Root.Sync(); err != nil {
		return err
	}
	return tx.engine.State.WriteJournal(tx.journal)
}

func changesOf(part Part, changes []plan.Change) []plan.Change {
	is := func(ch plan.Change) bool { return part.owns(ch) && ch.Address != staticAddress }
	n := 0
	for _, ch := range changes {
		if is(ch) {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	out := make([]plan.Change, 0, n)
	for _, ch := range changes {
		if is(ch) {
			out = append(out, ch)
		}
	}
	return out
}

// run does what the journal says, from the stop phase to the record.
func (tx *transaction) run(ctx context.Context, res *Result) *Result {
	stopped := tx.handoff.Stop(ctx, tx.journal.Units)
	if err := tx.forward(ctx); err != nil {
		return tx.takeBack(ctx, res, err)
	}
	if err := tx.addRequests(); err != nil {
		if !tx.reapplies {
			return tx.takeBack(ctx, res, err)
		}
		tx.leaveOut(err)
	}
	outcome, err := tx.handoff.Start(ctx, tx.journal.Units)
	outcome.Failed = append(stopped, outcome.Failed...)
	res.Outcome = outcome
	if err != nil {
		outcome.Failed = append(outcome.Failed, UnitFailure{Unit: "the init", Reason: err.Error()})
		res.Outcome = outcome
	}
	if tx.target.Settings.OnUnitFailure == "rollback" && slices.ContainsFunc(outcome.Failed, isHosts) {
		return tx.rollBack(ctx, res, failedUnits(outcome.Failed))
	}
	if err := tx.commit(); err != nil {
		return res.partial(err, changedAddresses(tx.journal.Changes))
	}
	res.Generation = tx.journal.Target
	return tx.verdict(res)
}

// isHosts tells the failures that are not a user's to cause.
func isHosts(f UnitFailure) bool { return f.User == "" }

// verdict judges a run that was committed.
func (tx *transaction) verdict(res *Result) *Result {
	switch {
	case len(tx.failures) > 0:
		res.LeftOut = tx.leftOut
		return res.partial(errors.Join(tx.failures...), nil)
	case len(res.Outcome.Failed) > 0:
		res.Verdict, res.Err = UnitsFailed, failedUnits(res.Outcome.Failed)
	default:
		res.Verdict = Applied
	}
	return res
}

// forward runs the pipeline.
func (tx *transaction) forward(ctx context.Context) error {
	if len(tx.target.Snippets) > 0 {
		if err := tx.engine.clearRequests(); err != nil {
			return err
		}
	}
	for _, step := range tx.journal.Steps {
		if err := tx.step(ctx, step, tx.journal.Target); err != nil {
			return err
		}
		if name, ok := strings.CutPrefix(step, snippetStep); ok {
			if err := tx.snippet(ctx, name); err != nil {
				return err
			}
		}
	}
	return nil
}

// step makes one step's changes; static is the generation /etc/static is to
// point at from then on.
func (tx *transaction) step(ctx context.Context, step string, static int) error {
	// A snippet, or anybody, may have made directories since.
	tx.engine.Root.Forget()
	if step == stepEtc {
		if err := tx.flip(static); err != nil {
			if !tx.reapplies {
				return err
			}
			tx.leaveOut(err, plan.Change{Address: staticAddress})
		}
	}
	for i, part := range tx.parts {
		batch := tx.inStep(step, i)
		if len(batch) == 0 {
			continue
		}
		tx.engine.report(step, counted(len(batch)))
		err := tx.change(ctx, part, batch)
		switch {
		case err == nil:
		case tx.reapplies:
			tx.eachAlone(ctx, part, batch, err)
		default:
			return err
		}
	}
	return nil
}

func counted(n int) string {
	if n == 1 {
		return "1 change"
	}
	return fmt.Sprintf("%d changes", n)
}

// flip moves /etc/static where a generation with linked entries comes or goes.
func (tx *transaction) flip(n int) error {
	if n == tx.journal.Target && !tx.target.Linked {
		n = 0
	}
	return tx.engine.flip(n)
}
