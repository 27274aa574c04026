package users

import (
	"bytes"

	"github.com/activate-agent/activate/activation/plan"
)

// Renewed tells whether the desired state says something of an account that
// the last one did not, be it only what happens later, as on_removal does.
// Where a block was written down does not count, nor does a password, which is
// compared with the host's.
func (s *Subsystem) Renewed() bool {
	if s.asLast() {
		return false
	}
	d, last := s.cfg.Desired, s.cfg.Last
	if len(d.Users) != len(last.Users) || len(d.Groups) != len(last.Groups) {
		return true
	}
	// Both lists are sorted by name.
	for i := range d.Users {
		if !bytes.Equal(d.Users[i].plain(), last.Users[i].plain()) {
			return true
		}
	}
	for i := range d.Groups {
		if !bytes.Equal(d.Groups[i].plain(), last.Groups[i].plain()) {
			return true
		}
	}
	return false
}

// plain is u as a record has it, without passwords and origin.
func (u User) plain() []byte {
	u.PasswordKey, u.InitialPasswordKey, u.PasswordSet, u.Origin = "", "", "", ""
	return plan.Encode(u)
}

func (g Group) plain() []byte {
	g.Origin = ""
	return plan.Encode(g)
}
