package users_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/users"
)

const stateDir = "var/lib/activate"

// debian is the account files of a small host, with what real ones have: NIS
// entries, comments, a duplicate uid, odd bytes, CRLF, a malformed line.
var debian = map[string]string{
	"etc/passwd": "root:x:0:0:root:/root:/bin/bash\n" +
		"daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n" +
		"# a comment\n" +
		"toor:x:0:0:other root:/root:/bin/sh\n" +
		"bob:x:1000:1000:B\xf6b,,,:/home/bob:/bin/bash\n" +
		"garbled:x:notanumber:5\n" +
		"windows:x:1001:1001:CR:/home/windows:/bin/sh\r\n" +
		"+@netgroup::::::\n+::::::\n",
	"etc/group": "root:x:0:\ndaemon:x:1:\nshadow:x:42:\nsudo:x:27:bob\nbob:x:1000:\nstaff:x:50:bob,root\nwindows:x:1001:\n+:::\n",
	"etc/shadow": "root:$6$rootrootroot:19000:0:99999:7:::\ndaemon:*:19000:0:99999:7:::\n" +
		"bob:$6$bobbobbob:19001:0:99999:7:::\nwindows:!:19001:0:99999:7:::\n",
	"etc/gshadow":    "root:*::\ndaemon:*::\nshadow:*::\nsudo:*::bob\nbob:!::\nstaff:*::bob,root\nwindows:!::\n",
	"etc/subuid":     "bob:100000:65536\n",
	"etc/subgid":     "bob:100000:65536",
	"etc/login.defs": "UID_MIN 1000\nUID_MAX 60000\n",
	"bin/sh":         "",
	"bin/bash":       "",
}

type testingT interface {
	Helper()
	Fatalf(format string, args ...any)
}

func must(t testingT, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("unexpected error: %v", err)
	}
}

// host is a root in a temporary directory with what the engine would keep.
type host struct {
	dir   string
	root  *rootfs.Root
	store *rootfs.Store
	fault func(op, name string) error

	last      users.Desired
	originals map[plan.Address]plan.State
	force     bool
	later     bool
	undo      bool
	resume    bool
	lookup    func(string, []string) ([]byte, error)
	strangers func([]string) ([]string, error)
	others    users.Others
	now       time.Time
	// generation counts the runs; memo is what the last one told the next.
	generation int
	memo       *users.Memo
}

func newHost(t testingT, dir string, files map[string]string) *host {
	t.Helper()
	h := &host{dir: dir, now: time.Unix(20000*86400, 0)}
	for name, content := range files {
		p := filepath.Join(dir, name)
		must(t, os.MkdirAll(filepath.Dir(p), 0o755))
		mode := fs.FileMode(0o644)
		if strings.HasSuffix(name, "shadow") {
			mode = 0o640
		}
		must(t, os.WriteFile(p, []byte(content), mode))
		must(t, os.Chmod(p, mode))
	}
	must(t, os.MkdirAll(filepath.Join(dir, "etc"), 0o755))
	h.reopen(t)
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
		if h.fault == nil {
			return nil
		}
		return h.fault(op, name)
	}))
	must(t, err)
	h.store, err = rootfs.OpenStore(h.root, stateDir+"/key", stateDir+"/backup")
	must(t, err)
}

func (h *host) subsystem(desired users.Desired) *users.Subsystem {
	return users.New(users.Config{
		Root: h.root, Store: h.store, Desired: desired, Last: h.last, Originals: h.originals,
		StateDir: stateDir, ForceLockout: h.force, SecretsLater: h.later, Undo: h.undo, Resume: h.resume,
		LockWait: time.Millisecond, Now: func() time.Time { return h.now },
		Generation: h.generation, Memo: h.memo, Lookup: h.lookup,
		Strangers: h.strangers,
	})
}

// switchTo is a whole run: the diff, and unless it is refused, its effect.
func (h *host) switchTo(t testingT, desired users.Desired) plan.Diff {
	t.Helper()
	s := h.subsystem(desired)
	d := h.judged(t, s)
	if len(d.Problems) > 0 {
		return d
	}
	must(t, s.Save(context.Background(), d.Changes))
	for _, batch := range batches(d.Changes) {
		must(t, s.Apply(context.Background(), batch))
	}
	h.record(s, d)
	return d
}

// record does what the engine does when a run is over.
func (h *host) record(s *users.Subsystem, d plan.Diff) {
	h.originals, h.last = s.Originals(d), s.Recorded()
	h.generation++
	h.memo = s.Memo(h.generation)
}

// batches splits changes as the engine's steps do: groups, users, removals.
func batches(changes []plan.Change) [][]plan.Change {
	out := make([][]plan.Change, 3)
	for _, ch := range changes {
		i := 1
		if ch.Kind == plan.KindGroup {
			i = 0
		}
		if ch.Action == plan.Delete {
			i = 2
		}
		out[i] = append(out[i], ch)
	}
	return out
}

func (h *host) diff(t testingT, desired users.Desired) plan.Diff {
	t.Helper()
	return h.judged(t, h.subsystem(desired))
}

// judged is the diff with the judgement that comes after it.
func (h *host) judged(t testingT, s *users.Subsystem) plan.Diff {
	t.Helper()
	d, err := s.Diff(context.Background())
	must(t, err)
	problems, warnings, err := s.Judge(h.others)
	must(t, err)
	d.Problems, d.Warnings = append(d.Problems, problems...), append(d.Warnings, warnings...)
	return d
}

func (h *host) read(t testingT, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(h.dir, name))
	must(t, err)
	return string(b)
}

// tree describes the root: type, mode, owner, content, without the state
// directory.
func (h *host) tree(t testingT) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(h.dir, func(p string, _ fs.DirEntry, err error) error {
		rel := strings.TrimPrefix(p, h.dir)
		switch {
		case err != nil:
			return err
		case rel == "/"+stateDir:
			return fs.SkipDir
		}
		info, err := os.Lstat(p)
		if err != nil {
			return err
		}
		st := info.Sys().(*syscall.Stat_t)
		fmt.Fprintf(&b, "%s %o %d:%d", rel, st.Mode, st.Uid, st.Gid)
		if info.Mode().IsRegular() {
			content, err := os.ReadFile(p)
			if err != nil {
				return err
			}
			fmt.Fprintf(&b, "\n%q", strings.SplitAfter(string(content), "\n"))
		}
		b.WriteByte('\n')
		return nil
	})
	must(t, err)
	return b.String()
}

// write replaces the content of a file.
func (h *host) write(t testingT, name, content string) {
	t.Helper()
	must(t, os.WriteFile(filepath.Join(h.dir, name), []byte(content), 0o600))
}

// returns drops the whole configuration, after which the host is as before.
func (h *host) returns(t testingT, before string) {
	t.Helper()
	h.switchTo(t, users.Desired{})
	if diff := cmp.Diff(before, h.tree(t)); diff != "" {
		t.Fatalf("%s", diff)
	}
}
