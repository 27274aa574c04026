package etc_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/etc"
)

// TestADirectoryThatAKillLeftIsEnded: whatever its mode and owner, and those of the
// directory that it is in; it is finished, and so it is taken back.
func TestADirectoryThatAKillLeftIsEnded(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"1777", "2775", "0775", "0755", "0750", "0700", "0711", "4755"} {
		for _, owner := range []string{"", "7"} {
			for _, in := range []os.FileMode{0o755, 0o775 | os.ModeSetgid} {
				for _, at := range []string{"fchownat", "fchmodat"} {
					e := directory("srv/new/d", mode)
					e.User, e.Group = owner, owner
					ended(t, e, in, at, false)
					ended(t, e, in, at, true)
				}
			}
		}
	}
}

// ended makes e below a directory of the mode in, is killed at the operation, and
// goes on, or back.
func ended(t *testing.T, e etc.Entry, in os.FileMode, at string, back bool) {
	t.Helper()
	h := open(t)
	srv := filepath.Join(h.dir, "srv")
	must(t, os.Mkdir(srv, 0o755))
	must(t, os.Chown(srv, 0, 50))
	must(t, os.Chmod(srv, in))
	before := h.tree(t)
	desired := desiredOf(e)
	d, err := h.subsystem(desired).Diff(t.Context())
	must(t, err)
	h.killedAt(t, desired, d.Changes, at, "/srv/new")
	h.endedAt(t, desired, d.Changes, at, back)
	if got := h.tree(t); back && got != before {
		t.Errorf("%s of %s in %v, taken back: %s", at, e.Mode, in, got)
	}
	if left, err := h.subsystem(desired).Diff(t.Context()); err != nil || !back && len(left.Changes) > 0 {
		t.Errorf("%s of %s in %v: %v %v", at, e.Mode, in, left.Changes, err)
	}
}

// endedAt is the next run, which is killed at the same operation of the directory
// itself, and the one after it.
func (h *host) endedAt(t *testing.T, desired etc.Desired, changes []plan.Change, at string, back bool) {
	t.Helper()
	h.resume = true
	h.killedAt(t, desired, changes, at, "/srv/new/d")
	if back {
		changes = plan.Inverses(changes)
	}
	must(t, h.subsystem(desired).Apply(t.Context(), changes))
}

// killedAt applies the changes until the operation on the path that ends so.
func (h *host) killedAt(t *testing.T, desired etc.Desired, changes []plan.Change, at, name string) {
	t.Helper()
	type killed struct{}
	h.fault = func(op, p string) error {
		if op == at && strings.HasSuffix(p, name) {
			panic(killed{})
		}
		return nil
	}
	defer func() {
		h.fault = nil
		if _, ok := recover().(killed); !ok {
			t.Errorf("there is no %s of %s", at, name)
		}
		h.reopen(t)
	}()
	must(t, h.subsystem(desired).Apply(t.Context(), changes))
}
