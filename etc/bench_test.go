package etc_test

import (
	"fmt"
	"testing"

	"github.com/activate-agent/activate/etc"
)

// many is n entries in directories of 100: half of them links through
// /etc/static, half copies.
func many(n int) []etc.Entry {
	out := make([]etc.Entry, n)
	for i := range out {
		name := fmt.Sprintf("bench/d%03d/f%02d", i/100, i%100)
		content := fmt.Sprintf("content %d", i)
		if out[i] = copied(name, content); i%2 == 0 {
			out[i] = linked(name, content)
		}
	}
	return out
}

func benchmarkNothing(b *testing.B, n int) {
	h := newHost(b, b.TempDir())
	defer func() { _ = h.root.Close() }()
	entries := many(n)
	h.switchTo(b, entries...)
	for b.Loop() {
		if d := h.diff(b, entries...); len(d.Changes) > 0 {
			b.Fatal("not converged")
		}
	}
}

func BenchmarkNothing10000(b *testing.B)  { benchmarkNothing(b, 10000) }
func BenchmarkNothing100000(b *testing.B) { benchmarkNothing(b, 100000) }

func BenchmarkFirst10000(b *testing.B) {
	entries := many(10000)
	for b.Loop() {
		b.StopTimer()
		h := newHost(b, b.TempDir())
		b.StartTimer()
		h.switchTo(b, entries...)
		must(b, h.root.Sync())
		_ = h.root.Close()
	}
}
