package generation

import (
	"errors"
	"fmt"
	"io/fs"
	"time"
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
