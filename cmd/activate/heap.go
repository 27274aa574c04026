package main

import (
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/metrics"

	"golang.org/x/sys/unix"
)

const (
	// smallHeap is how far the heap of a run grows before collecting becomes
	// eager, in bytes: what a small host can spare.
	smallHeap = 40 << 20
	// rareCollection is the growth between collections below that, in percent.
	rareCollection = 400
	// frugal is what a heap has to do without while it is small, in bytes.
	frugal = 26 << 20
	// ahead is how much of the heap comes in large pages, in bytes.
	ahead = 24 << 20
	// longText is the length in bytes from which a configuration is long.
	longText = 32 << 10
)

// cycle is an object that nothing refers to, so that each collection finds it.
type cycle struct{ _ [16]byte }

// collectRarely fits the collector to a short life: it collects rarely while
// the heap is small. A fixed limit would collect for ever once more than that
// is live, so after each collection the limit follows what lives.
func collectRarely() {
	debug.SetGCPercent(rareCollection)
	debug.SetMemoryLimit(smallHeap)
	followLive()
}

// largePages has what the heap grows into next come in large pages, see madvise(2),
// MADV_HUGEPAGE: the faults of thousands of small ones take longer than what is done
// with them. None is taken before it is used, and a kernel without large pages gives
// small ones as ever.
func largePages() {
	before := debug.SetGCPercent(-1)
	_ = unix.Madvise(make([]byte, ahead), unix.MADV_HUGEPAGE)
	debug.SetGCPercent(before)
	// Gives back what was only there to be advised.
	runtime.GC()
}

// isLong tells whether reading the configuration at path takes so much memory that
// large pages are worth the collection.
func isLong(path string) bool {
	files, err := filepath.Glob(filepath.Join(path, "*.hcl"))
	if err != nil || len(files) == 0 {
		files = []string{path}
	}
	var size int64
	for _, name := range files {
		if info, err := os.Stat(name); err == nil {
			size += info.Size()
		}
	}
	return size >= longText
}

func followLive() {
	runtime.SetFinalizer(&cycle{}, func(*cycle) {
		live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		metrics.Read(live)
		debug.SetMemoryLimit(heapLimit(live[0].Value.Uint64()))
		followLive()
	})
}

// heapLimit is the memory to use while so much lives: little more while that is
// little, and the more the larger it is, since marking it again takes long.
func heapLimit(live uint64) int64 {
	return max(smallHeap, int64(live)*5/2-frugal)
}
