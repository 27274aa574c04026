package generation

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/activate-agent/activate/activation/rootfs"
)

// Pending is pending.json: a switch that reverts unless it is confirmed.
type Pending struct {
	Format int `json:"format"`
	// Number is the generation on trial, Previous the one that returns; 0 for
	// none.
	Number   int `json:"number"`
	Previous int `json:"previous"`
	// Deadline is when it returns.
	Deadline time.Time `json:"deadline"`
}

const pendingName = "pending.json"

// ReadPending gives the switch on trial, nil when there is none.
func (s *State) ReadPending() (*Pending, error) {
	var p Pending
	err := s.read(pendingName, &p)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &p, nil
}

// awaits tells whether generation n returns by itself; none does where there is
// no trial.
func (p *Pending) awaits(n int) bool { return p != nil && p.Previous == n }

// WritePending puts a switch on trial, durable when it returns.
func (s *State) WritePending(p Pending) error {
	p.Format = Format
	return s.write(pendingName, p)
}

// DropPending ends a trial, whichever way. None is no error.
func (s *State) DropPending() error {
	if err := s.drop(pendingName); err != nil {
		return fmt.Errorf("cannot end the trial: %w", err)
	}
	return s.root.Sync()
}

// confirmedMode is the record's once its trial was confirmed. The record goes then;
// who has it open still sees that.
const confirmedMode = 0o400

// Confirm ends a trial well: its generation becomes the boot default.
func (s *State) Confirm(p *Pending) error {
	if err := s.SetBoot(p.Number); err != nil {
		return err
	}
	a := s.root.Private()
	a.Mode = confirmedMode
	if err := s.root.SetAttr(s.path(pendingName), a); err != nil {
		return fmt.Errorf("cannot confirm generation %d: %w", p.Number, rootfs.Reason(err))
	}
	return s.DropPending()
}

// Waiting is the record of a trial, held open by who waits for its end: when that
// one looks, other runs may have come and gone, and the record and all else with
// them.
type Waiting struct{ record *os.File }

// Wait holds the record of the trial open. The caller holds the lock and closes it.
func (s *State) Wait() (*Waiting, error) {
	record, err := s.root.Open(s.path(pendingName))
	if err != nil {
		return nil, fmt.Errorf("cannot wait for a confirmation: %w", rootfs.Reason(err))
	}
	return &Waiting{record}, nil
}

// Confirmed tells whether the trial was confirmed. It counts once the record is gone.
func (w *Waiting) Confirmed() (bool, error) {
	info, err := w.record.Stat()
	if err != nil {
		return false, fmt.Errorf("cannot tell how a trial ended: %w", rootfs.Reason(err))
	}
	return info.Mode().Perm() == confirmedMode, nil
}

// Close lets the record go.
func (w *Waiting) Close() error { return w.record.Close() }
