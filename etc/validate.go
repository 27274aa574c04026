package etc

import (
	"bytes"
	"fmt"
	"io"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
)

// ToValidate gives the desired entries with a Validate command whose content
// changes would install.
func (s *Subsystem) ToValidate(changes []plan.Change) []Entry {
	var out []Entry
	for _, ch := range changes {
		if e, ok := s.desired()[ch.Address]; ok && len(e.Validate) > 0 && e.Content != nil && s.contentIsThere(*e) {
			out = append(out, *e)
		}
	}
	return out
}

// contentIsThere is false for a secret that a snippet of the same run writes
// first: nobody can judge it before.
func (s *Subsystem) contentIsThere(e Entry) bool {
	if e.Content.SecretSource == "" || !s.cfg.SecretsLater {
		return true
	}
	_, err := s.cfg.Root.Lstat(rootfs.Rel(e.Content.SecretSource))
	return err == nil
}

// OpenContent opens what e, a desired entry of this run, is to hold. A
// secret_source that is not there is an error.
func (s *Subsystem) OpenContent(e Entry) (io.ReadCloser, error) {
	switch c := e.Content; {
	case c.SecretSource != "":
		b, err := s.cfg.Root.ReadFile(rootfs.Rel(c.SecretSource), secretLimit)
		if err != nil {
			return nil, fmt.Errorf("cannot read its secret_source %s: %w", c.SecretSource, rootfs.Reason(err))
		}
		return io.NopCloser(bytes.NewReader(b)), nil
	case c.Source != "" && s.cfg.OpenSource != nil:
		return s.cfg.OpenSource(c.Source)
	default:
		return io.NopCloser(bytes.NewReader(c.Text)), nil
	}
}
