package users

import "fmt"

// KeepSecrets keeps in the Store the password hashes that the configuration
// has itself, also those that no change needs now: its accounts can then be made
// again by a process that only has the record.
func (s *Subsystem) KeepSecrets() error {
	v, o := saving{s: s}, observation{store: s.cfg.Store}
	for _, u := range s.cfg.Desired.Users {
		for _, hash := range []string{u.HashedPassword, u.InitialHashedPassword} {
			if err := v.putPassword(o.keyedPassword(hash), hash); err != nil {
				return fmt.Errorf("cannot keep the password hash of user %s: %w", u.Name, err)
			}
		}
	}
	return nil
}
