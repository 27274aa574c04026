package activation

import "github.com/activate-agent/activate/activation/generation"

// PutOnTrial records a switch that reverts unless it is confirmed, before its first
// change, which may be the first thing ever to be recorded. It is durable when it
// returns. The caller holds the lock.
func (e *Engine) PutOnTrial(p generation.Pending) error {
	if err := e.noteState(); err != nil {
		return err
	}
	return e.State.WritePending(p)
}
