package rootfs_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
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

// TestNoDescriptorForAFlush: where there is none left by which a file system is to be
// flushed, Sync says so. Not parallel: the limit is the process's.
func TestNoDescriptorForAFlush(t *testing.T) { //nolint:paralleltest // see above
	r, _ := open(t)
	_, err := r.Exists("new")
	must(t, err)
	free, err := unix.Dup(0)
	must(t, err)
	must(t, unix.Close(free))
	few(t, uint64(free)+1)
	must(t, r.WriteFile("new", strings.NewReader("text"), attr(0o644)))
	if err := r.Sync(); !errors.Is(err, unix.EMFILE) {
		t.Errorf("got %v", err)
	}
}
