package rootfs_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/activate-agent/activate/activation/rootfs"
)

// TestFewDescriptors: parts that share a few descriptors link from one directory to
// another all the same. Not parallel: the limits are the process's.
func TestFewDescriptors(t *testing.T) { //nolint:paralleltest // see above
	few(t, 24)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	r, dir := open(t)
	for _, d := range []string{"from", "to"} {
		must(t, os.Mkdir(filepath.Join(dir, d), 0o755))
	}
	for i := range 4 {
		must(t, os.WriteFile(filepath.Join(dir, "from", strconv.Itoa(i)), nil, 0o600))
	}
	must(t, r.Parallel(4, 1, func(part *rootfs.Root, from, _ int) error {
		return part.Link("from/"+strconv.Itoa(from), "to/"+strconv.Itoa(from))
	}))
	for i := range 4 {
		if there, err := r.Exists("to/" + strconv.Itoa(i)); !there {
			t.Errorf("link %d is not there: %v", i, err)
		}
	}
}

// few lets the process have no descriptors above limit until the test ends.
func few(t *testing.T, limit uint64) {
	t.Helper()
	var was unix.Rlimit
	must(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &was))
	must(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: limit, Max: was.Max}))
	t.Cleanup(func() { must(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &was)) })
}
