package rootfs

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"golang.org/x/sys/unix"
)

// keyedPrefix marks a hash that stands for a secret.
const keyedPrefix = "hmac:"

// Store keeps contents by their hash: what stood in the way, and what a
// generation installs. Its directories and blobs are root's alone.
type Store struct {
	root *Root
	// keyPath is the file of the host's key for secrets.
	keyPath string
	key     []byte
	fresh   bool
	// only tells that the key is the only one that anything was ever kept under.
	only bool
	// write is where Put keeps blobs; read are further directories for Open.
	write string
	read  []string
}

// OpenStore gives the store that writes to the directory write and also reads
// the directories in read (both relative to root). keyPath is the file with
// the host's key; when it is missing a key is made in memory, which SaveKey and
// the first Put of a secret save. It reads only.
func OpenStore(root *Root, keyPath, write string, read ...string) (*Store, error) {
	s := &Store{root: root, keyPath: keyPath, write: write, read: read}
	key, err := root.ReadFile(keyPath, 1024)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		s.key, s.fresh = make([]byte, 32), true
		_, _ = rand.Read(s.key) // never fails: crypto/rand
	case NotRegular(err):
		return nil, fmt.Errorf("cannot use %s: %w; restore it or move it away", root.Name(keyPath), Reason(err))
	case err != nil:
		return nil, fmt.Errorf("cannot read the key of this host: %w", err)
	case len(key) != 32:
		return nil, fmt.Errorf("cannot use %s: it has %d bytes instead of 32; restore it or move it away", root.Name(keyPath), len(key))
	case bytes.Equal(key, make([]byte, 32)):
		// A disk that lost it, and no key: everybody knows it.
		return nil, fmt.Errorf("cannot use %s: it has nothing but zeros; restore it or move it away", root.Name(keyPath))
	default:
		s.key = key
		said, err := root.ReadFile(s.onlyPath(), 1024)
		s.only = err == nil && string(said) == s.Keyed([]byte(onlyText))
	}
	return s, nil
}

// onlyText is what the file of onlyPath has the keyed hash of: it says nothing of
// another key.
const onlyText = "nothing is kept under another key"

// onlyPath is the file that tells of the only key. It may be lost: then what is kept
// of secrets may be from before the key.
func (s *Store) onlyPath() string { return s.keyPath + ".only" }

// FirstKey notes that nothing was kept yet, so that a key which is made now is the
// only one: SaveKey says so for good.
func (s *Store) FirstKey() { s.only = s.only || s.fresh }

// Passing is the key that so far is only in memory, nil once it is the host's.
func (s *Store) Passing() []byte {
	if !s.fresh {
		return nil
	}
	return s.key
}

// Under is the same store with another key in the place of its passing one, and
// the store itself where the host has a key.
func (s *Store) Under(key []byte) *Store {
	if !s.fresh {
		return s
	}
	c := *s
	c.key = key
	return &c
}

// On is the same store read through another handle on its root, for the
// goroutine that Root.Parallel gave it to.
func (s *Store) On(root *Root) *Store {
	c := *s
	c.root = root
	return &c
}

// Reading is the same store with further directories for Open.
func (s *Store) Reading(dirs ...string) *Store {
	c := *s
	c.read = append(append([]string{}, s.read...), dirs...)
	return &c
}

// Writing is the same store with another directory for Put, the earlier one
// still being read.
func (s *Store) Writing(dir string) *Store {
	c := *s
	c.read = append(append([]string{}, s.read...), s.write)
	c.write = dir
	return &c
}

// Keyed is what stands for the secret b in states and records: "hmac:" and the
// hex HMAC-SHA-256 under the host's key, so that nobody who reads it can try
// out guesses.
func (s *Store) Keyed(b []byte) string {
	m := hmac.New(sha256.New, s.key)
	m.Write(b)
	return keyedPrefix + hex.EncodeToString(m.Sum(nil))
}

// KeyedOf is Keyed of all that r gives, which is never held as a whole. The error is
// that of reading.
func (s *Store) KeyedOf(r io.Reader) (string, error) {
	m := hmac.New(sha256.New, s.key)
	if _, err := io.Copy(m, r); err != nil {
		return "", err
	}
	return keyedPrefix + hex.EncodeToString(m.Sum(nil)), nil
}

// IsKeyed tells a hash made by Keyed from a plain one.
func IsKeyed(hash string) bool { return strings.HasPrefix(hash, keyedPrefix) }

// Unkeyed gives text with every hash made by Keyed cut down to its mark, so that
// texts made with different keys can be compared.
func Unkeyed(text []byte) []byte {
	const digits = 2 * sha256.Size
	var out []byte
	for {
		before, after, found := bytes.Cut(text, []byte(keyedPrefix))
		if out = append(out, before...); !found {
			return out
		}
		out = append(out, keyedPrefix...)
		if text = after; len(after) >= digits && len(bytes.Trim(after[:digits], "0123456789abcdef")) == 0 {
			text = after[digits:]
		}
	}
}

// SaveKey writes a key that so far is only in memory. It comes before anything
// that Keyed gave is recorded: under another key that would say nothing.
func (s *Store) SaveKey() error {
	if !s.fresh {
		return nil
	}
	if _, err := s.root.MakeDirs(path.Dir(s.keyPath), 0o755); err != nil {
		return fmt.Errorf("cannot save the key of this host: %w", err)
	}
	err := s.root.WriteFile(s.keyPath, strings.NewReader(string(s.key)), s.root.Private())
	if err != nil {
		return fmt.Errorf("cannot save the key of this host: %w", err)
	}
	s.fresh = false
	if !s.only {
		return nil
	}
	// A power cut may take it: it is no more than what can be lost.
	attr := s.root.Private()
	attr.Lazy = true
	if err := s.root.WriteFile(s.onlyPath(), strings.NewReader(s.Keyed([]byte(onlyText))), attr); err != nil {
		return fmt.Errorf("cannot save the key of this host: %w", err)
	}
	return nil
}

// Put keeps the bytes of r and gives their hash (keyed when secret) and
// number. The blob is durable after the Root's Sync. A blob that is already
// there is not written again.
func (s *Store) Put(r io.Reader, secret bool) (hash string, size int64, err error) {
	if _, err := s.root.MakeDirs(s.write, 0o700); err != nil {
		return "", 0, s.notKept(err)
	}
	h := sha256.New()
	if secret {
		if err := s.SaveKey(); err != nil {
			return "", 0, err
		}
		h = hmac.New(sha256.New, s.key)
	}
	counted := &countingReader{r: io.TeeReader(r, h)}
	incoming := path.Join(s.write, TempName("incoming"))
	attr := s.root.Private()
	attr.Lazy = true
	if err := s.root.WriteFile(incoming, counted, attr); err != nil {
		return "", 0, s.notKept(err)
	}
	hash = hex.EncodeToString(h.Sum(nil))
	if secret {
		hash = keyedPrefix + hash
	}
	if err := s.root.Rename(incoming, s.Place(hash)); err != nil {
		return "", 0, s.notKept(err)
	}
	return hash, counted.n, nil
}

// notKept is the error of Put, by the name of the directory: that of a beginning
// says nothing to a person.
func (s *Store) notKept(err error) error {
	return fmt.Errorf("cannot keep a copy in %s: %w", s.root.Name(s.write), Reason(err))
}

// Place is where Put keeps the blob with that hash, relative to the root.
func (s *Store) Place(hash string) string { return path.Join(s.write, BlobName(hash)) }

// Open opens the blob with that hash. A hash that no directory has gives an
// error that wraps fs.ErrNotExist.
func (s *Store) Open(hash string) (*os.File, error) {
	for _, dir := range append([]string{s.write}, s.read...) {
		f, err := s.root.Open(path.Join(dir, BlobName(hash)))
		if err == nil || !errors.Is(err, fs.ErrNotExist) {
			return f, err
		}
	}
	return nil, fmt.Errorf("cannot find the content %s in the state directory: %w", hash, fs.ErrNotExist)
}

// Has tells whether the blob is there and whole, see Missing.
func (s *Store) Has(hash string) bool { return s.Missing(hash) == "" }

// Unreadable is what Missing says of a blob that is there, or may be, and cannot be
// read now.
const Unreadable = "unreadable"

// Missing says what is wrong with the blob: "gone", "damaged" where it has not
// the content that its hash stands for, Unreadable, or "" where it can be used. That of a
// secret is judged by whether there is any where the host may have had another key
// when it was kept.
func (s *Store) Missing(hash string) string {
	f, err := s.Open(hash)
	if errno, failed := errors.AsType[unix.Errno](err); failed && errno != unix.ENOENT && errno != unix.ELOOP {
		return Unreadable
	}
	if err != nil {
		return "gone"
	}
	defer func() { _ = f.Close() }()
	if IsKeyed(hash) && !s.only {
		info, err := f.Stat()
		if err == nil && (info.Size() > 0 || hash == s.Keyed(nil)) {
			return ""
		}
		return "damaged"
	}
	switch sum, err := s.sumLike(hash, f); {
	case err != nil:
		return Unreadable
	case sum != hash:
		return "damaged"
	}
	return ""
}

// sumLike is the hash of all that r gives, a keyed one where hash is.
func (s *Store) sumLike(hash string, r io.Reader) (string, error) {
	if IsKeyed(hash) {
		return s.KeyedOf(r)
	}
	return Sum(r)
}

// IsWhole tells whether the blob p, relative to the root, has the content that
// the plain hash stands for.
func (r *Root) IsWhole(p, hash string) bool {
	f, err := r.Open(p)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }()
	sum, err := Sum(f)
	return err == nil && sum == hash
}

// Sum is the SHA-256 hash of all that r gives, in hexadecimal digits. The error is that
// of reading.
func Sum(r io.Reader) (string, error) {
	h := sha256.New()
	if _, err := io.Copy(h, r); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// Holds tells whether the blob is in the directory that Put writes to, where it
// stays whatever becomes of the others.
func (s *Store) Holds(hash string) bool {
	there, err := s.root.Exists(s.Place(hash))
	return err == nil && there
}

// Keeps tells whether Put would keep nothing that is not kept already: that the blob is
// where Put writes to, with the content that its hash, made under the key of now, stands
// for. A power cut, or a disk, leaves less of one.
func (s *Store) Keeps(hash string) bool {
	f, err := s.root.Open(s.Place(hash))
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }()
	sum, err := s.sumLike(hash, f)
	return err == nil && sum == hash
}

// HashesIn gives the hashes, in the form that Put gives, which a text speaks of: a
// state or a record, whatever its format.
func HashesIn(text []byte) []string {
	const digits = 2 * sha256.Size
	var out []string
	for at := 0; at+digits <= len(text); {
		end := at
		for end < len(text) && isDigit(text[end]) {
			end++
		}
		if end-at == digits {
			hash := string(text[at:end])
			if bytes.HasSuffix(text[:at], []byte(keyedPrefix)) {
				hash = keyedPrefix + hash
			}
			out = append(out, hash)
		}
		at = end + 1
	}
	return out
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' }

// BlobName is the file name under which a Store's directory keeps a hash.
func BlobName(hash string) string { return strings.ReplaceAll(hash, ":", "-") }

type countingReader struct {
	r io.Reader
	n int64
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}
