package activation

import (
	"context"
	"fmt"
)

// stopped tells whether somebody stopped the run, which is possible until its
// first change.
func stopped(ctx context.Context) error {
	if ctx.Err() == nil {
		return nil
	}
	return fmt.Errorf("stopped before the first change: %w", context.Cause(ctx))
}

// tellLate has a person told who stops the run when it can no longer be
// stopped. The function that it gives ends that.
func (e *Engine) tellLate(ctx context.Context) func() {
	told := make(chan struct{})
	forget := context.AfterFunc(ctx, func() {
		defer close(told)
		e.warn("stop", fmt.Sprintf("it is too late for that (%v): the run has begun to change things and goes on to its end", context.Cause(ctx)))
	})
	return func() {
		if !forget() {
			// Nothing is said any more after the run's last line.
			<-told
		}
	}
}
