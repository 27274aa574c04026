package etc

import (
	"cmp"
	"slices"
)

// Renewed tells whether the desired state says something of a path that the
// last one did not, be it only what happens later, as on_drift does. Where an
// entry was written down does not count.
func (s *Subsystem) Renewed() bool {
	if len(s.cfg.Desired.Entries) != len(s.cfg.Last.Entries) {
		return true
	}
	for i, e := range s.cfg.Desired.Entries {
		last, ok := &s.cfg.Last.Entries[i], true
		if last.Address != e.Address {
			last, ok = s.last()[e.Address]
		}
		if !ok || !e.says(*last) {
			return true
		}
	}
	return false
}

// says tells whether e asks for what last asked for. last may come from a
// record, where only the hash is left of a content.
func (e Entry) says(last Entry) bool {
	return e.Path == last.Path && e.Type == last.Type && e.Mode == last.Mode && e.Target == last.Target &&
		orRoot(e.User) == orRoot(last.User) && orRoot(e.Group) == orRoot(last.Group) &&
		cmp.Or(e.OnConflict, "backup") == cmp.Or(last.OnConflict, "backup") &&
		cmp.Or(e.OnDrift, "overwrite") == cmp.Or(last.OnDrift, "overwrite") &&
		slices.Equal(e.Validate, last.Validate) && e.Content.says(last.Content)
}

// says leaves the hash of a secret to the comparison with the host.
func (c *Content) says(last *Content) bool {
	if c == nil || last == nil {
		return c == last
	}
	return c.SecretSource == last.SecretSource && c.Secret == last.Secret && (c.isSecret() || c.Hash == last.Hash)
}
