package activation

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/activate-agent/activate/activation/generation"
	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
)

// Prepared is a planned switch: the plan as data, and what is needed to apply
// it. Making one changes nothing.
type Prepared struct {
	Plan     *plan.Plan
	Problems []plan.Problem
	Warnings []plan.Problem

	// surveys says that it is only to be looked at: see Survey.
	surveys bool
	// key stands in for that of a host without one: see PrepareUnder.
	key     []byte
	target  *Target
	last    *generation.Record
	number  int
	changes []plan.Change // in the subsystems' order
	// loaded is what snippets with triggers did last, by their names.
	loaded  map[string]string
	adopted map[plan.Address]plan.State
	// moved are objects that stay as they are, under another address.
	moved map[plan.Address]plan.State
	// renewed says that the record changes even where nothing on the host does.
	renewed bool
	// kept are contents from before us that an edit stands in the way of, now or
	// in an earlier run.
	kept     []string
	index    generation.Index // before
	known    generation.Index // after
	steps    []string
	parts    []Part
	handoff  Handoff
	store    *rootfs.Store
	snippets map[string]Snippet
}

// Refused gives the problems as one error, nil when there are none.
func (p *Prepared) Refused() error {
	if len(p.Problems) == 0 {
		return nil
	}
	return &RefusedError{Problems: p.Problems}
}

// RefusedError says why a plan is not applied.
type RefusedError struct{ Problems []plan.Problem }

// Error lists the problems, one a line.
func (e *RefusedError) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// Number is the generation that the target is or becomes, 0 for none.
func (p *Prepared) Number() int { return p.number }

// Previous is the generation that is left, 0 for none.
func (p *Prepared) Previous() int { return numberOf(p.last) }

// Nothing tells whether applying would do nothing: no change, no unit to act
// on, and nothing to record.
func (p *Prepared) Nothing() bool { return p.Plan.Empty() && p.settled() }

// OnlyRecords tells whether applying would change nothing on the host, but the
// record.
func (p *Prepared) OnlyRecords() bool { return p.Plan.Empty() && p.renewed }

// settled tells whether the last record says already what that of the target
// would.
func (p *Prepared) settled() bool {
	return len(p.changes) == 0 && len(p.adopted) == 0 && !p.renewed
}

// Prepare plans the way from the current generation to target. It needs no
// lock and writes nothing. Problems of the plan are in the result, not in the
// error.
func (e *Engine) Prepare(ctx context.Context, target *Target) (*Prepared, error) {
	return e.prepare(ctx, &Prepared{target: target})
}

// PrepareUnder is Prepare with a key for the secrets in the place of a host's
// that has none yet, to be held against a plan that was made under the same.
// What it gives is not to be applied.
func (e *Engine) PrepareUnder(ctx context.Context, target *Target, key []byte) (*Prepared, error) {
	return e.prepare(ctx, &Prepared{target: target, key: key})
}

// PassingKey is the key that the plan's secrets are hashed under where the host
// has none yet, else nil.
func (p *Prepared) PassingKey() []byte { return p.store.Passing() }

// Survey is Prepare for who only looks, and wants to see all that can be seen:
// that a part of the host, or its init, cannot be judged is one of the problems.
func (e *Engine) Survey(ctx context.Context, target *Target) (*Prepared, error) {
	return e.prepare(ctx, &Prepared{target: target, surveys: true})
}

// unseen makes a problem of why a part cannot be judged, where that is wanted.
// Who may not read everything has to be told so.
func (p *Prepared) unseen(ctx context.Context, err error) error {
	if !p.surveys || ctx.Err() != nil || errors.Is(err, fs.ErrPermission) {
		return err
	}
	if err != nil {
		p.Problems = append(p.Problems, plan.Problem{Summary: err.Error()})
	}
	return nil
}

func (e *Engine) prepare(ctx context.Context, p *Prepared) (*Prepared, error) {
	last, err := e.State.ReadCurrent()
	if err != nil && !errors.Is(err, generation.ErrNone) {
		return nil, err
	}
	p.last = last
	if _, err := e.State.Boot(); err != nil {
		return nil, err
	}
	if p.index, err = e.State.ReadIndex(); err != nil {
		return nil, err
	}
	if p.number, err = e.numberOf(p.target); err != nil {
		return nil, err
	}
	if p.store, err = e.store(numberOf(last), p.number); err != nil {
		return nil, err
	}
	if p.key != nil {
		p.store = p.store.Under(p.key)
	}
	p.parts, p.handoff, err = p.target.Parts(Context{Last: last, Index: p.index, Number: p.number, Store: p.store})
	if err != nil {
		return nil, err
	}
	if err := e.order(p); err != nil {
		return nil, err
	}
	if err := e.diff(ctx, p); err != nil || p.surveys {
		return p, err
	}
	if err := errors.Join(e.space(p), e.checkBoot(p)); err != nil {
		return nil, err
	}
	return p, e.check(ctx, p)
}

func (e *Engine) numberOf(target *Target) (int, error) {
	if target.Record == nil || target.Record.Number > 0 {
		return target.recorded(), nil
	}
	return e.State.Next()
}

// recorded is the target's generation number, 0 for none yet.
func (t *Target) recorded() int {
	if t.Record == nil {
		return 0
	}
	return t.Record.Number
}

// fresh tells a target that would become a new generation.
func (t *Target) fresh() bool { return t.Record != nil && t.recorded() == 0 }

// partsOf makes the subsystems of a target whose key was saved when it was
// planned.
func (e *Engine) partsOf(target *Target, last *generation.Record, x generation.Index, number int) ([]Part, Handoff, error) {
	store, err := e.store(numberOf(last), number)
	if err != nil {
		return nil, nil, err
	}
	return target.Parts(Context{Last: last, Index: x, Number: number, Store: store})
}

func numberOf(r *generation.Record) int {
	if r == nil {
		return 0
	}
	return r.Number
}

// order sorts the pipeline's steps and checks that they can be.
func (e *Engine) order(p *Prepared) error {
	p.snippets = map[string]Snippet{}
	for _, s := range p.target.Snippets {
		p.snippets[s.Name] = s
	}
	steps, err := pipeline(p.target.Snippets)
	if err != nil {
		return err
	}
	p.steps = steps
	return nil
}

func (e *Engine) diff(ctx context.Context, p *Prepared) error {
	var all plan.Diff
	var diffs []plan.Diff
	for _, part := range p.parts {
		d, err := part.Subsystem.Diff(ctx)
		if err := p.unseen(ctx, err); err != nil {
			return err
		}
		diffs = append(diffs, d)
		all.Add(d)
	}
	if err := p.unseen(ctx, p.judge(&all)); err != nil {
		return err
	}
	p.known = p.indexAfter(diffs)
	static, err := e.staticDrift(p)
	if err := p.unseen(ctx, err); err != nil {
		return err
	}
	snippets, unchanged, err := snippetChanges(p.last, p.target.Snippets)
	if err != nil {
		return err
	}
	all.Changes = append(append(all.Changes, static...), snippets...)
	all.Unchanged += unchanged
	units, err := p.handoff.Verbs(ctx, all.Changes)
	if err != nil {
		err = fmt.Errorf("cannot plan the units: %w", err)
	}
	if err := p.unseen(ctx, err); err != nil {
		return err
	}
	earlier, err := e.State.ReadKept()
	if err != nil {
		return err
	}
	p.changes, p.adopted, p.moved = all.Changes, all.Adopted, all.Moved
	p.kept = unique(append(earlier, all.Unreturned...))
	p.Problems, p.Warnings = append(all.Problems, p.Problems...), all.Warnings
	p.Plan = plan.Make(all.Changes, all.Unchanged, units)
	if p.renewed, err = p.isRenewed(); err != nil {
		return err
	}
	if len(p.changes) > 0 {
		if p.loaded, err = e.State.ReadLoaded(); err != nil {
			return err
		}
		p.Plan.Snippets = p.snippetSteps(e.Offline)
	}
	return nil
}

// judge adds to the diff of all parts what they find in the changes of all.
func (p *Prepared) judge(all *plan.Diff) error {
	for _, part := range p.parts {
		if part.Judge == nil {
			continue
		}
		problems, warnings, err := part.Judge(all.Changes)
		if err != nil {
			return err
		}
		all.Problems, all.Warnings = append(all.Problems, problems...), append(all.Warnings, warnings...)
	}
	return nil
}

// snippetSteps gives the snippets that would run, in order.
func (p *Prepared) snippetSteps(offline bool) []string {
	if offline {
		return nil
	}
	var names []string
	for _, step := range p.steps {
		if name, ok := strings.CutPrefix(step, snippetStep); ok && p.snippets[name].due(p.loaded) {
			names = append(names, name)
		}
	}
	return names
}

// indexAfter is what will have stood at our addresses once the diffs of the
// parts are applied.
func (p *Prepared) indexAfter(diffs []plan.Diff) generation.Index {
	next := generation.Index{Originals: map[plan.Address]plan.State{}}
	for i, part := range p.parts {
		originals := part.Originals
		if originals == nil {
			originals = func(d plan.Diff) map[plan.Address]plan.State { return p.replaced(part, d) }
		}
		maps.Copy(next.Originals, originals(diffs[i]))
		if part.Parents != nil {
			next.Parents = append(next.Parents, part.Parents(diffs[i])...)
		}
		if part.Installed != nil {
			next.Secrets = part.Installed()
		}
	}
	slices.Sort(next.Parents)
	next.Parents = slices.Compact(next.Parents)
	return next
}

// replaced is the originals of a part that keeps no account of its own: those
// known already, less what leaves, and the Before of what becomes ours.
func (p *Prepared) replaced(part Part, d plan.Diff) map[plan.Address]plan.State {
	out := map[plan.Address]plan.State{}
	for a, s := range p.index.Originals {
		if slices.Contains(part.Kinds, a.Kind()) {
			out[a] = s
		}
	}
	maps.Copy(out, d.Adopted)
	for _, ch := range d.Changes {
		switch {
		case part.leaves(ch):
			delete(out, ch.Address)
		case ch.Before != nil && !p.ours(ch.Address):
			out[ch.Address] = ch.Before
		}
	}
	return out
}

func (p *Prepared) ours(a plan.Address) bool {
	if p.last == nil {
		return false
	}
	_, ok := p.last.States[a]
	return ok
}

// Contents gives the bytes of a change on both sides, for its diff. ok is
// false when there are none, or they are secret or not at hand.
func (p *Prepared) Contents(ch plan.Change) (before, after []byte, ok bool) {
	for _, part := range p.parts {
		if !part.owns(ch) || part.Contents == nil || ch.Address == staticAddress {
			continue
		}
		before, after, secret, err := part.Contents(ch)
		return before, after, err == nil && !secret && (before != nil || after != nil)
	}
	return nil, nil, false
}

// Snippets gives the names of the target's snippets in the order they run in.
func (p *Prepared) Snippets() []string { return p.snippetSteps(false) }
