package activation_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/activate-agent/activate/activation"
	"github.com/activate-agent/activate/activation/generation"
	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/etc"
)

const stateDir = "var/lib/activate"

// machine is a root in a temporary directory with an engine on it; each engine
// is what a new process would make.
type machine struct {
	dir   string
	fault func(op, name string) error
	units *fakeUnits
	log   []string
	// attempts is boot_attempts of every generation.
	attempts int
	// settled counts the runs that left marks for the next.
	settled int
}

// fakeUnits is a hand-off that records what it is asked.
type fakeUnits struct {
	verbs plan.Units
	// always is what is to be done without any change.
	always plan.Units
	fail   []activation.UnitFailure
	// fails says that they fail again and again.
	fails bool
	// failing is what is not up after a boot.
	failing []activation.UnitFailure
	calls   []string
}

func (f *fakeUnits) Failing(context.Context) ([]activation.UnitFailure, error) { return f.failing, nil }

func (f *fakeUnits) Verbs(_ context.Context, changes []plan.Change) (plan.Units, error) {
	if len(changes) == 0 {
		return f.always, nil
	}
	return f.verbs, nil
}

func (f *fakeUnits) Stop(_ context.Context, u plan.Units) []activation.UnitFailure {
	f.calls = append(f.calls, "stop "+strings.Join(u.Stop, " "))
	return nil
}

func (f *fakeUnits) Start(_ context.Context, u plan.Units) (activation.Outcome, error) {
	f.calls = append(f.calls, "start "+strings.Join(append(u.Restart, u.Start...), " "))
	failed := f.fail
	if !f.fails {
		f.fail = nil
	}
	return activation.Outcome{Restarted: u.Restart, Started: u.Start, Failed: failed}, nil
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	m := &machine{dir: t.TempDir(), units: &fakeUnits{}}
	must(t, os.MkdirAll(filepath.Join(m.dir, "etc"), 0o755))
	must(t, os.MkdirAll(filepath.Join(m.dir, "srv"), 0o755))
	must(t, os.WriteFile(filepath.Join(m.dir, "etc/taken"), []byte("an administrator's\n"), 0o640))
	return m
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// open makes a new engine; the caller closes its Root.
func (m *machine) open(t testing.TB) *activation.Engine {
	t.Helper()
	root, err := rootfs.Open(m.dir, rootfs.WithFault(func(op, name string) error {
		if m.fault == nil {
			return nil
		}
		return m.fault(op, name)
	}))
	must(t, err)
	e := &activation.Engine{
		Root:   root,
		State:  generation.Open(root, stateDir),
		Now:    func() time.Time { return time.Unix(1, 0) },
		Report: func(ev activation.Event) { m.log = append(m.log, ev.Step+": "+ev.Text) },
	}
	e.BootFiles = func() ([]activation.BootFile, error) {
		return []activation.BootFile{
			{Path: "etc/init/units/activate", Content: []byte("run at-boot\n"), Mode: 0o644},
			{Path: "etc/init/wants/activate", Target: "/etc/init/units/activate"},
		}, nil
	}
	e.Restore = func(r *generation.Record) (*activation.Target, error) { return m.restore(e, r) }
	return e
}

func (m *machine) restore(e *activation.Engine, r *generation.Record) (*activation.Target, error) {
	var d etc.Desired
	var snippets []activation.Snippet
	if r != nil {
		if err := errors.Join(
			json.Unmarshal(r.Sections["etc"], &d),
			json.Unmarshal(r.Sections[activation.SectionSnippets], &snippets),
		); err != nil {
			return nil, err
		}
	}
	return m.target(e, r, d, snippets, nil), nil
}

func (m *machine) target(e *activation.Engine, r *generation.Record, d etc.Desired, snippets []activation.Snippet, files []generation.File) *activation.Target {
	return &activation.Target{
		Record: r, Files: files, Snippets: snippets,
		Linked: slices.ContainsFunc(d.Entries, func(e etc.Entry) bool { return e.Type == etc.Linked }),
		Parts: func(c activation.Context) ([]activation.Part, activation.Handoff, error) {
			var last etc.Desired
			if c.Last != nil {
				if err := json.Unmarshal(c.Last.Sections["etc"], &last); err != nil {
					return nil, nil, err
				}
			}
			s := etc.New(etc.Config{
				Root: e.Root, Store: c.Store, Desired: d, Last: last, StateDir: stateDir,
				Originals: c.Index.Originals, Parents: c.Index.Parents, Tree: rootfs.Rel(e.State.Static(c.Number)),
			})
			return []activation.Part{{
				Kinds:     []string{plan.KindEtc, plan.KindFile, plan.KindDirectory, plan.KindSymlink},
				Subsystem: s, Space: s.Space, Section: "etc", Recorded: func() any { return s.Recorded() },
				Originals: s.Originals, Parents: s.Parents, Leaves: s.Leaves,
				Settled: func(map[string]rootfs.Info) error { m.settled++; return nil },
				Paths:   func(ch plan.Change) []string { return []string{etc.PathOf(ch.Address)} },
			}}, m.units, nil
		},
	}
}

// config is a configuration of paths: content, or a kind in brackets.
type config map[string]string

func (c config) desired() (etc.Desired, []generation.File) {
	var d etc.Desired
	var files []generation.File
	names := make([]string, 0, len(c))
	for p := range c {
		names = append(names, p)
	}
	slices.Sort(names)
	for _, p := range names {
		e := etc.Entry{Path: p, Mode: "0644", Origin: "test.hcl:1"}
		text := c[p]
		sum := sha256.Sum256([]byte(text))
		content := &etc.Content{Text: []byte(text), Hash: hex.EncodeToString(sum[:]), Size: int64(len(text))}
		open := func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }
		switch {
		case text == "<dir>":
			e.Type, e.Mode, e.Address = etc.Directory, "0750", plan.Address("directory//"+p)
		case strings.HasPrefix(text, "->"):
			e.Type, e.Mode, e.Target, e.Address = etc.Symlink, "", text[2:], plan.Address("symlink//"+p)
		case strings.HasPrefix(p, "etc/"):
			e.Type, e.Mode, e.Content, e.Address = etc.Linked, "0444", content, plan.Address(p)
			files = append(files, generation.File{Path: p, Mode: 0o444, Open: open})
		default:
			e.Type, e.Content, e.Address = etc.File, content, plan.Address("file//"+p)
			files = append(files, generation.File{Path: "files/" + content.Hash, Mode: 0o600, Hash: content.Hash, Open: open})
		}
		d.Entries = append(d.Entries, e)
	}
	return d, files
}

// switchTo is one run of a new process.
func (m *machine) switchTo(t testing.TB, c config, snippets ...activation.Snippet) *activation.Result {
	t.Helper()
	e := m.open(t)
	defer func() { _ = e.Root.Close() }()
	if res, err := e.Recover(context.Background()); err != nil || res != nil && res.Verdict == activation.Partial {
		t.Fatalf("cannot recover: %v %+v", err, res)
	}
	d, files := c.desired()
	p, err := e.Prepare(context.Background(), m.target(e, &generation.Record{Config: "test"}, d, snippets, files))
	must(t, err)
	res := e.Apply(context.Background(), p, activation.Request{Verb: "switch", SetBoot: true})
	if res.Verdict == activation.Failed {
		must(t, e.LeaveNothing())
	}
	return res
}

// tree is everything outside the state directory, and what linked content says.
func (m *machine) tree(t testing.TB) map[string]string {
	t.Helper()
	out := map[string]string{}
	must(t, filepath.WalkDir(m.dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(m.dir, p)
		if rel == "var" || rel == "run" {
			return filepath.SkipDir
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		out[rel] = info.Mode().String()
		switch {
		case d.Type() == fs.ModeSymlink:
			target, _ := os.Readlink(p)
			if rel == "etc/static" {
				return nil
			}
			out[rel] = "-> " + target
			if rest, ok := strings.CutPrefix(target, "/etc/static/"); ok {
				static, _ := os.Readlink(filepath.Join(m.dir, "etc/static"))
				b, err := os.ReadFile(filepath.Join(m.dir, static, rest))
				out[rel] += fmt.Sprintf(" %q %v", b, err)
			}
		case d.Type().IsRegular():
			b, err := os.ReadFile(p)
			if err != nil {
				return err
			}
			out[rel] += fmt.Sprintf(" %q", b)
		}
		return nil
	}))
	return out
}

func wantSame(t testing.TB, what string, want, got map[string]string) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Fatalf("%s: %s", what, d)
	}
}

var (
	configA = config{
		"etc/one": "1\n", "etc/dir/two": "2\n", "srv/file": "a\n", "srv/gone": "x\n",
		"srv/d": "<dir>", "srv/link": "->file",
	}
	configB = config{
		"etc/one": "11\n", "etc/taken": "ours\n", "srv/file": "b\n", "srv/d": "<dir>",
		"srv/d/in": "new\n", "srv/link": "->d", "srv/gone": "<dir>", "srv/gone/in": "y\n",
	}
)
