package activation_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/activate-agent/activate/activation"
)

// TestNothingIsTakenAwayBehindALink has runs be killed before each operation in which
// a directory of ours gives way to a link, of the host or of ours, or takes its place:
// directories behind the link that are empty and have the names of ours stay.
func TestNothingIsTakenAwayBehindALink(t *testing.T) {
	t.Parallel()
	file, below, link, empty := config{"srv/data": "ours\n"}, config{"srv/data/sub/x": "x\n"}, config{"srv/data": "->other"}, config{}
	bad := activation.Snippet{Name: "bad", Script: "exit 1\n", After: []string{"symlinks"}, Origin: "c.hcl:3"}
	for name, c := range map[string]struct {
		way      []config
		snippets []activation.Snippet
	}{
		"the host's returns":          {[]config{file, below, empty}, nil},
		"the host's returns and goes": {[]config{file, below, empty}, []activation.Snippet{bad}},
		"ours takes the place":        {[]config{file, below, link}, nil},
		"ours leaves it, and is back": {[]config{link, below}, []activation.Snippet{bad}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			killedOnTheWay(t, c.way, c.snippets)
		})
	}
}

// killedOnTheWay kills the last switch of way, which has the snippets.
func killedOnTheWay(t *testing.T, way []config, snippets []activation.Snippet) {
	t.Helper()
	for k := 1; ; k++ {
		m := newMachine(t)
		for _, dir := range []string{"theirs/sub", "other/sub"} {
			must(t, os.MkdirAll(filepath.Join(m.dir, "srv", dir), 0o755))
		}
		must(t, os.Symlink("theirs", filepath.Join(m.dir, "srv/data")))
		none := m.tree(t)
		for _, c := range way[:len(way)-1] {
			if res := m.switchTo(t, c); res.Verdict != activation.Applied {
				t.Fatalf("%v: %v", c, res.Err)
			}
		}
		at := m.killAt(t, k, func() { m.switchTo(t, way[len(way)-1], snippets...) })
		if at == "" {
			t.Logf("killed before each of %d operations", k-1)
			return
		}
		m.switchTo(t, way[len(way)-1])
		// Nothing here takes the lock, by whose record its directory goes.
		must(t, os.RemoveAll(filepath.Join(m.dir, "run")))
		m.deactivate(t)
		wantSame(t, "killed at "+at+", then deactivated", none, m.tree(t))
	}
}
