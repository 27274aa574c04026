package rootfs

import (
	"cmp"
	"runtime"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"
)

// Parallel calls work for consecutive parts of the n items [0, n), each part
// [from, to) on a goroutine with a handle of its own, as many as there are
// processors. Fewer than least items a part are not worth a goroutine. It gives
// the first error; the other parts are ended too. Under fault injection, which
// counts operations in their order, all of it is one part.
//
// What is made through the parts' handles counts as made through r, so r.Sync
// flushes it.
func (r *Root) Parallel(n, least int, work func(part *Root, from, to int) error) error {
	parts := min(runtime.GOMAXPROCS(0), n/max(least, 1))
	if parts < 2 || r.fault != nil {
		return work(r, 0, n)
	}
	clear(r.absent)
	handles := make([]*Root, parts)
	var group errgroup.Group
	for i := range parts {
		handles[i] = r.fork()
		handles[i].room = max(r.room/parts, leastDirs)
		group.Go(func() error { return work(handles[i], n*i/parts, n*(i+1)/parts) })
	}
	err := group.Wait()
	for _, h := range handles {
		r.join(h)
	}
	return err
}

// fork gives a second handle on the same root for another goroutine, until
// join.
func (r *Root) fork() *Root {
	h := *r
	h.dirs, h.absent, h.dirty = map[string]*dirHandle{}, map[string]bool{}, map[uint64]int{}
	h.reals = map[string]string{}
	return &h
}

// join ends a handle that fork gave.
func (r *Root) join(h *Root) {
	h.forget()
	r.unflushed = cmp.Or(r.unflushed, h.unflushed)
	for dev, fd := range h.dirty {
		if _, known := r.dirty[dev]; known {
			_ = unix.Close(fd)
			continue
		}
		r.dirty[dev] = fd
	}
}
