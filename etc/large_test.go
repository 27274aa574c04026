package etc_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/activate-agent/activate/etc"
)

// TestALargeFileInTheWayOfASecret is compared without being held in memory. Not
// parallel: what is allocated is the process's.
func TestALargeFileInTheWayOfASecret(t *testing.T) { //nolint:paralleltest // see above
	const size = 128 << 20
	h := open(t)
	h.write(t, "srv/large", "", 0o644)
	must(t, os.Truncate(filepath.Join(h.dir, "srv/large"), size))
	e := file("srv/large", "", "0600")
	e.Content = &etc.Content{Text: []byte("hunter2-text"), Secret: true}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	d := h.diff(t, e)
	runtime.ReadMemStats(&after)
	if len(d.Changes) != 1 || len(d.Problems) > 0 {
		t.Errorf("got %v, %v", actions(d), d.Problems)
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > size/4 {
		t.Errorf("it took %d MiB", took>>20)
	}
}
