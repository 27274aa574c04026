package daemon

import (
	"slices"

	"github.com/activate-agent/activate/activation/rootfs"
)

// Seal gives d with keyed hashes in place of secrets: what may be recorded,
// and what renders to the same units as before. Sealing twice is the same.
func Seal(d Desired, store *rootfs.Store) Desired {
	d.Services = slices.Clone(d.Services)
	for i := range d.Services {
		s := &d.Services[i]
		s.ConfigData = slices.Clone(s.ConfigData)
		for j := range s.ConfigData {
			if c := &s.ConfigData[j]; c.Secret && !rootfs.IsKeyed(c.Text) {
				c.Text = store.Keyed([]byte(c.Text))
			}
		}
	}
	return d
}

// hasSecrets tells whether Seal replaced, or would replace, something.
func hasSecrets(d Desired) bool {
	return slices.ContainsFunc(d.Services, func(s Service) bool {
		return slices.ContainsFunc(s.ConfigData, func(c ConfigData) bool { return c.Secret })
	})
}
