package rootfs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"

	"golang.org/x/sys/unix"
)

// Xattrs gives the extended attributes of the regular file p as KeepXattrs keeps
// them, and what stands for them in a state; nothing where it has none.
func (s *Store) Xattrs(p string) (blob []byte, key string, err error) {
	values, err := s.root.Xattrs(p)
	if err != nil {
		return nil, "", fmt.Errorf("cannot read the attributes of %s: %w", s.root.Name(p), Reason(err))
	}
	if len(values) == 0 {
		return nil, "", nil
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(renamed(values, quoted)); err != nil {
		panic(fmt.Sprintf("internal error: cannot encode attributes: %v", err))
	}
	blob = bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
	return blob, s.Keyed(blob), nil
}

// KeepXattrs keeps the extended attributes of the file p, for which key stands; for
// none of "". The error wraps ErrChanged where p has others by now.
func (s *Store) KeepXattrs(p, key string) error {
	if key == "" || s.Keeps(key) {
		return nil
	}
	blob, now, err := s.Xattrs(p)
	if err != nil {
		return err
	}
	if now != key {
		return fmt.Errorf("%s: %w", s.root.Name(p), ErrChanged)
	}
	_, _, err = s.Put(bytes.NewReader(blob), true)
	return err
}

// LostXattrs says why the extended attributes for which key stands cannot return to p,
// which has not got them: their copy is "gone", "damaged" or Unreadable. It is "" where
// they can, where p has them, and for the key of none.
func (s *Store) LostXattrs(p, key string) string {
	why := s.missingXattrs(key)
	if why == "" {
		return ""
	}
	if _, now, err := s.Xattrs(p); err == nil && now == key {
		return ""
	}
	return why
}

// missingXattrs says of the copy alone what Missing does of a blob.
func (s *Store) missingXattrs(key string) string {
	if key == "" {
		return ""
	}
	if why := s.Missing(key); why != "" {
		return why
	}
	_, err := s.KeptXattrs(key)
	if _, unread := errors.AsType[unix.Errno](err); unread {
		return Unreadable
	}
	if err != nil {
		return "damaged"
	}
	return ""
}

// KeptXattrs gives the extended attributes for which key stands; none for "".
func (s *Store) KeptXattrs(key string) (map[string][]byte, error) {
	if key == "" {
		return nil, nil
	}
	f, err := s.Open(key)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	var values map[string][]byte
	blob, err := io.ReadAll(f)
	if err == nil {
		err = json.Unmarshal(blob, &values)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read the attributes that are to return: %w", Reason(err))
	}
	return renamed(values, unquoted), nil
}

// quoted is an attribute's name as it is kept: JSON has no room for bytes that are not
// UTF-8.
func quoted(name string) string {
	if utf8.ValidString(name) {
		return name
	}
	return strconv.QuoteToASCII(name)
}

// unquoted is the inverse of quoted: no name begins with a quotation mark, since each
// begins with its class, see xattr(7).
func unquoted(kept string) string {
	if name, err := strconv.Unquote(kept); err == nil && kept[0] == '"' {
		return name
	}
	return kept
}

// renamed gives values under other names.
func renamed(values map[string][]byte, as func(string) string) map[string][]byte {
	out := make(map[string][]byte, len(values))
	for name, value := range values {
		out[as(name)] = value
	}
	return out
}
