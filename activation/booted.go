package activation

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/activate-agent/activate/activation/generation"
)

// FailBoot ends a counted boot whose run failed with err. It does nothing when
// no boot is counted.
func (e *Engine) FailBoot(err error) error {
	n, readErr := e.booting()
	if n == 0 || readErr != nil {
		return readErr
	}
	reason, _, _ := strings.Cut(err.Error(), "\n")
	return e.endBoot(n, "at-boot failed: "+reason)
}

// EndBoot ends a counted boot once the init has done what it does at boot: the
// generation is good when it is current and its units are up. It gives what is
// wrong, "" for nothing and for a boot that is not counted. The caller holds
// the lock.
func (e *Engine) EndBoot(ctx context.Context) (failure string, err error) {
	n, err := e.booting()
	if n == 0 || err != nil {
		return "", err
	}
	if failure, err = e.bootFailure(ctx, n); err != nil {
		return "", err
	}
	return failure, e.endBoot(n, failure)
}

// bootFailure says what keeps generation n from being a good boot.
func (e *Engine) bootFailure(ctx context.Context, n int) (string, error) {
	last, err := e.State.ReadCurrent()
	if err != nil && !errors.Is(err, generation.ErrNone) {
		return "", err
	}
	if numberOf(last) != n {
		return fmt.Sprintf("generation %d is current instead", numberOf(last)), nil
	}
	target, err := e.restore(n)
	if err != nil {
		return "", err
	}
	index, err := e.State.ReadIndex()
	if err != nil {
		return "", err
	}
	_, handoff, err := e.partsOf(target, last, index, n)
	if err != nil {
		return "", err
	}
	failed, err := handoff.Failing(ctx)
	if err != nil || len(failed) == 0 {
		return "", err
	}
	return failedUnits(failed).Error(), nil
}

// endBoot writes down how the counted boot of generation n ended.
func (e *Engine) endBoot(n int, failure string) error {
	boots, err := e.State.ReadBoots()
	if err != nil {
		return err
	}
	if failure == "" {
		boots.Succeed(n)
	} else {
		boots.Fail(n, failure)
	}
	e.knowLimit(&boots, n, nil)
	if err := e.State.WriteBoots(boots); err != nil {
		return err
	}
	return ignoreMissing(e.Root.Remove(e.BootingPath()))
}

// knowLimit keeps how often generation n may fail to boot beside the count,
// where it is known although the record should be damaged later. A nil target is
// read of the record, which of a large host takes its time.
func (e *Engine) knowLimit(boots *generation.Boots, n int, target *Target) {
	var err error
	if target == nil {
		target, err = e.restore(n)
	}
	if err == nil {
		boots.Limit(n, target.Settings.BootAttempts)
	}
}

// Proven notes that the current generation is good, since a run for good
// succeeded with it or a person said so, and forgets a fallback.
func (e *Engine) Proven() error {
	n, err := e.State.Current()
	if n == 0 || err != nil {
		return err
	}
	return e.proven(n, nil)
}

func (e *Engine) proven(n int, target *Target) error {
	boots, err := e.State.ReadBoots()
	if err != nil {
		return err
	}
	if news := boots.Succeed(n); !news && boots.Fallback == nil {
		return nil
	}
	boots.Fallback = nil
	e.knowLimit(&boots, n, target)
	return e.State.WriteBoots(boots)
}

// prove notes the good end of p's run.
func (e *Engine) prove(p *Prepared, req Request, res *Result) {
	good := res.Verdict == Applied || res.Verdict == Unchanged
	if !e.CountBoots || !req.SetBoot || req.Verb == VerbAtBoot || !good || res.Generation == 0 {
		return
	}
	var target *Target
	if res.Generation == p.number {
		target = p.target
	}
	if err := e.proven(res.Generation, target); err != nil {
		e.warn("record", err.Error())
	}
}
