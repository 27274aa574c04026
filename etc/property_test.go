package etc_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/etc"
)

// paths are few and nested, so that entries and what pre-exists collide.
var paths = []string{"etc/a", "etc/d/b", "etc/d/e/c", "etc/d", "srv/x", "srv/x/y"}

// put makes one of the things that may stand at a path before the agent came.
func put(t *rapid.T, h *host, p string) {
	full := filepath.Join(h.dir, p)
	if os.MkdirAll(filepath.Dir(full), 0o755) != nil {
		return // a file stands above
	}
	if _, err := os.Lstat(full); err == nil {
		return
	}
	switch rapid.SampledFrom([]string{"none", "none", "file", "dir", "link", "dangling", "fifo", "owner", "mode", "secret"}).Draw(t, "there "+p) {
	case "file":
		must(t, os.WriteFile(full, []byte("one"), 0o644))
	case "dir":
		must(t, os.Mkdir(full, 0o755))
	case "link":
		must(t, os.Symlink("/etc", full))
	case "dangling":
		must(t, os.Symlink("nowhere", full))
		must(t, os.Lchown(full, rapid.SampledFrom([]int{0, 12}).Draw(t, "owner of "+p), 34))
	case "fifo":
		must(t, syscall.Mkfifo(full, 0o644))
	case "owner":
		must(t, os.WriteFile(full, []byte("one"), 0o644))
		must(t, os.Chown(full, 12, 34))
	case "mode":
		must(t, os.WriteFile(full, []byte("two"), 0o755))
		must(t, os.Chmod(full, 0o4755))
	case "secret":
		must(t, os.WriteFile(full, []byte("hidden"), 0o600))
	}
}

func drawEntries(t *rapid.T, label string) []etc.Entry {
	var out []etc.Entry
	for _, p := range paths {
		content := rapid.SampledFrom([]string{"one", "two"}).Draw(t, label+" content "+p)
		mode := rapid.SampledFrom([]string{"0644", "0600", "4755"}).Draw(t, label+" mode "+p)
		var e etc.Entry
		switch rapid.SampledFrom([]string{"none", "none", "linked", "file", "dir", "link"}).Draw(t, label+" "+p) {
		case "linked":
			if p[:3] != "etc" {
				continue
			}
			e = linked(p[4:], content)
		case "file":
			e = file(p, content, mode)
			e.User, e.Group = "12", "34"
		case "dir":
			e = directory(p, "0750")
		case "link":
			e = symlink(p, "/srv/"+content)
		default:
			continue
		}
		e.OnConflict = rapid.SampledFrom([]string{"", "backup"}).Draw(t, label+" conflict "+p)
		out = append(out, e)
	}
	return out
}

func withHost(t *rapid.T, check func(h *host)) {
	dir, err := os.MkdirTemp("", "etc-property")
	must(t, err)
	defer func() { _ = os.RemoveAll(dir) }()
	h := newHost(t, dir)
	defer func() { _ = h.root.Close() }()
	must(t, os.MkdirAll(filepath.Join(dir, "srv"), 0o755))
	for _, p := range paths {
		put(t, h, p)
	}
	check(h)
}

// After a switch nothing is left to do; a refused one changed nothing; and
// when everything has left again, the root is as it was before the first.
func TestSwitchConvergesAndLeavesNoTrace(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		withHost(t, func(h *host) {
			before := h.tree(t)
			for _, label := range []string{"first", "second"} {
				was := h.tree(t)
				entries := drawEntries(t, label)
				d := h.switchTo(t, entries...)
				if len(d.Problems) > 0 {
					if diff := cmp.Diff(was, h.tree(t)); diff != "" {
						t.Fatalf("refused, yet changed: %s", diff)
					}
					continue
				}
				if again := h.diff(t, entries...); len(again.Changes)+len(again.Problems)+len(again.Adopted) > 0 {
					t.Fatalf("not converged: %+v", again)
				}
			}
			if d := h.switchTo(t); len(d.Problems) > 0 {
				t.Fatalf("cannot leave: %v", d.Problems)
			}
			if diff := cmp.Diff(before, h.tree(t)); diff != "" {
				t.Fatalf("left a trace: %s", diff)
			}
		})
	})
}

// Whatever call fails, undoing what was planned gives the tree back; and so
// does finishing, in a new process, what was planned.
func TestAnyFaultCanBeUndoneAndFinished(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		withHost(t, func(h *host) {
			if d := h.switchTo(t, drawEntries(t, "first")...); len(d.Problems) > 0 {
				return
			}
			before := h.tree(t)
			desired := desiredOf(drawEntries(t, "second")...)
			s := h.subsystem(desired)
			d, err := s.Diff(context.Background())
			must(t, err)
			if len(d.Problems) > 0 {
				return
			}
			must(t, s.Save(context.Background(), d.Changes))
			h.stage(t, desired)
			broken := failAt(h, rapid.IntRange(1, 12).Draw(t, "k"), func() error { return s.Apply(context.Background(), d.Changes) })
			h.reopen(t)
			next := h.subsystem(desired)
			if rapid.Bool().Draw(t, "undo") {
				must(t, next.Apply(context.Background(), plan.Inverses(d.Changes)))
				if diff := cmp.Diff(before, h.tree(t)); diff != "" {
					t.Fatalf("undo after %v left: %s", broken, diff)
				}
				return
			}
			must(t, next.Apply(context.Background(), d.Changes))
			h.reopen(t)
			must(t, h.subsystem(desired).Apply(context.Background(), d.Changes))
		})
	})
}

// failAt runs f with the k-th changing call failing.
func failAt(h *host, k int, f func() error) error {
	h.fault = func(string, string) error {
		if k--; k == 0 {
			return syscall.EIO
		}
		return nil
	}
	defer func() { h.fault = nil }()
	err := f()
	if err != nil && !errors.Is(err, syscall.EIO) {
		return err
	}
	return err
}
