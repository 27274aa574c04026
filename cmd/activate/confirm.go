package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/activate-agent/activate/activation"
	"github.com/activate-agent/activate/activation/generation"
	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/daemon/systemd"
)

// confirmTimer is the host's own timer for a switch on trial.
const confirmTimer = "activate-confirm"

// grace is how much later than the waiting process the host's timer goes off:
// it is for the case that the process is gone.
const grace = 3 * time.Second

func newConfirm(f *flags) *cobra.Command {
	var expired bool
	cmd := &cobra.Command{
		Use:   "confirm",
		Short: "Keep a switch --confirm that would otherwise revert by itself",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.locked(cmd.Context(), "confirm", func(h *host) error {
				if expired {
					return h.expire(cmd.Context())
				}
				return h.confirm(cmd.Context())
			})
		},
	}
	cmd.Flags().BoolVar(&expired, "expired", false, "what the timer runs: revert what was not confirmed")
	if err := cmd.Flags().MarkHidden("expired"); err != nil {
		panic("internal error: " + err.Error())
	}
	return cmd
}

func (h *host) confirm(ctx context.Context) error {
	pending, err := h.engine.State.ReadPending()
	if err != nil {
		return err
	}
	if pending == nil {
		return errors.New("cannot confirm: no switch waits for it")
	}
	current, err := h.engine.State.Current()
	if err != nil {
		return err
	}
	if current != pending.Number {
		// The switch was killed before it began, or it was undone.
		if err := h.engine.State.DropPending(); err != nil {
			return err
		}
		h.disarm(ctx)
		return fmt.Errorf("cannot confirm generation %d: it never became current; generation %d is, and nothing waits any more", pending.Number, current)
	}
	if err := h.engine.State.Confirm(pending); err != nil {
		return err
	}
	if h.engine.CountBoots {
		if err := h.engine.Proven(); err != nil {
			return err
		}
	}
	h.disarm(ctx)
	fmt.Fprintf(h.std.err, "generation %d is confirmed\n", pending.Number)
	return nil
}

// expire reverts the switch on trial; it does nothing when there is none any
// more.
func (h *host) expire(ctx context.Context) error {
	pending, err := h.underTrial(ctx)
	if pending == nil || err != nil {
		return err
	}
	return h.finishRevert(h.lapse(ctx, pending))
}

// lapse reverts a switch whose time is up. Units that fail then are not those of
// the switch that was asked for: something stays changed.
func (h *host) lapse(ctx context.Context, pending *generation.Pending) *activation.Result {
	res := h.revert(ctx, pending)
	if res.Verdict == activation.UnitsFailed {
		res.Verdict = activation.Partial
		res.Err = fmt.Errorf("generation %d was not confirmed in time; generation %d is back, but not whole: %w", pending.Number, pending.Previous, res.Err)
	}
	return res
}

// revert brings back the generation before the one on trial.
func (h *host) revert(ctx context.Context, pending *generation.Pending) *activation.Result {
	h.wiring.reverts = true
	defer func() { h.wiring.reverts = false }()
	target, err := h.targetOf(pending.Previous)
	if err != nil {
		return &activation.Result{Verdict: activation.Partial, Generation: pending.Number, Err: err}
	}
	p, err := h.engine.Prepare(ctx, target)
	if err != nil {
		return &activation.Result{Verdict: activation.Partial, Generation: pending.Number, Err: err}
	}
	boot, err := h.engine.State.Boot()
	if err != nil {
		return &activation.Result{Verdict: activation.Partial, Generation: pending.Number, Err: err}
	}
	// It is the default only where a confirmation was cut off.
	res := h.engine.Apply(ctx, p, activation.Request{Verb: "rollback", SetBoot: boot == pending.Number})
	if res.Generation != pending.Previous || res.Verdict == activation.Failed {
		return res
	}
	// It is back, be it with units or snippets that fail: nothing is on trial any more.
	if err := h.engine.State.DropPending(); err != nil {
		res.Verdict, res.Err = activation.Partial, errors.Join(res.Err, err)
		return res
	}
	h.disarm(ctx)
	if res.Verdict != activation.Applied && res.Verdict != activation.Unchanged {
		return res
	}
	res.Verdict = activation.RolledBack
	res.Err = fmt.Errorf("generation %d was not confirmed in time; generation %d is back", pending.Number, pending.Previous)
	return res
}

// finishRevert ends a revert that was the very purpose of the run.
func (h *host) finishRevert(res *activation.Result) error {
	err := h.finish(res)
	if res.Verdict == activation.RolledBack {
		return nil
	}
	return err
}

// targetOf is generation n as a target; of 0 the empty one.
func (h *host) targetOf(n int) (*activation.Target, error) {
	if n == 0 {
		return h.engine.Restore(nil)
	}
	record, err := h.engine.State.Read(n)
	if err != nil {
		return nil, err
	}
	return h.engine.Restore(record)
}

// arm puts a planned switch on trial, before its first change: the record for
// the next boot, and the host's timer for the case that this process dies.
func (h *host) arm(ctx context.Context, p *activation.Prepared, wait time.Duration) (*generation.Pending, error) {
	pending := &generation.Pending{Number: p.Number(), Previous: p.Previous(), Deadline: time.Now().Add(wait).UTC()}
	if err := h.engine.PutOnTrial(*pending); err != nil {
		return nil, err
	}
	s, ok := h.wiring.init.(*systemd.Systemd)
	if !ok || !s.Running() {
		return pending, nil
	}
	exe, err := itself()
	if err != nil {
		return nil, fmt.Errorf("cannot find this program for the timer: %w", err)
	}
	_ = s.Cancel(ctx, confirmTimer)
	argv := []string{exe, "confirm", "--expired", "--state-dir", h.stateDir}
	if h.user {
		argv = append(argv, "--user")
	}
	if err := s.Later(ctx, confirmTimer, wait+grace, argv); err != nil {
		return nil, errors.Join(fmt.Errorf("cannot arm the timer that would revert: %w", err), h.engine.State.DropPending())
	}
	return pending, nil
}

func (h *host) disarm(ctx context.Context) {
	s, ok := h.wiring.init.(*systemd.Systemd)
	if !ok || !s.Running() {
		return
	}
	if err := s.Cancel(ctx, confirmTimer); err != nil {
		h.event(activation.Event{Step: "confirm", Text: err.Error(), Warning: true})
	}
}

// trial applies p on trial and waits for its confirmation. The lock is free
// while it waits, so that confirm can take it.
func (h *host) trial(ctx context.Context, p *activation.Prepared, req activation.Request, wait time.Duration) error {
	req.SetBoot = false
	if p.Nothing() || p.Refused() != nil {
		// Nothing is on trial, and nothing is written.
		return h.finish(h.engine.Apply(ctx, p, req))
	}
	pending, err := h.arm(ctx, p, wait)
	if err != nil {
		return err
	}
	res := h.engine.Apply(ctx, p, req)
	switch res.Verdict {
	case activation.Failed, activation.RolledBack, activation.Unchanged:
		h.disarm(ctx)
		return errors.Join(h.engine.State.DropPending(), h.finish(res))
	case activation.Applied, activation.UnitsFailed, activation.Partial:
	}
	// The document waits: the trial's end may be another result.
	h.tell(res)
	waiting, err := h.engine.State.Wait()
	if err != nil {
		return err
	}
	defer func() { _ = waiting.Close() }()
	fmt.Fprintf(h.std.err, "confirm with \"activate confirm\" within %s, or generation %d returns\n", wait, pending.Previous)
	if err := h.unlock(); err != nil {
		return err
	}
	over, err := h.await(ctx, pending)
	if err != nil {
		return err
	}
	if over {
		kept, err := h.kept(waiting, pending)
		if err != nil {
			return err
		}
		if kept {
			return h.conclude(res)
		}
	}
	return h.locked(context.WithoutCancel(ctx), "confirm", func(h *host) error {
		still, err := h.underTrial(ctx)
		if err != nil {
			return err
		}
		if still == nil || still.Number != pending.Number {
			return h.judge(res, waiting, pending)
		}
		return h.finish(h.lapse(context.WithoutCancel(ctx), still))
	})
}

// confirmPoll is how often the trial's record is looked at.
const confirmPoll = 100 * time.Millisecond

// await waits until the trial has ended or its time is up; it tells whether it
// has ended.
func (h *host) await(ctx context.Context, pending *generation.Pending) (bool, error) {
	// A signal must not lift the trial: it ends early, and reverts.
	for time.Now().Before(pending.Deadline) && ctx.Err() == nil {
		now, err := h.engine.State.ReadPending()
		if err != nil {
			return false, err
		}
		if now == nil || now.Number != pending.Number {
			return true, nil
		}
		select {
		case <-ctx.Done():
		case <-time.After(confirmPoll):
		}
	}
	return false, nil
}

// kept tells of a trial that is over whether its generation stayed: it was
// confirmed, whatever came since, or somebody rolled back to it.
func (h *host) kept(waiting *generation.Waiting, pending *generation.Pending) (bool, error) {
	if confirmed, err := waiting.Confirmed(); err != nil || confirmed {
		return confirmed, err
	}
	current, err := h.engine.State.Current()
	return current == pending.Number, err
}

// judge ends a trial that is over: res stands where its generation stayed, else
// somebody else reverted it.
func (h *host) judge(res *activation.Result, waiting *generation.Waiting, pending *generation.Pending) error {
	kept, err := h.kept(waiting, pending)
	if err != nil {
		return err
	}
	if kept {
		return h.conclude(res)
	}
	current, err := h.engine.State.Current()
	if err != nil {
		return err
	}
	res.Verdict, res.Generation = activation.RolledBack, current
	res.Err = fmt.Errorf("generation %d was reverted; generation %d is current", pending.Number, current)
	return h.finish(res)
}

// underTrial gives the switch on trial, nil when there is none; the record of one that
// is over goes. The caller holds the lock.
func (h *host) underTrial(ctx context.Context) (*generation.Pending, error) {
	pending, err := h.engine.State.ReadPending()
	if pending == nil || err != nil {
		return nil, err
	}
	over, err := h.over(pending)
	if err != nil || !over {
		return pending, err
	}
	if err := h.engine.State.DropPending(); err != nil {
		return nil, err
	}
	h.disarm(ctx)
	return nil, nil
}

// over tells of a trial whose generation is neither current nor about to be: the switch
// was killed before it began, or what took it back was killed before it could say so.
func (h *host) over(pending *generation.Pending) (bool, error) {
	current, err := h.engine.State.Current()
	if err != nil || current == pending.Number {
		return false, err
	}
	j, err := h.engine.State.ReadJournal()
	return err == nil && (j == nil || j.Undoing || j.Target != pending.Number), err
}

// settled refuses a run while a switch is on trial. The caller holds the lock.
func (h *host) settled(ctx context.Context) error {
	pending, err := h.underTrial(ctx)
	if pending == nil || err != nil {
		return err
	}
	return unconfirmed(pending)
}

// trialProblem says that a switch is on trial, for which every other one is
// refused.
func (h *host) trialProblem() ([]plan.Problem, error) {
	pending, err := h.engine.State.ReadPending()
	if pending == nil || err != nil {
		return nil, err
	}
	if over, err := h.over(pending); err != nil || over {
		return nil, err
	}
	return []plan.Problem{unconfirmed(pending)}, nil
}

func unconfirmed(pending *generation.Pending) plan.Problem {
	return plan.Problem{Summary: fmt.Sprintf("generation %d waits for its confirmation until %s; run \"activate confirm\", or \"activate rollback\" to take it back now",
		pending.Number, pending.Deadline.Local().Format("15:04:05"))}
}
