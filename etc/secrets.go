package etc

import (
	"maps"

	"github.com/activate-agent/activate/activation/plan"
)

// withInstalled gives d with the keyed hashes of what was last read from its
// secret_sources where that was installed. Their records may say another one: a
// rollback and a boot read what is there by then, and record nothing.
func (d Desired) withInstalled(hashes map[plan.Address]string) Desired {
	if len(hashes) == 0 {
		return d
	}
	out := Desired{Entries: make([]Entry, len(d.Entries))}
	for i, e := range d.Entries {
		hash, known := hashes[e.Address]
		// A configuration has no hash of its own: what it reads has to be there.
		if known && e.Content != nil && e.Content.SecretSource != "" && e.Content.Keyed != "" {
			c := *e.Content
			c.Keyed = hash
			e.Content = &c
		}
		out.Entries[i] = e
	}
	return out
}

// installedStill gives of hashes those of the entries that now reads from the same
// source as last did.
func installedStill(hashes map[plan.Address]string, last, now Desired) map[plan.Address]string {
	if len(hashes) == 0 {
		return nil
	}
	source := func(e *Entry) string {
		if e == nil || e.Content == nil {
			return ""
		}
		return e.Content.SecretSource
	}
	before, out := byAddress(last), maps.Clone(hashes)
	for i, e := range now.Entries {
		if source(&now.Entries[i]) != source(before[e.Address]) {
			delete(out, e.Address)
		}
	}
	return out
}

// Installed gives the map to record beside the generation that the last Diff
// brings: the keyed hashes of what was read from the secret_sources of its
// entries.
func (s *Subsystem) Installed() map[plan.Address]string {
	out := map[plan.Address]string{}
	for _, e := range s.cfg.Desired.Entries {
		if e.Content == nil || e.Content.SecretSource == "" {
			continue
		}
		if hash := s.installed(e); hash != "" {
			out[e.Address] = hash
		}
	}
	return out
}

// installed is the hash of what was read for e, "" where that is not known.
func (s *Subsystem) installed(e Entry) string {
	if s.leftEdited[e.Address] {
		if last, ok := s.last()[e.Address]; ok && last.Content != nil {
			return last.Content.Keyed
		}
		return ""
	}
	// Of a source that is not there it gives what was read last.
	var st State
	_ = s.wantContent(&st, *e.Content)
	return st.Keyed
}
