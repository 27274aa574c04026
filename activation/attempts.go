package activation

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"github.com/activate-agent/activate/activation/generation"
)

// BootingPath is the file, relative to the root, that is there while a boot is
// counted and nobody has told its end. It goes with the boot.
func (e *Engine) BootingPath() string { return path.Join(e.runDir(), "booting") }

// BeginBoot gives the target of a boot, nil for none: the boot generation, or
// when its attempts are used up the one that was good last, which the run with
// Request.SetBoot then makes the boot default. With counted the attempt is on
// the disk before it returns, and EndBoot has to follow. The caller holds the
// lock.
func (e *Engine) BeginBoot(counted bool) (*Target, error) {
	n, err := e.State.Boot()
	if n == 0 || err != nil {
		return nil, err
	}
	target, err := e.restore(n)
	if err != nil || !counted {
		return target, wrapBoot(err)
	}
	boots, err := e.State.ReadBoots()
	if err != nil {
		return nil, err
	}
	if limit := target.Settings.BootAttempts; limit > 0 && boots.Trials[n].Attempts >= limit {
		if target, err = e.fallBack(&boots, target); err != nil {
			return nil, err
		}
	}
	boots.Begin(target.recorded())
	if err := e.State.WriteBoots(boots); err != nil {
		return nil, err
	}
	return target, e.markBooting(target.recorded())
}

// markBooting leaves word for EndBoot which generation it is about.
func (e *Engine) markBooting(n int) error {
	attr := e.Root.Private()
	attr.Lazy = true
	if err := e.Root.WriteFile(e.BootingPath(), strings.NewReader(strconv.Itoa(n)), attr); err != nil {
		return fmt.Errorf("cannot begin the boot: %w", err)
	}
	return nil
}

// booting gives the generation whose boot is counted and has not ended, 0 for
// none.
func (e *Engine) booting() (int, error) {
	b, err := e.Root.ReadFile(e.BootingPath(), 64)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("cannot end the boot: %w", err)
	}
	n, err := strconv.Atoi(string(b))
	if err != nil {
		return 0, fmt.Errorf("cannot end the boot: %s does not hold a generation", e.Root.Name(e.BootingPath()))
	}
	return n, nil
}

func wrapBoot(err error) error {
	if err != nil {
		return fmt.Errorf("cannot apply the boot generation: %w", err)
	}
	return nil
}

// fallBack gives the target instead of one that does not come up, and notes
// why. Without any other it is tried once more.
func (e *Engine) fallBack(boots *generation.Boots, failed *Target) (*Target, error) {
	from := failed.recorded()
	numbers, err := e.State.Numbers()
	if err != nil {
		return nil, err
	}
	trial, to := boots.Trials[from], boots.Other(from, failed.Settings.BootAttempts, numbers)
	if to == 0 {
		e.warn(VerbAtBoot, fmt.Sprintf("generation %d failed to boot %s (%s), and there is no other to go back to", from, generation.Times(trial.Attempts), trial.Failure))
		return failed, nil
	}
	target, err := e.restore(to)
	if err != nil {
		return nil, fmt.Errorf("cannot go back from generation %d, which failed to boot: %w", from, err)
	}
	boots.Fallback = &generation.Fallback{From: from, To: to, Attempts: trial.Attempts, Reason: trial.Failure, Time: e.Now().UTC()}
	e.warn(VerbAtBoot, boots.Fallback.String())
	return target, nil
}

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
	if err := e.State.WriteBoots(boots); err != nil {
		return err
	}
	return ignoreMissing(e.Root.Remove(e.BootingPath()))
}

// Proven notes that the current generation is good, since a run for good
// succeeded with it or a person said so, and forgets a fallback.
func (e *Engine) Proven() error {
	n, err := e.State.Current()
	if n == 0 || err != nil {
		return err
	}
	boots, err := e.State.ReadBoots()
	if err != nil {
		return err
	}
	if news := boots.Succeed(n); !news && boots.Fallback == nil {
		return nil
	}
	boots.Fallback = nil
	return e.State.WriteBoots(boots)
}

// prove notes the good end of a run.
func (e *Engine) prove(req Request, res *Result) {
	good := res.Verdict == Applied || res.Verdict == Unchanged
	if !e.CountBoots || !req.SetBoot || req.Verb == VerbAtBoot || !good {
		return
	}
	if err := e.Proven(); err != nil {
		e.warn("record", err.Error())
	}
}
