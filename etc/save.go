package etc

import (
	"bytes"
	"context"
	"fmt"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
)

// Save keeps in the Store what the changes would destroy, what the last Diff
// adopted, and the secrets that the changes bring, so that they and their
// inverses can be applied by any later process. It is called before the first
// change; the caller flushes the Root. The error wraps rootfs.ErrChanged when a
// file is no longer as planned.
func (s *Subsystem) Save(ctx context.Context, changes []plan.Change) error {
	for a, st := range s.adopted {
		// The generation that has the same content may be gone by the time it
		// is put back.
		if err := s.saveFile(a, *st); err != nil {
			return fmt.Errorf("cannot keep a copy of %s: %w", a, err)
		}
	}
	for _, ch := range changes {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := s.save(ch); err != nil {
			return fmt.Errorf("cannot keep a copy of %s: %w", ch.Address, err)
		}
	}
	return nil
}

func (s *Subsystem) save(ch plan.Change) error {
	before, err := s.decode(ch.Before)
	if err != nil {
		return err
	}
	after, err := s.decode(ch.After)
	if err != nil {
		return err
	}
	if before != nil && before.Type == File {
		if err := s.saveFile(ch.Address, *before); err != nil {
			return err
		}
	}
	return s.saveSecret(ch.Address, after)
}

// saveFile keeps the file at a as it is. What a generation holds need not be
// kept once more where the last one put it there; but what others wrote, the
// same by chance, must outlive the generation that has it.
func (s *Subsystem) saveFile(a plan.Address, st State) error {
	p, hash := PathOf(a), st.hash()
	if err := s.cfg.Store.KeepXattrs(p, st.Xattrs); err != nil {
		return err
	}
	if s.cfg.Store.Keeps(hash) || s.wrote(p, hash) && s.cfg.Store.Has(hash) {
		return nil
	}
	f, err := s.cfg.Root.Open(p)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	got, _, err := s.cfg.Store.Put(f, rootfs.IsKeyed(hash))
	if err != nil {
		return err
	}
	if got != hash {
		return fmt.Errorf("%s: %w", s.cfg.Root.Name(p), rootfs.ErrChanged)
	}
	return nil
}

// wrote tells whether the last generation put the content with that hash at p.
func (s *Subsystem) wrote(p, hash string) bool {
	last, ours := s.lastAt()[p]
	return ours && last.Content != nil && (last.Content.Hash == hash || last.Content.Keyed == hash)
}

// KeepSecrets keeps in the Store the secrets of the configuration's own text,
// also those that no change needs now: their entries can then be put back by a
// process that only has the record.
func (s *Subsystem) KeepSecrets() error {
	for _, e := range s.cfg.Desired.Entries {
		if e.Content == nil || !e.Content.Secret || e.Content.Text == nil || s.cfg.Store.Keeps(s.cfg.Store.Keyed(e.Content.Text)) {
			continue
		}
		if err := s.put(e.Content.Text); err != nil {
			return fmt.Errorf("cannot keep the content of %s: %w", e.Address, err)
		}
	}
	return nil
}

// saveSecret keeps a secret of the configuration's own text. One that has a
// secret_source is read from there whenever it is needed.
func (s *Subsystem) saveSecret(a plan.Address, after *State) error {
	if after == nil || after.Type != File || after.Keyed == "" || after.SecretSource != "" || s.cfg.Store.Keeps(after.Keyed) {
		return nil
	}
	e, ok := s.desired()[a]
	if !ok || e.Content == nil || s.cfg.Store.Keyed(e.Content.Text) != after.Keyed {
		return nil
	}
	return s.put(e.Content.Text)
}

// put keeps secret bytes.
func (s *Subsystem) put(b []byte) error {
	_, _, err := s.cfg.Store.Put(bytes.NewReader(b), true)
	return err
}
