package activation

import (
	"context"
	"fmt"

	"github.com/activate-agent/activate/activation/generation"
	"github.com/activate-agent/activate/activation/plan"
)

// dryVerb is what a dry run is for. It holds no lock, and changes nothing.
const dryVerb = "plan"

// DryRun runs the snippets that say they can be (dry_run = "run") with
// ACTIVATE_ACTION=plan, for a plan that has something to do. They must change
// nothing; all of them are run, and it gives those that failed. The error is that
// of ctx, or joined with it: somebody stopped the run.
func (e *Engine) DryRun(ctx context.Context, p *Prepared) ([]plan.Problem, error) {
	if e.Offline || p.Plan.Empty() {
		return nil, nil
	}
	j := &generation.Journal{Verb: dryVerb, Target: p.number, Previous: numberOf(p.last)}
	var failed []plan.Problem
	for _, name := range p.snippetSteps(false) {
		s := p.snippets[name]
		if s.DryRun != "run" {
			continue
		}
		err := e.runSnippet(ctx, s, j)
		switch {
		case err == nil:
		case ctx.Err() != nil:
			return failed, fmt.Errorf("cannot dry-run snippet %q (%s): %w", name, s.Origin, err)
		default:
			failed = append(failed, plan.Problemf(plan.NewAddress(plan.KindSnippet, name), s.Origin, "", "cannot dry-run snippet %q: %v", name, err))
		}
	}
	return failed, nil
}
