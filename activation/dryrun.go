package activation

import (
	"context"
	"errors"
	"fmt"

	"github.com/activate-agent/activate/activation/generation"
)

// dryVerb is what a dry run is for. It holds no lock, and changes nothing.
const dryVerb = "plan"

// DryRun runs the snippets that say they can be (dry_run = "run") with
// ACTIVATE_ACTION=plan, for a plan that has something to do. They must change
// nothing; all of them are run, and the error names those that failed.
func (e *Engine) DryRun(ctx context.Context, p *Prepared) error {
	if e.Offline || p.Plan.Empty() {
		return nil
	}
	j := &generation.Journal{Verb: dryVerb, Target: p.number, Previous: numberOf(p.last)}
	var errs []error
	for _, name := range p.snippetSteps(false) {
		s := p.snippets[name]
		if s.DryRun != "run" {
			continue
		}
		if err := e.runSnippet(ctx, s, j); err != nil {
			errs = append(errs, fmt.Errorf("cannot dry-run snippet %q (%s): %w", name, s.Origin, err))
		}
	}
	return errors.Join(errs...)
}
