package etc

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
)

// contentLimit is how many bytes of a content Contents reads: more is nothing
// to show to a person.
const contentLimit = 1 << 20

// Contents gives the bytes on both sides of a change, for a diff that a person
// reads; nil where a side has no content or it is not at hand. secret tells
// that one side is secret, or that not everybody may read it: then neither is
// given. Each is cut at 1 MiB.
func (s *Subsystem) Contents(ch plan.Change) (before, after []byte, secret bool, err error) {
	b, err := s.decode(ch.Before)
	if err != nil {
		return nil, nil, false, err
	}
	a, err := s.decode(ch.After)
	if err != nil {
		return nil, nil, false, err
	}
	for _, side := range []*State{b, a} {
		if side != nil && (side.secret() || side.guarded()) {
			return nil, nil, true, nil
		}
	}
	if before, err = s.bytesOf(ch.Address, b); err != nil {
		return nil, nil, false, err
	}
	after, err = s.bytesOf(ch.Address, a)
	return before, after, false, err
}

// bytesOf finds the bytes of one side: in the configuration, in the Store, or
// where they still stand.
func (s *Subsystem) bytesOf(a plan.Address, st *State) ([]byte, error) {
	if st == nil || st.SHA256 == "" {
		return nil, nil
	}
	if e, ok := s.desired()[a]; ok && e.Content != nil && e.Content.Hash == st.SHA256 {
		switch c := e.Content; {
		case c.Text != nil:
			return c.Text[:min(len(c.Text), contentLimit)], nil
		case c.Source != "" && s.cfg.OpenSource != nil:
			f, err := s.cfg.OpenSource(c.Source)
			if err != nil {
				return nil, fmt.Errorf("cannot read %s: %w", c.Source, rootfs.Reason(err))
			}
			return readLimited(f)
		}
	}
	if f, err := s.cfg.Store.Open(st.SHA256); err == nil {
		return readLimited(f)
	}
	p := PathOf(a)
	if st.Type == Linked {
		p = path.Join(s.staticTree(), StaticPath(p))
	}
	f, err := s.cfg.Root.Open(p)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", s.cfg.Root.Name(p), rootfs.Reason(err))
	}
	return standing(f, st)
}

// standing reads what stands on the host now, which is one of a generation's
// contents only if it has the hash of that.
func standing(f io.ReadCloser, st *State) ([]byte, error) {
	b, err := readLimited(f)
	sum := sha256.Sum256(b)
	if err == nil && len(b) < contentLimit && hex.EncodeToString(sum[:]) != st.SHA256 {
		return nil, nil
	}
	return b, err
}

func readLimited(f io.ReadCloser) ([]byte, error) {
	defer func() { _ = f.Close() }()
	return io.ReadAll(io.LimitReader(f, contentLimit))
}

// ContentAfter gives the bytes of the file that ch puts in place, secret or not:
// they are for a judgement, never for a person or a record. ok is false where ch
// puts no file, or where its bytes are not at hand.
func (s *Subsystem) ContentAfter(ch plan.Change) (content []byte, ok bool, err error) {
	st, err := s.decode(ch.After)
	if err != nil || st == nil {
		return nil, false, err
	}
	if e, wanted := s.desired()[ch.Address]; wanted && e.Content != nil && e.Content.Text != nil {
		return e.Content.Text, true, nil
	}
	if st.Keyed == "" {
		content, err = s.bytesOf(ch.Address, st)
		return content, content != nil, err
	}
	f, err := s.cfg.Store.Open(st.Keyed)
	if err != nil {
		return nil, false, nil //nolint:nilerr // a secret is read when it is applied
	}
	content, err = readLimited(f)
	return content, err == nil, err
}
