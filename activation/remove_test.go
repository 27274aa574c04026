package activation_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/activate-agent/activate/activation"
	"github.com/activate-agent/activate/activation/generation"
)

// deactivateAgain is one deactivate as a new process runs it: it ends what was
// interrupted, undoes, and removes the state.
func (m *machine) deactivateAgain(t *testing.T) {
	t.Helper()
	e := m.open(t)
	defer func() { _ = e.Root.Close() }()
	if res, err := e.Recover(context.Background()); err != nil || res != nil && res.Err != nil {
		t.Fatalf("recover: %+v, %v", res, err)
	}
	target, err := e.Restore(nil)
	must(t, err)
	p, err := e.Prepare(context.Background(), target)
	must(t, err)
	res := e.Apply(context.Background(), p, activation.Request{Verb: "deactivate", SetBoot: true})
	if res.Verdict != activation.Applied && res.Verdict != activation.Unchanged {
		t.Fatalf("deactivate: %s %v", res.Verdict, res.Err)
	}
	must(t, e.RemoveState(p))
}

// kept gives the contents in the directory of what stood in the way.
func (m *machine) kept(t *testing.T) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(m.dir, stateDir, "backup", "*"))
	must(t, err)
	var out []string
	for _, name := range names {
		if filepath.Base(name) == "kept.json" {
			continue
		}
		b, err := os.ReadFile(name)
		must(t, err)
		out = append(out, string(b))
	}
	return out
}

// A deactivate is killed before its k-th operation, for every k: what stood
// before an edited file is kept by the next one all the same, and by any after.
func TestKilledDeactivateKeepsWhatCouldNotReturn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]config{
		"with changes": {"srv/taken": "ours\n", "srv/free": "ours\n"}, "nothing to change": {"srv/taken": "ours\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			killDeactivate(t, c)
		})
	}
}

// killDeactivate kills the deactivate that leaves c, whose srv/taken was edited.
func killDeactivate(t *testing.T, c config) {
	t.Helper()
	const original, edit = "an administrator's\n", "edited since\n"
	memory := t.TempDir()
	must(t, unix.Mount("tmpfs", memory, "tmpfs", 0, ""))
	t.Cleanup(func() { must(t, unix.Unmount(memory, unix.MNT_DETACH)) })
	for k := 1; ; k++ {
		m := &machine{dir: fmt.Sprintf("%s/%d", memory, k), units: &fakeUnits{}}
		must(t, os.MkdirAll(filepath.Join(m.dir, "srv"), 0o755))
		must(t, os.Mkdir(filepath.Join(m.dir, "etc"), 0o755))
		taken := filepath.Join(m.dir, "srv/taken")
		must(t, os.WriteFile(taken, []byte(original), 0o644))
		if res := m.switchTo(t, c); res.Verdict != activation.Applied {
			t.Fatalf("switch: %v", res.Err)
		}
		must(t, os.WriteFile(taken, []byte(edit), 0o644))
		at := m.killAt(t, k, func() { m.deactivateAgain(t) })
		for _, run := range []string{"the next deactivate", "one more"} {
			m.deactivateAgain(t)
			if got := m.kept(t); !slices.Equal(got, []string{original}) {
				t.Fatalf("killed at %q, %s: kept %q, not what stood there", at, run, got)
			}
		}
		if b, err := os.ReadFile(taken); err != nil || string(b) != edit {
			t.Fatalf("killed at %q: the edited file is %q, %v", at, b, err)
		}
		if _, err := os.Lstat(filepath.Join(m.dir, stateDir, "generations")); !os.IsNotExist(err) {
			t.Fatalf("killed at %q: generations are still there: %v", at, err)
		}
		if at == "" {
			t.Logf("killed before each of %d operations", k-1)
			return
		}
	}
}

// What a switch said it keeps is kept by the deactivate that comes later.
func TestWhatASwitchKeptOutlivesTheState(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	taken := filepath.Join(m.dir, "srv/taken")
	must(t, os.WriteFile(taken, []byte("theirs\n"), 0o644))
	for _, c := range []config{{"srv/taken": "ours\n", "srv/free": "ours\n"}, {"srv/free": "ours\n"}, {"srv/free": "other\n"}} {
		if res := m.switchTo(t, c); res.Verdict != activation.Applied && res.Verdict != activation.Unchanged {
			t.Fatalf("switch: %v", res.Err)
		}
		must(t, os.WriteFile(taken, []byte("edited\n"), 0o644))
	}
	m.deactivateAgain(t)
	if got := m.kept(t); !slices.Equal(got, []string{"theirs\n"}) {
		t.Errorf("kept %q", got)
	}
}

// A deactivate is killed before its k-th operation, for every k: until the last
// file of the state directory goes, the next one knows what was made for it.
func TestKilledDeactivateLeavesNoDirectory(t *testing.T) {
	t.Parallel()
	memory := t.TempDir()
	must(t, unix.Mount("tmpfs", memory, "tmpfs", 0, ""))
	t.Cleanup(func() { must(t, unix.Unmount(memory, unix.MNT_DETACH)) })
	for k := 1; ; k++ {
		m := &machine{dir: fmt.Sprintf("%s/%d", memory, k), units: &fakeUnits{}}
		must(t, os.MkdirAll(filepath.Join(m.dir, "etc"), 0o755))
		if res := m.switchTo(t, config{"srv/free": "ours\n"}); res.Verdict != activation.Applied {
			t.Fatalf("switch: %v", res.Err)
		}
		at := m.killAt(t, k, func() { m.deactivateAgain(t) })
		_, state := os.Lstat(filepath.Join(m.dir, stateDir, "boot-entry.json"))
		m.deactivateAgain(t)
		if _, err := os.Lstat(filepath.Join(m.dir, "var")); state == nil && !os.IsNotExist(err) {
			t.Fatalf("killed at %s: var is still there: %v", at, err)
		}
		if at == "" {
			t.Logf("killed before each of %d operations", k-1)
			return
		}
	}
}

// TestTheNextRunMayBegin: on NFS nobody holds a lock whose file is removed, so that
// another run may have begun by the time its directory goes; it stays then.
func TestTheNextRunMayBegin(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.switchTo(t, config{"srv/file": "ours\n"})
	run := filepath.Join(m.dir, "run/activate")
	must(t, os.MkdirAll(run, 0o755))
	must(t, os.WriteFile(filepath.Join(run, "lock"), nil, 0o644))
	m.fault = func(op, name string) error {
		if op == "unlink" && name == run {
			return os.WriteFile(filepath.Join(run, "lock"), []byte("the next"), 0o644)
		}
		return nil
	}
	m.deactivateAgain(t)
	if _, err := os.Stat(filepath.Join(m.dir, stateDir)); !os.IsNotExist(err) {
		t.Errorf("the state directory: %v", err)
	}
	if b, err := os.ReadFile(filepath.Join(run, "lock")); err != nil || string(b) != "the next" {
		t.Errorf("the lock of the next run: %q, %v", b, err)
	}
}

// Once the lock is gone another first run may begin: nothing but the directories
// that lead to it is touched after that, where everything is undone and where
// nothing was done.
func TestTheLockGoesLast(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(m *machine){
		"deactivate": func(m *machine) { m.deactivateAgain(t) },
		"refused": func(m *machine) {
			e := m.open(t)
			defer func() { _ = e.Root.Close() }()
			must(t, e.LeaveNothing())
		},
	} {
		m := newMachine(t)
		run := filepath.Join(m.dir, "run/activate")
		if name == "deactivate" {
			m.switchTo(t, config{"srv/file": "ours\n"})
		} else {
			e := m.open(t)
			must(t, e.MakeRunDir())
			must(t, e.State.WriteBootEntry(generation.BootEntry{Parents: []string{"run", "run/activate", "var", "var/lib", stateDir}}))
			must(t, e.Root.Close())
		}
		must(t, os.MkdirAll(run, 0o755))
		must(t, os.WriteFile(filepath.Join(run, "lock"), nil, 0o644))
		gone := false
		m.fault = func(op, at string) error {
			if gone && !strings.HasPrefix(run+"/", at+"/") {
				t.Errorf("%s: %s %s after the lock is gone", name, op, at)
			}
			gone = gone || at == filepath.Join(run, "lock")
			return nil
		}
		end(m)
		if _, err := os.Lstat(filepath.Join(m.dir, "var")); !gone || !os.IsNotExist(err) {
			t.Errorf("%s: the lock is gone: %t; var: %v", name, gone, err)
		}
	}
}
