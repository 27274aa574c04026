package activation_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/activate-agent/activate/activation"
)

// What stood at a path comes back even where its content was, by chance, also
// that of another file of a generation which is gone by then.
func TestAnOriginalOutlivesTheGenerationThatHeldItsContent(t *testing.T) {
	t.Parallel()
	for name, configs := range map[string][]config{
		"of another file": {
			{"srv/other": "the same\n"},
			{"srv/other": "the same\n", "srv/taken": "ours\n"},
			{"srv/taken": "ours\n"},
		},
		"adopted": {{"srv/taken": "the same\n"}, {"srv/taken": "ours\n"}, {"srv/taken": "others\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t)
			must(t, os.WriteFile(filepath.Join(m.dir, "srv/taken"), []byte("the same\n"), 0o644))
			before := m.tree(t)
			for _, c := range configs {
				if res := m.switchTo(t, c); res.Verdict != activation.Applied {
					t.Fatalf("switch: %v", res.Err)
				}
			}
			e := m.open(t)
			must(t, e.State.Delete(1, 2))
			must(t, e.Root.Close())
			m.deactivate(t)
			wantSame(t, "deactivated", before, m.tree(t))
		})
	}
}
