package main

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

const (
	// smallHeap is how far the heap of a run grows before collecting becomes
	// eager, in bytes: what a small host can spare.
	smallHeap = 40 << 20
	// rareCollection is the growth between collections below that, in percent.
	rareCollection = 400
	// spare is what a heap has at least besides what lives, in bytes.
	spare = 14 << 20
	// frugal is what a heap has to do without while it is small, in bytes: a run with
	// 10,000 entries takes less than 64 MiB, whatever it does.
	frugal = 46 << 20
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
	return max(smallHeap, int64(live)+spare, int64(live)*5/2-frugal)
}
