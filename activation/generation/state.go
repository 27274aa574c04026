// Package generation keeps what activate knows between runs: the numbered
// records of what was applied, which one is current and which the host boots,
// what stood at a path before it became ours, and the transaction in flight.
//
// It owns the layout of the state directory (DESIGN section 4) and the
// atomicity of its links. It refuses to guess: a record it cannot read stops
// the run and is never taken as "nothing is ours".
package generation

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
)

// ErrNone is given when there is no current generation.
var ErrNone = errors.New("there is no generation yet")

// State is one state directory.
type State struct {
	root *rootfs.Root
	dir  string
	// foreign are records that others own.
	foreign []Foreign
	// migrated is told of a migration; may be nil.
	migrated func(from int, copies string)
	// renewed says that no record is of an older format.
	renewed bool
	// lastRead is what Read gave last.
	lastRead reading
}

// Open gives the state directory dir (relative to root, clean). It need not
// exist; reading it then finds nothing.
func Open(root *rootfs.Root, dir string) *State { return &State{root: root, dir: dir} }

// Dir is the state directory, relative to the root.
func (s *State) Dir() string { return s.dir }

// Tree is the directory of generation n, relative to the root.
func (s *State) Tree(n int) string { return s.path("generations", strconv.Itoa(n)) }

// Static is the text of the link /etc/static for generation n: a path as
// processes inside the root see it.
func (s *State) Static(n int) string { return "/" + path.Join(s.Tree(n), "etc") }

// Contents is the directory with generation n's blobs, relative to the root.
func (s *State) Contents(n int) string { return path.Join(s.Tree(n), "files") }

// Backup is the directory of what stood in the way, relative to the root.
func (s *State) Backup() string { return s.path("backup") }

// Key is the file with the host's key for secrets, relative to the root.
func (s *State) Key() string { return s.path("key") }

func (s *State) path(elem ...string) string {
	return path.Join(append([]string{s.dir}, elem...)...)
}

// Numbers gives the generations there are, ascending.
func (s *State) Numbers() ([]int, error) {
	names, err := s.root.ReadDir(s.path("generations"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot list generations: %w", err)
	}
	var numbers []int
	for _, name := range names {
		if n, err := strconv.Atoi(name); err == nil && n > 0 && strconv.Itoa(n) == name {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	return numbers, nil
}

// Current is the number of the current generation, 0 when there is none.
func (s *State) Current() (int, error) { return s.link("current") }

// Boot is the number of the generation the host boots, 0 when there is none.
func (s *State) Boot() (int, error) { return s.link("boot") }

func (s *State) link(name string) (int, error) {
	target, err := s.root.Readlink(s.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if errors.Is(err, unix.EINVAL) {
		return 0, s.noLink(name, "it is no link")
	}
	if err != nil {
		return 0, fmt.Errorf("cannot read the %s generation: %w", name, err)
	}
	n, err := strconv.Atoi(strings.TrimPrefix(target, "generations/"))
	if err != nil || n <= 0 {
		return 0, s.noLink(name, fmt.Sprintf("it points at %q, not at a generation", target))
	}
	return n, nil
}

// SetCurrent makes n the current generation, or none when n is 0.
func (s *State) SetCurrent(n int) error { return s.setLink("current", n) }

// SetBoot makes n the generation the host boots, or none when n is 0.
func (s *State) SetBoot(n int) error { return s.setLink("boot", n) }

func (s *State) setLink(name string, n int) error {
	if err := s.Migrate(); err != nil {
		return err
	}
	p := s.path(name)
	if n == 0 {
		err := s.root.Remove(p)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("cannot clear the %s generation: %w", name, err)
		}
		return nil
	}
	if err := s.root.Symlink("generations/"+strconv.Itoa(n), p); err != nil {
		return fmt.Errorf("cannot make generation %d the %s one: %w", n, name, rootfs.Reason(err))
	}
	return nil
}

const counterName = "counter.json"

// counter is counter.json: numbers are never given twice, not even when the
// highest generation was deleted.
type counter struct {
	Format int `json:"format"`
	Last   int `json:"last"`
}

// Next is the number a new generation would get.
func (s *State) Next() (int, error) {
	var c counter
	err := s.read(counterName, &c)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, err
	}
	numbers, err := s.Numbers()
	if err != nil {
		return 0, err
	}
	return max(c.Last, slices.Max(append(numbers, 0))) + 1, nil
}

// read decodes a JSON file of the state directory, one that is made again when
// it is not there.
func (s *State) read(name string, v any) error {
	return s.decode(name, v, moveAway)
}

// decode decodes a JSON file of the state directory. wayOut is what a person
// without a backup can do about one that is damaged.
func (s *State) decode(name string, v any, wayOut string) error {
	p := s.path(name)
	b, err := s.root.ReadFile(p, 0)
	if rootfs.NotRegular(err) {
		return fmt.Errorf("cannot read %s: %w; restore it from a backup, or %s", s.root.Name(p), rootfs.Reason(err), wayOut)
	}
	if err != nil {
		return fmt.Errorf("cannot read %s: %w", s.root.Name(p), rootfs.Reason(err))
	}
	err = s.formats(name).Decode(b, v)
	if newer, ok := errors.AsType[*plan.NewerError](err); ok {
		return s.newer(name, newer)
	}
	if err != nil {
		return s.damaged(name, err, wayOut)
	}
	return nil
}

// write keeps v as a JSON file for root alone, durable when it returns.
func (s *State) write(name string, v any) error {
	if err := s.Migrate(); err != nil {
		return err
	}
	if _, err := s.root.MakeDirs(path.Dir(s.path(name)), 0o755); err != nil {
		return fmt.Errorf("cannot write %s: %w", s.root.Name(s.path(name)), rootfs.Reason(err))
	}
	return s.put(name, plan.Stream(v))
}

// put writes a document beside the one that is there, and in its place.
func (s *State) put(name string, content io.ReadCloser) error {
	defer func() { _ = content.Close() }()
	if err := s.root.WriteFile(s.path(name), content, s.root.Private()); err != nil {
		return fmt.Errorf("cannot write %s: %w", s.root.Name(s.path(name)), rootfs.Reason(err))
	}
	return nil
}

// drop removes a record; none is no error.
func (s *State) drop(name string) error {
	there, err := s.has(name)
	if err != nil || !there {
		return err
	}
	if err := s.Migrate(); err != nil {
		return err
	}
	if err := s.root.Remove(s.path(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return rootfs.Reason(err)
	}
	return nil
}

// stampsName holds what makes the next run fast; it may be lost.
const stampsName = "stamps.json"

// WriteStamps keeps what a subsystem wants to know of unchanged paths. It need
// not survive a power cut.
func (s *State) WriteStamps(v any) error { return s.writeLazily(stampsName, v) }

// ReadStamps reads it back into v. The error wraps fs.ErrNotExist when there
// is none that can be read.
func (s *State) ReadStamps(v any) error { return s.readLazily(stampsName, v) }

// memoName holds what says that the accounts need nothing; it may be lost.
const memoName = "accounts.json"

// WriteMemo and ReadMemo do the same for the accounts.
func (s *State) WriteMemo(v any) error { return s.writeLazily(memoName, v) }

// ReadMemo reads what WriteMemo kept.
func (s *State) ReadMemo(v any) error { return s.readLazily(memoName, v) }

func (s *State) writeLazily(name string, v any) error {
	attr := s.root.Private()
	attr.Lazy = true
	content := plan.Stream(v)
	defer func() { _ = content.Close() }()
	if err := s.root.WriteFile(s.path(name), content, attr); err != nil {
		return fmt.Errorf("cannot write %s: %w", s.root.Name(s.path(name)), rootfs.Reason(err))
	}
	return nil
}

// readLazily takes a damaged file for none: a power cut may leave it half.
func (s *State) readLazily(name string, v any) error {
	b, err := s.root.ReadFile(s.path(name), 0)
	if rootfs.NotRegular(err) {
		return fmt.Errorf("cannot read %s: %w; %s", s.root.Name(s.path(name)), rootfs.Reason(err), moveAway)
	}
	if err != nil {
		return fmt.Errorf("cannot read %s: %w", s.root.Name(s.path(name)), rootfs.Reason(err))
	}
	if err := plan.Unmarshal(b, v); err != nil {
		return fmt.Errorf("cannot read %s: it is damaged (%w): %w", s.root.Name(s.path(name)), err, fs.ErrNotExist)
	}
	return nil
}

// cacheName holds the evaluation's result by its inputs; it may be lost.
const cacheName = "evaluation"

// ReadCache gives what WriteCache kept, nil when there is nothing or when
// somebody other than the state's owner could have written it.
func (s *State) ReadCache() []byte {
	info, err := s.root.Lstat(s.path(cacheName))
	if err != nil || info.Type != rootfs.File || info.Mode&0o022 != 0 || info.UID != s.root.Private().UID {
		return nil
	}
	b, err := s.root.ReadFile(s.path(cacheName), 0)
	if err != nil {
		return nil
	}
	return b
}

// WriteCache keeps the bytes for the owner alone. They need not survive a
// power cut.
func (s *State) WriteCache(b []byte) error {
	attr := s.root.Private()
	attr.Lazy = true
	if err := s.root.WriteFile(s.path(cacheName), bytes.NewReader(b), attr); err != nil {
		return fmt.Errorf("cannot keep the evaluation: %w", err)
	}
	return nil
}
