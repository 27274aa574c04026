package activation

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/activate-agent/activate/activation/generation"
)

// collect deletes the generations that the settings of p's target leave no
// place for, once p's run has made a new one. That run is done: what can't be
// deleted is a warning.
func (e *Engine) collect(p *Prepared, res *Result) {
	if res.Generation != p.number || res.Verdict != Applied && res.Verdict != UnitsFailed {
		return
	}
	if err := e.deleteSurplus(p.number, p.target.Settings); err != nil {
		e.warn("generations", err.Error())
	}
}

// deleteSurplus deletes what s, the settings of generation n, leaves no place
// for.
func (e *Engine) deleteSurplus(n int, s Settings) error {
	keep, age := s.KeepGenerations, time.Duration(0)
	if s.KeepGenerationsFor != "" {
		var err error
		if age, err = time.ParseDuration(s.KeepGenerationsFor); err != nil {
			return fmt.Errorf("cannot delete generations: %w", err)
		}
	}
	if keep == 0 && age == 0 {
		return nil
	}
	entries, err := e.State.List()
	if err != nil {
		return err
	}
	retreat, err := e.retreat(n, s.BootAttempts)
	if err != nil {
		return err
	}
	surplus := slices.DeleteFunc(generation.Surplus(entries, keep, age, e.Now()), func(n int) bool { return n == retreat })
	if len(surplus) == 0 {
		return nil
	}
	if err := e.State.Delete(surplus...); err != nil {
		return err
	}
	e.report("generations", "deleted "+listed(surplus))
	return nil
}

// retreat is the generation that a host goes back to where n does not boot, 0
// where nobody counts.
func (e *Engine) retreat(n, attempts int) (int, error) {
	if attempts == 0 {
		return 0, nil
	}
	boots, err := e.State.ReadBoots()
	if err != nil {
		return 0, err
	}
	numbers, err := e.State.Numbers()
	return boots.Other(n, attempts, numbers), err
}

func listed(numbers []int) string {
	var out []string
	for _, n := range numbers {
		out = append(out, strconv.Itoa(n))
	}
	return strings.Join(out, ", ")
}
