package activation_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/activate-agent/activate/activation"
	"github.com/activate-agent/activate/activation/rootfs"
)

// TestKilledFirstSwitch: the very first run, one that is undone too, is killed
// before each operation. Deactivate then leaves nothing, also of the directories
// that were made for the state, from the moment on that it is known of them.
func TestKilledFirstSwitch(t *testing.T) {
	t.Parallel()
	for name, snippets := range map[string][]activation.Snippet{
		"applied": nil,
		"undone":  {{Name: "bad", Script: "exit 7\n", Origin: "c.hcl:3"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			killedFirst(t, snippets)
		})
	}
}

func killedFirst(t *testing.T, snippets []activation.Snippet) {
	t.Helper()
	none := newMachine(t).tree(t)
	for k := 1; ; k++ {
		m := newMachine(t)
		at := m.killAt(t, k, func() { m.switchTo(t, configA, snippets...) })
		if at == "" {
			t.Logf("killed before each of %d operations", k-1)
			return
		}
		known, more := false, []string{}
		entries, _ := os.ReadDir(filepath.Join(m.dir, stateDir))
		for _, entry := range entries {
			known = known || entry.Name() == "boot-entry.json"
			if !rootfs.IsTemp(entry.Name()) {
				more = append(more, entry.Name())
			}
		}
		if !known && len(more) > 0 {
			t.Fatalf("killed at %s: there is %v, and it is not known what was made for it", at, more)
		}
		m.giveUp(t, at)
		wantSame(t, "killed at "+at+", then deactivated", none, m.tree(t))
		if _, err := os.Lstat(filepath.Join(m.dir, "var")); err == nil && known {
			t.Fatalf("killed at %s: /var is still there", at)
		}
	}
}

// TestKilledFirstSwitchLeavesNoDirectoryHalfMade: links in /etc lead through the
// state, and everybody has to get there once the next run has ended the job.
func TestKilledFirstSwitchLeavesNoDirectoryHalfMade(t *testing.T) {
	t.Parallel()
	for k := 1; ; k++ {
		m := newMachine(t)
		at := m.killAt(t, k, func() { m.switchTo(t, configA) })
		if at == "" || strings.HasPrefix(at, "rename ") {
			// The generation is there, with all that leads to it.
			return
		}
		if res := m.switchTo(t, configA); res.Verdict != activation.Applied {
			t.Fatalf("killed at %s: the next run: %s %v", at, res.Verdict, res.Err)
		}
		for _, dir := range []string{"var", "var/lib", stateDir, stateDir + "/generations", stateDir + "/generations/1", stateDir + "/generations/1/etc"} {
			info, err := os.Stat(filepath.Join(m.dir, dir))
			must(t, err)
			if info.Mode().Perm() != 0o755 {
				t.Errorf("killed at %s, then switched again: %s has mode %s", at, dir, info.Mode())
			}
		}
	}
}

// giveUp deactivates a machine on which anything may have happened.
func (m *machine) giveUp(t *testing.T, at string) {
	t.Helper()
	e := m.open(t)
	defer func() { _ = e.Root.Close() }()
	must(t, e.CheckPlace())
	if res, err := e.Recover(context.Background()); err != nil || res != nil && res.Verdict == activation.Partial {
		t.Fatalf("killed at %s: cannot recover: %v %+v", at, err, res)
	}
	target, err := e.Restore(nil)
	must(t, err)
	p, err := e.Prepare(context.Background(), target)
	must(t, err)
	res := e.Apply(context.Background(), p, activation.Request{Verb: "deactivate", SetBoot: true})
	if res.Verdict != activation.Applied && res.Verdict != activation.Unchanged {
		t.Fatalf("killed at %s: deactivate: %s %v", at, res.Verdict, res.Err)
	}
	must(t, e.RemoveState(p))
}
