package activation_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/activate-agent/activate/activation"
	"github.com/activate-agent/activate/activation/generation"
	"github.com/activate-agent/activate/activation/rootfs"
)

// TestTwoMakeTheRunDirectory has another first run make /run just before this one
// does: who has nothing to do after that takes all of it away.
func TestTwoMakeTheRunDirectory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	root, err := rootfs.Open(dir, rootfs.WithFault(func(_, name string) error {
		if strings.HasSuffix(name, "/run") {
			_ = os.Mkdir(name, 0o755)
		}
		return nil
	}))
	must(t, err)
	t.Cleanup(func() { must(t, root.Close()) })
	e := &activation.Engine{Root: root, State: generation.Open(root, "var/lib/activate")}
	must(t, e.MakeRunDir())
	if _, err := os.Stat(filepath.Join(dir, "run/activate")); err != nil {
		t.Error(err)
	}
	must(t, e.LeaveNothing())
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("there is still %v, %v", left, err)
	}
}

// TestRunDirectoryOfAnother has another first run come to the lock first, by the
// directories that this one made for it: deactivate finds them by the record of
// the other.
func TestRunDirectoryOfAnother(t *testing.T) {
	t.Parallel()
	for name, records := range map[string]func(*generation.State) error{
		"current": func(s *generation.State) error { return s.SetCurrent(1) },
		"boot default": func(s *generation.State) error {
			return s.WriteBootEntry(generation.BootEntry{Paths: []string{"etc/boot"}})
		},
	} {
		root, err := rootfs.Open(t.TempDir())
		must(t, err)
		t.Cleanup(func() { must(t, root.Close()) })
		s := generation.Open(root, "var/lib/activate")
		e := &activation.Engine{Root: root, State: s}
		must(t, e.MakeRunDir())
		_, err = root.MakeDirs("var/lib/activate", 0o755)
		must(t, err)
		must(t, records(s))
		must(t, e.LeaveNothing())
		entry, err := s.ReadBootEntry()
		must(t, err)
		if !slices.Contains(entry.Parents, "run") {
			t.Errorf("%s: made are %v, without /run", name, entry.Parents)
		}
	}
}

// TestOvertaken has another first run take the lock anew between a run's removal of its
// own and that of the directories that lead to it: the one that made them waits, and
// nothing stays behind, whether the other records something or comes to nothing, too.
func TestOvertaken(t *testing.T) {
	t.Parallel()
	for name, records := range map[string]bool{"records": true, "nothing": false} {
		m := newMachine(t)
		var other *activation.Engine
		var theirs *rootfs.Lock
		e, lock := m.first(t, "pid 1 (confirm)")
		m.fault = func(_, name string) error {
			_, err := os.Lstat(filepath.Join(m.dir, "run/activate/lock"))
			if os.IsNotExist(err) && strings.HasSuffix(name, "/run/activate") {
				m.fault = nil
				other, theirs = m.first(t, "pid 2 (switch)")
			}
			return nil
		}
		must(t, e.LeaveNothing())
		must(t, lock.Unlock())
		if other == nil || !e.Overtaken() {
			t.Fatalf("%s: the other one came: %t; overtaken: %t", name, other != nil, e.Overtaken())
		}
		if records {
			_, err := other.Root.MakeDirs(stateDir, 0o755)
			must(t, errors.Join(err, other.State.SetCurrent(1)))
		}
		must(t, other.LeaveNothing())
		must(t, theirs.Unlock())

		if e.Overtaken() {
			lock, err := e.Root.Lock(t.Context(), e.LockPath(), 0, e.Holder("pid 1 (confirm)"))
			must(t, err)
			must(t, e.Inherit(lock.Notes()))
			must(t, e.LeaveNothing())
			must(t, lock.Unlock())
		}
		if records {
			entry, err := e.State.ReadBootEntry()
			must(t, err)
			if !slices.Contains(entry.Parents, "run") {
				t.Errorf("%s: made are %v, without run", name, entry.Parents)
			}
			continue
		}
		if _, err := os.Lstat(filepath.Join(m.dir, "run")); !os.IsNotExist(err) {
			t.Errorf("%s: run is left, %v", name, err)
		}
	}
}

// first gives a first run that has the lock.
func (m *machine) first(t *testing.T, holder string) (*activation.Engine, *rootfs.Lock) {
	t.Helper()
	e := m.open(t)
	t.Cleanup(func() { must(t, e.Root.Close()) })
	must(t, e.MakeRunDir())
	lock, err := e.Root.Lock(t.Context(), e.LockPath(), 0, e.Holder(holder))
	must(t, err)
	must(t, e.Inherit(lock.Notes()))
	return e, lock
}

// TestKilledWithTheLock has a first run be killed once it has the lock, and before it
// records anything: the next one takes away the directories that were made for the
// lock, whether it comes to nothing or is a deactivate. One that was there stays.
func TestKilledWithTheLock(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		there, want string
		leave       func(e *activation.Engine) error
	}{
		{"", "", (*activation.Engine).LeaveNothing},
		{"run", "run", (*activation.Engine).LeaveNothing},
		{"", "", removeState},
		{"run", "run", removeState},
	} {
		m := newMachine(t)
		if c.there != "" {
			must(t, os.Mkdir(filepath.Join(m.dir, c.there), 0o755))
		}
		killed := m.open(t)
		must(t, killed.MakeRunDir())
		lock, err := killed.Root.Lock(t.Context(), killed.LockPath(), 0, killed.Holder("pid 1 (switch)"))
		must(t, err)
		must(t, lock.Unlock())
		must(t, killed.Root.Close())

		next := m.open(t)
		lock, err = next.Root.Lock(t.Context(), next.LockPath(), 0, next.Holder("pid 2 (switch)"))
		must(t, err)
		must(t, next.Inherit(lock.Notes()))
		must(t, c.leave(next))
		must(t, lock.Unlock())
		must(t, next.Root.Close())
		left, err := filepath.Glob(filepath.Join(m.dir, "run*"))
		must(t, err)
		if got := strings.TrimPrefix(strings.Join(left, " "), m.dir+"/"); got != c.want {
			t.Errorf("with %q there before: %q is left, want %q", c.there, got, c.want)
		}
	}
}

// TestKilledMakingTheState has a first run with the lock be killed before each of its
// operations up to the first record: the next one leaves nothing.
func TestKilledMakingTheState(t *testing.T) {
	t.Parallel()
	for k := 1; ; k++ {
		m := newMachine(t)
		at := m.killAt(t, k, func() {
			e := m.open(t)
			defer func() { _ = e.Root.Close() }()
			must(t, e.MakeRunDir())
			lock, err := e.Root.Lock(t.Context(), e.LockPath(), 0, e.Holder("pid 1 (switch)"))
			must(t, err)
			defer func() { must(t, lock.Unlock()) }()
			d, files := configA.desired()
			p, err := e.Prepare(t.Context(), m.target(e, &generation.Record{Config: "test"}, d, nil, files))
			must(t, err)
			e.Apply(t.Context(), p, activation.Request{Verb: "switch", SetBoot: true})
		})
		if _, err := os.Lstat(filepath.Join(m.dir, "var/lib/activate/boot-entry.json")); err == nil || at == "" {
			t.Logf("killed before each of %d operations", k-1)
			return
		}
		next := m.open(t)
		if _, err := os.Lstat(filepath.Join(m.dir, "run/activate")); err != nil {
			must(t, next.MakeRunDir())
		}
		lock, err := next.Root.Lock(t.Context(), next.LockPath(), 0, next.Holder("pid 2 (switch)"))
		must(t, err)
		must(t, next.Inherit(lock.Notes()))
		for _, dir := range []string{"run", "run/activate"} {
			if info, err := os.Lstat(filepath.Join(m.dir, dir)); err != nil || info.Mode() != os.ModeDir|0o755 {
				t.Errorf("killed at %s: %s has the mode %v, %v", at, dir, info.Mode(), err)
			}
		}
		must(t, next.LeaveNothing())
		must(t, lock.Unlock())
		must(t, next.Root.Close())
		for _, dir := range []string{"run", "var"} {
			if _, err := os.Lstat(filepath.Join(m.dir, dir)); !os.IsNotExist(err) {
				t.Errorf("killed at %s: %s is left, %v", at, dir, err)
			}
		}
	}
}

// TestCutOffLeavingNothing has each of the operations that take away what activate
// made for itself be the last of a run that is killed, or fail: the next run leaves
// nothing. The run is a first one that comes to nothing, or a deactivate.
func TestCutOffLeavingNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		begin func(*machine, *activation.Engine) error
		leave func(*activation.Engine) error
	}{
		"nothing":    {func(*machine, *activation.Engine) error { return nil }, (*activation.Engine).LeaveNothing},
		"deactivate": {(*machine).bringAndTakeBack, removeState},
	} {
		for how, cut := range map[string]func(m *machine, k int, leave func() error) string{
			"killed": func(m *machine, k int, leave func() error) string {
				return m.killAt(t, k, func() { _ = leave() })
			},
			"failed": func(m *machine, k int, leave func() error) string {
				return m.failAt(k, func() { _ = leave() })
			},
		} {
			for k := 1; ; k++ {
				m := newMachine(t)
				e, lock := m.first(t, "pid 1 (switch)")
				must(t, c.begin(m, e))
				at := cut(m, k, func() error { return c.leave(e) })
				must(t, lock.Unlock())
				if at == "" {
					t.Logf("%s: %s at each of %d operations", name, how, k-1)
					break
				}
				next, lock := m.first(t, "pid 2 (switch)")
				must(t, c.leave(next))
				must(t, lock.Unlock())
				for _, dir := range []string{"run", "var", "etc/init"} {
					if _, err := os.Lstat(filepath.Join(m.dir, dir)); !os.IsNotExist(err) {
						t.Errorf("%s %s at %s, then run again: there is still %s, %v", name, how, at, dir, err)
					}
				}
			}
		}
	}
}

// bringAndTakeBack makes a generation and takes it back, but for activate's own.
func (m *machine) bringAndTakeBack(e *activation.Engine) error {
	d, files := configA.desired()
	p, err := e.Prepare(context.Background(), m.target(e, &generation.Record{Config: "test"}, d, nil, files))
	if err != nil {
		return err
	}
	if res := e.Apply(context.Background(), p, activation.Request{Verb: "switch", SetBoot: true}); res.Err != nil {
		return res.Err
	}
	target, err := e.Restore(nil)
	if err != nil {
		return err
	}
	if p, err = e.Prepare(context.Background(), target); err != nil {
		return err
	}
	return e.Apply(context.Background(), p, activation.Request{Verb: "deactivate", SetBoot: true}).Err
}

// removeState ends a deactivate that had nothing to undo.
func removeState(e *activation.Engine) error {
	target, err := e.Restore(nil)
	if err != nil {
		return err
	}
	p, err := e.Prepare(context.Background(), target)
	if err != nil {
		return err
	}
	return e.RemoveState(p)
}
