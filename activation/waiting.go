package activation

import (
	"bytes"

	"github.com/activate-agent/activate/activation/generation"
	"github.com/activate-agent/activate/activation/plan"
)

// waiting is the number of the boot default if it waits for its boot and says
// what p's record would, else 0. One whose record cannot be read is for this run to
// replace.
func (e *Engine) waiting(p *Prepared) (int, error) {
	n, err := e.State.Boot()
	if err != nil || n == 0 || n == numberOf(p.last) {
		return 0, err
	}
	staged, damage := e.State.Read(n)
	if damage != nil {
		return 0, nil //nolint:nilerr // see above
	}
	want := p.record()
	want.States = p.statesAfter()
	if !bytes.Equal(said(want), said(staged)) {
		return 0, nil
	}
	return n, nil
}

// said is what a record asks of the host, without what tells it from another
// that asks the same.
func said(r *generation.Record) []byte {
	return plan.Encode(generation.Record{Sections: r.Sections, States: r.States})
}

// waits ends a run whose generation n waits for its boot already.
func (p *Prepared) waits(n int, err error, res *Result) *Result {
	if err != nil {
		return res.failed(err)
	}
	counts := p.Plan.Summary
	res.Verdict, res.Generation = Unchanged, n
	res.Plan = plan.Make(nil, counts.Create+counts.Update+counts.Unchanged, plan.Units{})
	return res
}
