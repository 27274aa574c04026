package generation

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"time"

	"github.com/activate-agent/activate/activation/plan"
)

// Boots is boots.json: how generations came up, so that one which does not can
// be left for another.
type Boots struct {
	Format int `json:"format"`
	// Trials are by generation.
	Trials map[int]Trial `json:"trials,omitempty"`
	// Fallback is how the boot default was given up last; the next switch or
	// rollback that succeeds forgets it.
	Fallback *Fallback `json:"fallback,omitempty"`
}

// Trial is what is known of one generation.
type Trial struct {
	// Attempts are the boots that began since it last was good.
	Attempts int `json:"attempts,omitempty"`
	// Failure says what was wrong with the last of them.
	Failure string `json:"failure,omitempty"`
	// Good is higher the later it was good; 0 is never.
	Good int `json:"good,omitempty"`
	// Limit is how many attempts there may be, as its record said when it could
	// be read; 0 is not known, or none.
	Limit int `json:"limit,omitempty"`
}

// Fallback is a boot default that was given up.
type Fallback struct {
	From     int       `json:"from"`
	To       int       `json:"to"`
	Attempts int       `json:"attempts"`
	Reason   string    `json:"reason"`
	Time     time.Time `json:"time"`
}

// String says in one line which generation was given up for which, and why.
func (f Fallback) String() string {
	return fmt.Sprintf("generation %d failed to boot %s (%s); generation %d was brought back", f.From, Times(f.Attempts), f.Reason, f.To)
}

// Times says how often, in words.
func Times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// NotReached is the failure of a boot that nobody has told the end of: one
// that is under way, hangs, or was cut off.
const NotReached = "it has not reached the default target"

// Begin counts a boot of generation n that begins now.
func (b *Boots) Begin(n int) {
	t := b.Trials[n]
	t.Attempts++
	t.Failure = NotReached
	b.set(n, t)
}

// Fail says why the boot of generation n that began last is no good one.
func (b *Boots) Fail(n int, reason string) {
	t := b.Trials[n]
	t.Failure = reason
	b.set(n, t)
}

// Limit notes how often generation n may fail to boot.
func (b *Boots) Limit(n, attempts int) {
	t := b.Trials[n]
	t.Limit = attempts
	b.set(n, t)
}

// Succeed makes generation n the one that was good last. It tells whether that
// is news.
func (b *Boots) Succeed(n int) bool {
	latest := 0
	for _, t := range b.Trials {
		latest = max(latest, t.Good)
	}
	t := b.Trials[n]
	if t.Good == latest && latest > 0 && t.Attempts == 0 {
		return false
	}
	if t.Good < latest || latest == 0 {
		t.Good = latest + 1
	}
	b.set(n, Trial{Good: t.Good, Limit: t.Limit})
	return true
}

func (b *Boots) set(n int, t Trial) {
	if b.Trials == nil {
		b.Trials = map[int]Trial{}
	}
	b.Trials[n] = t
}

// Other gives, of the generations there are, the one to go back to from n: the
// one that was good last, else the newest before n; 0 for none. One that has
// failed to boot as often as limit is none to go back to.
func (b *Boots) Other(n, limit int, numbers []int) int {
	other := 0
	for _, m := range numbers {
		t := b.Trials[m]
		switch {
		case m == n || t.Attempts >= limit:
		case t.Good > b.Trials[other].Good:
			other = m
		case t.Good == b.Trials[other].Good && m < n:
			other = max(other, m)
		}
	}
	return other
}

const bootsName = "boots.json"

// ReadBoots gives what is known of boots. A file that is damaged counts as
// none: it must not keep a host from booting. One of a newer format is refused.
func (s *State) ReadBoots() (Boots, error) {
	var b Boots
	doc, err := s.root.ReadFile(s.path(bootsName), 0)
	if errors.Is(err, fs.ErrNotExist) {
		return Boots{}, nil
	}
	if err != nil {
		return Boots{}, fmt.Errorf("cannot read %s: %w", s.root.Name(s.path(bootsName)), err)
	}
	err = s.formats(bootsName).Decode(doc, &b)
	switch newer, ok := errors.AsType[*plan.NewerError](err); {
	case ok:
		return Boots{}, s.newer(bootsName, newer)
	case err != nil:
		b = Boots{}
	}
	return b, nil
}

// WriteBoots keeps it, less the generations that are gone, durable when it
// returns. The boot default stays even then: its boots fail.
func (s *State) WriteBoots(b Boots) error {
	numbers, err := s.Numbers()
	if err != nil {
		return err
	}
	if boot, err := s.Boot(); err == nil {
		numbers = append(numbers, boot)
	}
	b.Format = Format
	b.Trials = maps.Clone(b.Trials)
	maps.DeleteFunc(b.Trials, func(n int, _ Trial) bool { return !slices.Contains(numbers, n) })
	return s.write(bootsName, b)
}
