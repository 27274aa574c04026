package supervise

import (
	"context"
	"fmt"
	"time"

	"github.com/activate-agent/activate/daemon/keep"
)

const (
	// bootPoll is how often the states of services are looked at.
	bootPoll = 200 * time.Millisecond
	// bootPatience is how long a service may take to begin, or to come up
	// after it failed a few times.
	bootPatience = time.Minute
	// fewFailures are those that a service may get over by itself.
	fewFailures = 3
)

// AwaitBoot waits until the boot entry has done its work and every service that
// starts with the host has come up, or is known not to. One that waits or
// starts for ever is waited for: that boot has no good end. The error says that
// ctx ended, or what cannot be read.
func (e *Engine) AwaitBoot(ctx context.Context) error {
	tick := time.NewTicker(bootPoll)
	defer tick.Stop()
	var begin time.Time
	for {
		if begin.IsZero() && e.opts.Dirs.BootOver() {
			begin = time.Now()
		}
		if !begin.IsZero() {
			over, err := e.booted(time.Since(begin) < bootPatience)
			if over || err != nil {
				return err
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("cannot wait for the end of the boot: %w", context.Cause(ctx))
		}
	}
}

// booted tells whether no service that starts with the host is on its way up.
// With patient those that have not begun, or failed a few times, are.
func (e *Engine) booted(patient bool) (bool, error) {
	specs, err := e.specs()
	if err != nil {
		return false, err
	}
	for _, s := range longs(specs) {
		if !s.Boot {
			continue
		}
		status, err := e.opts.Dirs.Status(s.Name)
		if err != nil {
			return false, err
		}
		if !status.Settled() || patient && onItsWay(status) {
			return false, nil
		}
	}
	return true, nil
}

func onItsWay(s keep.Status) bool {
	return s.State == keep.Down && s.Keeper.PID == 0 || s.State == keep.Backoff && s.Failures < fewFailures
}
