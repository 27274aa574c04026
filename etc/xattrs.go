package etc

import (
	"fmt"
	"io"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
)

// xattrs gives the extended attributes of the regular file p as the Store keeps
// them, and what stands for them in a State; nothing where it has none.
func (s *Subsystem) xattrs(p string) (blob []byte, key string, err error) {
	values, err := s.cfg.Root.Xattrs(p)
	if err != nil {
		return nil, "", fmt.Errorf("cannot read the attributes of %s: %w", s.cfg.Root.Name(p), rootfs.Reason(err))
	}
	if len(values) == 0 {
		return nil, "", nil
	}
	blob = plan.Encode(values)
	return blob, s.cfg.Store.Keyed(blob), nil
}

// saveXattrs keeps the extended attributes of the file at p, which st was made
// of.
func (s *Subsystem) saveXattrs(p string, st State) error {
	if st.Xattrs == "" || s.cfg.Store.Holds(st.Xattrs) {
		return nil
	}
	blob, key, err := s.xattrs(p)
	if err != nil {
		return err
	}
	if key != st.Xattrs {
		return fmt.Errorf("%s: %w", s.cfg.Root.Name(p), rootfs.ErrChanged)
	}
	return s.put(blob)
}

// savedXattrs gives the extended attributes that saveXattrs kept.
func (s *Subsystem) savedXattrs(st State) (map[string][]byte, error) {
	if st.Xattrs == "" {
		return nil, nil
	}
	f, err := s.cfg.Store.Open(st.Xattrs)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	blob, err := io.ReadAll(f)
	if err != nil {
		return nil, fmt.Errorf("cannot read the attributes that are to return: %w", rootfs.Reason(err))
	}
	var values map[string][]byte
	if err := plan.Unmarshal(blob, &values); err != nil {
		return nil, fmt.Errorf("cannot read the attributes that are to return: %w", err)
	}
	return values, nil
}
