package activation_test

import (
	"strings"
	"syscall"
	"testing"

	"github.com/activate-agent/activate/activation"
)

// TestAnUndoThatFailsOnce has one more operation fail while a failed switch is
// taken back, for every one: what the second try takes back is no change that
// stays, so either all is undone and said to be, or it is named what is not.
func TestAnUndoThatFailsOnce(t *testing.T) {
	t.Parallel()
	for k := 1; ; k++ {
		m := newMachine(t)
		m.switchTo(t, configA)
		a := m.tree(t)
		broken, n, failed := false, 0, ""
		m.fault = func(op, name string) error {
			host := !strings.Contains(name, stateDir)
			switch {
			case !broken && strings.HasSuffix(name, "/srv/link"):
				broken = true
				return syscall.EIO
			case broken && host:
				if n++; n == k {
					failed = op + " " + name
					return syscall.EIO
				}
			}
			return nil
		}
		res := m.switchTo(t, configB)
		m.fault = nil
		if failed == "" {
			t.Logf("%d operations of the undo failed one by one", k-1)
			if k < 5 {
				t.Fatal("the undo was never hit")
			}
			return
		}
		if res.Verdict == activation.Partial && len(res.Left) == 0 {
			t.Errorf("%s: something stays changed, but nothing is named: %v", failed, res.Err)
		}
		if res.Verdict == activation.Failed {
			wantSame(t, failed+", was it undone?", a, m.tree(t))
		}
	}
}
