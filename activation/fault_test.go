package activation_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/activate-agent/activate/activation"
)

// expected runs A then B without faults and gives the trees before, between
// and after.
func expected(t *testing.T) (none, a, b map[string]string) {
	t.Helper()
	m := newMachine(t)
	none = m.tree(t)
	if res := m.switchTo(t, configA); res.Verdict != activation.Applied {
		t.Fatalf("A: %+v %v", res, res.Err)
	}
	a = m.tree(t)
	if res := m.switchTo(t, configB); res.Verdict != activation.Applied {
		t.Fatalf("B: %+v %v", res, res.Err)
	}
	return none, a, m.tree(t)
}

// The k-th operation that changes the disk fails, for every k: either all was
// undone, or the next run finishes; it never is anything in between.
func TestEveryFailingOperation(t *testing.T) {
	t.Parallel()
	_, a, b := expected(t)
	for k := 1; ; k++ {
		m := newMachine(t)
		if res := m.switchTo(t, configA); res.Verdict != activation.Applied {
			t.Fatalf("A: %v", res.Err)
		}
		n := 0
		failed := ""
		m.fault = func(op, name string) error {
			if n++; n == k {
				failed = op + " " + name
				return syscall.ENOSPC
			}
			return nil
		}
		res := m.switchTo(t, configB)
		m.fault = nil
		if failed == "" {
			if res.Verdict != activation.Applied {
				t.Fatalf("untouched run: %v", res.Err)
			}
			t.Logf("%d operations failed one by one", k-1)
			return
		}
		what := failed
		switch res.Verdict {
		case activation.Failed:
			wantSame(t, what+" failed, was it undone?", a, m.tree(t))
		case activation.Partial, activation.Applied:
		default:
			t.Fatalf("%s: verdict %s", what, res.Verdict)
		}
		if res.Verdict != activation.Applied && res.Err == nil {
			t.Fatalf("%s: no error told", what)
		}
		if res := m.switchTo(t, configB); res.Verdict != activation.Applied && res.Verdict != activation.Unchanged {
			t.Fatalf("%s: the next run: %s %v", what, res.Verdict, res.Err)
		}
		wantSame(t, what+", then another run", b, m.tree(t))
		if res := m.switchTo(t, configB); res.Verdict != activation.Unchanged {
			t.Fatalf("%s: the run after is %s", what, res.Verdict)
		}
	}
}

// killed is what the fault hook panics with: the process ends there.
type killed struct{}

// The process is killed before its k-th operation, for every k: the next run
// ends the interrupted one and reaches its own goal, and deactivate then
// leaves no trace.
func TestEveryKill(t *testing.T) {
	t.Parallel()
	none, a, b := expected(t)
	for k := 1; ; k++ {
		m := newMachine(t)
		if res := m.switchTo(t, configA); res.Verdict != activation.Applied {
			t.Fatalf("A: %v", res.Err)
		}
		at := m.killAt(t, k, func() { m.switchTo(t, configB) })
		if at == "" {
			t.Logf("killed before each of %d operations", k-1)
			return
		}
		e := m.open(t)
		// What was begun is ended, whoever wants to stop it.
		stopped, stop := context.WithCancel(context.Background())
		stop()
		res, err := e.Recover(stopped)
		_ = e.Root.Close()
		if err != nil || res != nil && res.Verdict != activation.Applied && res.Verdict != activation.Failed {
			t.Fatalf("killed at %s: recover: %v %+v", at, err, res)
		}
		if res == nil || res.Verdict == activation.Failed {
			wantSameEither(t, at, a, b, m.tree(t))
		} else {
			wantSame(t, "killed at "+at+", then recovered", b, m.tree(t))
		}
		if res := m.switchTo(t, configB); res.Verdict != activation.Applied && res.Verdict != activation.Unchanged {
			t.Fatalf("killed at %s: the next run: %s %v", at, res.Verdict, res.Err)
		}
		wantSame(t, "killed at "+at+", then another run", b, m.tree(t))
		m.deactivate(t)
		wantSame(t, "killed at "+at+", then deactivated", none, m.tree(t))
	}
}

// wantSameEither is for a kill outside the transaction: the tree is the old
// one, or the new one whose journal was already dropped.
func wantSameEither(t *testing.T, at string, a, b, got map[string]string) {
	t.Helper()
	if got["srv/file"] == b["srv/file"] {
		wantSame(t, "killed at "+at+" after the end", b, got)
		return
	}
	wantSame(t, "killed at "+at+" before the start", a, got)
}

// killAt runs do and ends it before its k-th operation; it gives which one
// that was, "" when do came to its end.
func (m *machine) killAt(t *testing.T, k int, do func()) (at string) {
	t.Helper()
	n := 0
	m.fault = func(op, name string) error {
		if n++; n == k {
			at = op + " " + name
			panic(killed{})
		}
		return nil
	}
	if !survive(do) {
		at = ""
	}
	m.fault = nil
	return at
}

// failAt has the k-th operation of do find no room, and gives that operation, empty
// where do has fewer.
func (m *machine) failAt(k int, do func()) (at string) {
	n := 0
	m.fault = func(op, name string) error {
		if n++; n == k {
			at = op + " " + name
			return syscall.ENOSPC
		}
		return nil
	}
	do()
	m.fault = nil
	return at
}

// survive tells whether do was killed.
func survive(do func()) (dead bool) {
	defer func() {
		if r := recover(); r != nil {
			if _, dead = r.(killed); !dead {
				panic(r)
			}
		}
	}()
	do()
	return false
}

func (m *machine) deactivate(t *testing.T) {
	t.Helper()
	e := m.open(t)
	defer func() { _ = e.Root.Close() }()
	target, err := e.Restore(nil)
	must(t, err)
	p, err := e.Prepare(context.Background(), target)
	must(t, err)
	if res := e.Apply(context.Background(), p, activation.Request{Verb: "deactivate", SetBoot: true}); res.Verdict != activation.Applied {
		t.Fatalf("deactivate: %s %v", res.Verdict, res.Err)
	}
	must(t, e.RemoveState(p))
	for _, dir := range []string{stateDir, "var", "run"} {
		if _, err := os.Lstat(filepath.Join(m.dir, dir)); err == nil {
			t.Fatalf("%s is still there", dir)
		}
	}
}

// TestADiskThatFailsIsToldOnce has every flush fail, that of the cleaning up too, or
// everything from the first change on.
func TestADiskThatFailsIsToldOnce(t *testing.T) {
	t.Parallel()
	for name, fails := range map[string]func(op, name string) bool{
		"flushes": func(op, _ string) bool { return op == "syncfs" },
		"the host": func(_, name string) bool {
			return !strings.Contains(name, stateDir) && (strings.Contains(name, "/etc/") || strings.Contains(name, "/srv/"))
		},
	} {
		m := newMachine(t)
		m.switchTo(t, configA)
		before := m.tree(t)
		m.fault = func(op, name string) error {
			if fails(op, name) {
				return syscall.EIO
			}
			return nil
		}
		res := m.switchTo(t, configB)
		m.fault = nil
		if res.Verdict != activation.Failed && res.Verdict != activation.Partial || res.Err == nil {
			t.Fatalf("%s: %s %v", name, res.Verdict, res.Err)
		}
		told := strings.Split(res.Err.Error(), "\n")
		slices.Sort(told)
		if once := slices.Compact(slices.Clone(told)); len(once) != len(told) || !strings.Contains(told[0], syscall.EIO.Error()) {
			t.Errorf("%s: got %q", name, told)
		}
		if res.Verdict == activation.Failed {
			wantSame(t, name, before, m.tree(t))
		}
	}
}
