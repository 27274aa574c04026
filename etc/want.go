package etc

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/activate-agent/activate/activation/rootfs"
)

// secretLimit bounds a secret_source: it is hashed in memory.
const secretLimit = 64 << 20

// errNoSecret is the reason when a secret_source is not there.
var errNoSecret = errors.New("its secret_source does not exist")

// want is the state that e asks for. The error wraps errNoSecret when the
// content is not there to be hashed; the state is then usable, with the hash of
// what was applied if e is a record's and nobody else is to write the content.
func (s *Subsystem) want(e Entry) (*State, error) {
	st := &State{Type: e.Type}
	if e.Type == Symlink {
		st.Target = e.Target
		if e.Target == "" || len(e.Target) > 4095 {
			return nil, errors.New("the link's target must have 1 to 4095 bytes")
		}
		return st, nil
	}
	var err error
	if st.Mode, err = normalMode(e.Mode, e.Type); err != nil {
		return nil, err
	}
	if e.Type == Linked {
		st.Target = linkText(e.Path)
	} else {
		st.User, st.Group = orRoot(e.User), orRoot(e.Group)
	}
	if e.Type == Directory {
		return st, nil
	}
	if e.Content == nil {
		panic("internal error: " + string(e.Address) + " has no content")
	}
	return st, s.wantContent(st, *e.Content)
}

func orRoot(name string) string {
	if name == "" {
		return "root"
	}
	return name
}

func (s *Subsystem) wantContent(st *State, c Content) error {
	switch {
	case c.SecretSource != "":
		st.SecretSource = c.SecretSource
		b, err := s.cfg.Root.ReadFile(rootfs.Rel(c.SecretSource), secretLimit)
		if errors.Is(err, fs.ErrNotExist) {
			if s.cfg.AllDrift || !s.cfg.SecretsLater {
				st.Keyed = c.Keyed
			}
			return fmt.Errorf("%w: %s", errNoSecret, c.SecretSource)
		}
		if err != nil {
			return fmt.Errorf("cannot read its secret_source %s: %w", c.SecretSource, rootfs.Reason(err))
		}
		st.Keyed = s.cfg.Store.Keyed(b)
	case c.Secret && c.Text == nil:
		st.Keyed = c.Keyed
	case c.Secret:
		st.Keyed = s.cfg.Store.Keyed(c.Text)
	default:
		size := c.Size
		st.SHA256, st.Size = c.Hash, &size
	}
	return nil
}

// Recorded is the desired state as it may be written down: the keyed hash
// stands for each secret's bytes. A secret_source is read for it, as Apply
// reads it; one that is not there is recorded without a hash.
func (s *Subsystem) Recorded() Desired {
	out := Desired{Entries: make([]Entry, len(s.cfg.Desired.Entries))}
	copy(out.Entries, s.cfg.Desired.Entries)
	for i, e := range out.Entries {
		if e.Content == nil || !e.Content.isSecret() {
			continue
		}
		var st State
		c := *e.Content
		_ = s.wantContent(&st, c)
		c.Keyed, c.Hash = st.Keyed, ""
		out.Entries[i].Content = &c
	}
	return out
}

func (c Content) isSecret() bool { return c.Secret || c.SecretSource != "" }

// applied is the state that an earlier run gave to e, from its record.
func (s *Subsystem) applied(e Entry) (*State, error) {
	if e.Content != nil && e.Content.SecretSource != "" {
		c := *e.Content
		c.SecretSource, c.Secret = "", true
		e.Content = &c
	}
	return s.want(e)
}
