package etc_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/etc"
)

const stateDir = "var/lib/activate"

// host is a root in a temporary directory with what the engine would keep: the
// record of the last run.
type host struct {
	dir    string
	root   *rootfs.Root
	store  *rootfs.Store
	number int
	// fault, when set, is asked before every change of the disk.
	fault func(op, name string) error

	last      etc.Desired
	originals map[plan.Address]plan.State
	parents   []string
	stamps    map[string]etc.Stamp
	owners    etc.Owners
	resume    bool
	// mountPoints is where the configuration has mounts.
	mountPoints []string
	// later is how long after its end a run is recorded.
	later time.Duration
	// beforeRecord, when set, runs when all is done and nothing recorded.
	beforeRecord func()
}

// testing is what *testing.T and *rapid.T share.
type testingT interface {
	Helper()
	Fatalf(format string, args ...any)
}

func newHost(t testingT, dir string) *host {
	t.Helper()
	h := &host{dir: dir}
	h.reopen(t)
	must(t, os.MkdirAll(filepath.Join(dir, "etc"), 0o755))
	must(t, os.MkdirAll(filepath.Join(dir, stateDir), 0o755))
	must(t, h.store.SaveKey())
	return h
}

// reopen is what a new process does.
func (h *host) reopen(t testingT) {
	t.Helper()
	if h.root != nil {
		_ = h.root.Close()
	}
	var err error
	h.root, err = rootfs.Open(h.dir, rootfs.WithFault(func(op, name string) error {
		if h.fault == nil || strings.Contains(name, "/"+stateDir) {
			return nil
		}
		return h.fault(op, name)
	}))
	must(t, err)
	h.store, err = rootfs.OpenStore(h.root, stateDir+"/key", stateDir+"/backup")
	must(t, err)
}

func (h *host) subsystem(desired etc.Desired) *etc.Subsystem {
	return etc.New(etc.Config{
		Root: h.root, Store: h.store, Desired: desired, Last: h.last,
		Originals: h.originals, Parents: h.parents, StateDir: stateDir, Stamps: h.stamps,
		Owners: func() (etc.Owners, error) { return h.owners, nil }, Resume: h.resume,
		MountPoints: h.mountPoints,
	})
}

// stage does what the engine does between plan and apply: contents go to the
// store, links to a new static tree. It gives the tree's path.
func (h *host) stage(t testingT, desired etc.Desired) string {
	t.Helper()
	h.number++
	tree := fmt.Sprintf("%s/generations/%d/etc", stateDir, h.number)
	must(t, os.MkdirAll(filepath.Join(h.dir, tree), 0o755))
	for _, e := range desired.Entries {
		if e.Content == nil || e.Content.Secret || e.Content.SecretSource != "" {
			continue
		}
		_, _, err := h.store.Put(bytes.NewReader(e.Content.Text), false)
		must(t, err)
		if e.Type == etc.Linked {
			p := filepath.Join(h.dir, tree, etc.StaticPath(e.Path))
			must(t, os.MkdirAll(filepath.Dir(p), 0o755))
			must(t, os.WriteFile(p, e.Content.Text, 0o444))
		}
	}
	return tree
}

func (h *host) flip(t testingT, tree string) {
	t.Helper()
	must(t, h.root.Symlink("/"+tree, etc.StaticLink))
}

// switchTo is a whole run without faults.
func (h *host) switchTo(t testingT, entries ...etc.Entry) plan.Diff {
	t.Helper()
	desired := desiredOf(entries...)
	s := h.subsystem(desired)
	d, err := s.Diff(context.Background())
	must(t, err)
	if len(d.Problems) > 0 {
		return d
	}
	must(t, s.Save(context.Background(), d.Changes))
	tree := h.stage(t, desired)
	leaving, rest := split(s, d.Changes)
	must(t, s.Apply(context.Background(), leaving))
	h.flip(t, tree)
	must(t, s.Apply(context.Background(), rest))
	h.record(s, d)
	return d
}

func split(s *etc.Subsystem, changes []plan.Change) (leaving, rest []plan.Change) {
	for _, ch := range changes {
		if s.Leaves(ch) {
			leaving = append(leaving, ch)
		} else {
			rest = append(rest, ch)
		}
	}
	return leaving, rest
}

func (h *host) record(s *etc.Subsystem, d plan.Diff) {
	if h.beforeRecord != nil {
		h.beforeRecord()
	}
	h.originals, h.parents = s.Originals(d), s.Parents(d)
	h.last, h.stamps = s.Recorded(), s.Stamps(nil, time.Now().Add(h.later))
}

func (h *host) diff(t testingT, entries ...etc.Entry) plan.Diff {
	t.Helper()
	d, err := h.subsystem(desiredOf(entries...)).Diff(context.Background())
	must(t, err)
	return d
}

func desiredOf(entries ...etc.Entry) etc.Desired {
	d := etc.Desired{Entries: slices.Clone(entries)}
	slices.SortFunc(d.Entries, func(a, b etc.Entry) int { return strings.Compare(a.Path, b.Path) })
	return d
}

func text(s string) *etc.Content {
	sum := sha256.Sum256([]byte(s))
	return &etc.Content{Text: []byte(s), Hash: hex.EncodeToString(sum[:]), Size: int64(len(s))}
}

func linked(name, content string) etc.Entry {
	return etc.Entry{Address: plan.NewAddress("etc", name), Path: "etc/" + name, Type: etc.Linked, Content: text(content), Origin: "c.hcl:1"}
}

func copied(name, content string) etc.Entry {
	e := linked(name, content)
	e.Type, e.Mode = etc.File, "0644"
	return e
}

func file(p, content, mode string) etc.Entry {
	return etc.Entry{Address: plan.NewAddress("file", "/"+p), Path: p, Type: etc.File, Content: text(content), Mode: mode, Origin: "c.hcl:2"}
}

func directory(p, mode string) etc.Entry {
	return etc.Entry{Address: plan.NewAddress("directory", "/"+p), Path: p, Type: etc.Directory, Mode: mode, Origin: "c.hcl:3"}
}

func symlink(p, target string) etc.Entry {
	return etc.Entry{Address: plan.NewAddress("symlink", "/"+p), Path: p, Type: etc.Symlink, Target: target, Origin: "c.hcl:4"}
}

// tree describes everything below the root but the state directory and the
// static link: type, mode, owner, content or target of each path.
func (h *host) tree(t testingT) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(h.dir, func(p string, _ fs.DirEntry, err error) error {
		rel := strings.TrimPrefix(p, h.dir)
		if err != nil || rel == "/"+stateDir {
			return errOrSkip(err)
		}
		if rel == "/"+etc.StaticLink {
			return nil
		}
		info, err := os.Lstat(p)
		if err != nil {
			return err
		}
		st := info.Sys().(*syscall.Stat_t)
		fmt.Fprintf(&b, "%s %o %d:%d", rel, st.Mode, st.Uid, st.Gid)
		switch {
		case info.Mode().IsRegular():
			content, err := os.ReadFile(p)
			if err != nil {
				return err
			}
			fmt.Fprintf(&b, " %q", content)
		case info.Mode()&fs.ModeSymlink != 0:
			target, err := os.Readlink(p)
			if err != nil {
				return err
			}
			fmt.Fprintf(&b, " -> %s", target)
		}
		b.WriteByte('\n')
		return nil
	})
	must(t, err)
	return b.String()
}

func errOrSkip(err error) error {
	if err != nil {
		return err
	}
	return fs.SkipDir
}

func must(t testingT, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("unexpected error: %v", err)
	}
}
