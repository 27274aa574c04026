package activation

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/activate-agent/activate/activation/generation"
)

// BootingPath is the file, relative to the root, that is there while a boot is
// counted and nobody has told its end. It goes with the boot.
func (e *Engine) BootingPath() string { return path.Join(e.runDir(), "booting") }

// CountBoot counts the boot that begins now, for the generation that it is to
// bring up, so that the attempt is on the disk before anything is read or done
// that may keep the host from coming up. EndBoot or FailBoot has to follow. An
// interrupted run whose generation has no attempts left is to be taken back and
// not finished, by Recover, which comes next. The caller holds the lock.
func (e *Engine) CountBoot() error {
	n, err := e.State.Boot()
	if err != nil {
		return err
	}
	// A journal that can't be read is for Recover to tell.
	j, _ := e.State.ReadJournal()
	if j != nil {
		n = bootAfter(j)
	}
	if n == 0 {
		return nil
	}
	boots, err := e.State.ReadBoots()
	if err != nil {
		return err
	}
	if e.usedUp(boots, n) {
		return e.giveUp(boots, j, n)
	}
	return e.count(boots, n)
}

// bootAfter is the boot default, 0 for none, once the interrupted run is ended.
func bootAfter(j *generation.Journal) int {
	if j.Undoing {
		return j.BootBefore
	}
	return j.Boot
}

// count writes down that a boot of generation n begins.
func (e *Engine) count(boots generation.Boots, n int) error {
	boots.Begin(n)
	if err := e.State.WriteBoots(boots); err != nil {
		return err
	}
	return e.markBooting(n)
}

// usedUp tells whether generation n has failed to boot as often as it may.
func (e *Engine) usedUp(boots generation.Boots, n int) bool {
	attempts := boots.Trials[n].Attempts
	if attempts == 0 {
		return false
	}
	limit := e.attemptsOf(boots, n)
	return limit > 0 && attempts >= limit
}

// attemptsOf is how often generation n may fail to boot, 0 for no limit. It is
// known without the generation's record, which may be what is damaged.
func (e *Engine) attemptsOf(boots generation.Boots, n int) int {
	if limit := boots.Trials[n].Limit; limit > 0 {
		return limit
	}
	if target, err := e.restore(n); err == nil {
		return target.Settings.BootAttempts
	}
	if target, err := e.spare(n); err == nil {
		return target.Settings.BootAttempts
	}
	return 0
}

// spare makes a target of the copy of generation n's record.
func (e *Engine) spare(n int) (*Target, error) {
	r, err := e.State.ReadSpare(n)
	if err != nil {
		return nil, err
	}
	return e.Restore(r)
}

// giveUp has an interrupted run of generation n, which has no attempts left,
// taken back.
func (e *Engine) giveUp(boots generation.Boots, j *generation.Journal, n int) error {
	if j == nil || j.Undoing || j.Target != n {
		return nil
	}
	j.Undoing = true
	if j.Previous != n {
		e.leave(&boots, n, j.Previous)
	}
	if err := e.State.WriteBoots(boots); err != nil {
		return err
	}
	return e.State.WriteJournal(j)
}

// leave notes that generation from is given up for to, and tells it.
func (e *Engine) leave(boots *generation.Boots, from, to int) {
	trial := boots.Trials[from]
	boots.Fallback = &generation.Fallback{From: from, To: to, Attempts: trial.Attempts, Reason: trial.Failure, Time: e.Now().UTC()}
	e.warn(VerbAtBoot, boots.Fallback.String())
}

// BeginBoot gives the target of a boot, nil for none: the boot generation, or
// when its attempts are used up the one that was good last, which the run with
// Request.SetBoot then makes the boot default. With counted the attempt is on
// the disk before it returns, and EndBoot or FailBoot has to follow. The caller
// holds the lock.
func (e *Engine) BeginBoot(counted bool) (*Target, error) {
	n, err := e.State.Boot()
	if n == 0 || err != nil {
		return nil, err
	}
	if !counted {
		target, err := e.restore(n)
		return target, wrapBoot(err)
	}
	boots, err := e.State.ReadBoots()
	if err != nil {
		return nil, err
	}
	// The attempt may have been counted before an interrupted run was ended.
	begun, err := e.booting()
	if err != nil || begun != n {
		if e.usedUp(boots, n) {
			if n, err = e.fallBack(&boots, n); err != nil {
				return nil, err
			}
		}
		if err := e.count(boots, n); err != nil {
			return nil, err
		}
	}
	target, err := e.restore(n)
	return target, wrapBoot(err)
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

// fallBack gives the generation to boot instead of one that does not come up,
// and notes why. Without any other it is tried once more.
func (e *Engine) fallBack(boots *generation.Boots, from int) (int, error) {
	numbers, err := e.State.Numbers()
	if err != nil {
		return 0, err
	}
	limit := e.attemptsOf(*boots, from)
	for {
		to := boots.Other(from, limit, numbers)
		if to == 0 {
			trial := boots.Trials[from]
			e.warn(VerbAtBoot, fmt.Sprintf("generation %d failed to boot %s (%s), and there is no other to go back to", from, generation.Times(trial.Attempts), trial.Failure))
			return from, nil
		}
		if _, err := e.restore(to); err != nil {
			e.warn(VerbAtBoot, fmt.Sprintf("generation %d is none to go back to: %v", to, err))
			numbers = slices.DeleteFunc(numbers, func(n int) bool { return n == to })
			continue
		}
		e.leave(boots, from, to)
		return to, e.knowCurrent(to)
	}
}

// knowCurrent sees to it that the way to generation to can begin at the current
// one, whose record may be damaged: then its copy takes its place. Without one
// nobody knows what is ours beyond what generation to has.
func (e *Engine) knowCurrent(to int) error {
	current, err := e.State.Current()
	if err != nil {
		return err
	}
	_, damage := e.restore(current)
	if damage == nil {
		return nil
	}
	if _, err := e.spare(current); err == nil {
		e.warn(VerbAtBoot, fmt.Sprintf("%v; what is to be taken away is known by its copy, which is put in its place", damage))
		return e.State.RestoreSpare(current)
	}
	e.warn(VerbAtBoot, fmt.Sprintf("%v; what only generation %d brought stays where it is", damage, current))
	return e.State.SetCurrent(to)
}
