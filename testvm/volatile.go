package testvm

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
)

// blockSize is what such a disk writes whole or not at all.
const blockSize = 4096

// volatileDisk is a virtual disk with the write cache of a real one: what was
// written and not flushed may be gone after a power cut, block by block and in
// any order. Below it is an image that is never written.
type volatileDisk struct {
	image *os.File
	size  int64

	mu sync.Mutex
	// durable are the blocks that differ from the image, cached those on top
	// that nobody flushed. Blocks are never changed in place, so that copies
	// of the maps share them.
	durable, cached map[int64][]byte
	// written counts the writes. At the number halt, if it is not 0, the disk
	// answers no more and halted is closed.
	written, halt int
	halted        chan struct{}
}

// openVolatile makes a disk of the image at path, whose size is a multiple of
// blockSize.
func openVolatile(path string) (*volatileDisk, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && info.Size()%blockSize != 0 {
		err = &fs.PathError{Op: "use as a disk", Path: path, Err: errors.New("its size is not a multiple of a block")}
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return &volatileDisk{image: f, size: info.Size(), durable: map[int64][]byte{}, cached: map[int64][]byte{}}, nil
}

// block gives the block n as the machine sees it. The caller holds the lock.
func (d *volatileDisk) block(n int64) ([]byte, error) {
	if b, ok := d.cached[n]; ok {
		return b, nil
	}
	if b, ok := d.durable[n]; ok {
		return b, nil
	}
	b := make([]byte, blockSize)
	_, err := d.image.ReadAt(b, n*blockSize)
	return b, err
}

// ReadAt gives what the machine last wrote.
func (d *volatileDisk) ReadAt(p []byte, at int64) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(p), d.each(p, at, func(part []byte, n int64, from int) error {
		b, err := d.block(n)
		copy(part, b[from:])
		return err
	})
}

// WriteAt takes p into the cache.
func (d *volatileDisk) WriteAt(p []byte, at int64) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.written++
	return len(p), d.each(p, at, func(part []byte, n int64, from int) error {
		if len(part) == blockSize {
			d.cached[n] = bytes.Clone(part)
			return nil
		}
		b, err := d.block(n)
		if err != nil {
			return err
		}
		b = bytes.Clone(b)
		copy(b[from:], part)
		d.cached[n] = b
		return nil
	})
}

// each calls do for the parts of p that lie in one block each: the block's
// number, and where in it the part begins.
func (d *volatileDisk) each(p []byte, at int64, do func(part []byte, n int64, from int) error) error {
	if at < 0 || at+int64(len(p)) > d.size {
		return io.ErrUnexpectedEOF
	}
	for len(p) > 0 {
		n, from := at/blockSize, int(at%blockSize)
		size := min(len(p), blockSize-from)
		if err := do(p[:size], n, from); err != nil {
			return err
		}
		p, at = p[size:], at+int64(size)
	}
	return nil
}

// Flush makes all that was written durable.
func (d *volatileDisk) Flush() {
	d.mu.Lock()
	defer d.mu.Unlock()
	maps.Copy(d.durable, d.cached)
	clear(d.cached)
}

// haltAfter has the disk answer no more after that many writes, as if power
// were cut then. The channel is closed when it comes to it.
func (d *volatileDisk) haltAfter(writes int) <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.halt, d.halted = d.written+writes, make(chan struct{})
	return d.halted
}

// stopped tells whether the disk answers no more.
func (d *volatileDisk) stopped() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.halt == 0 || d.written < d.halt {
		return false
	}
	select {
	case <-d.halted:
	default:
		close(d.halted)
	}
	return true
}

// force makes durable what was written to the blocks of a range, as a write
// with FUA (force unit access) does.
func (d *volatileDisk) force(at, size int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for n := at / blockSize; n*blockSize < at+size; n++ {
		if b, ok := d.cached[n]; ok {
			d.durable[n] = b
			delete(d.cached, n)
		}
	}
}

// cut loses power: of what was not flushed, a random part reached the disk. It
// gives how many blocks there were and how many are lost.
func (d *volatileDisk) cut(r *rand.Rand) (cached, lost int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.halt = 0
	keep := r.Float64()
	cached = len(d.cached)
	// In order, so that one seed always loses the same.
	for _, n := range slices.Sorted(maps.Keys(d.cached)) {
		b := d.cached[n]
		if r.Float64() < keep {
			d.durable[n] = b
		} else {
			lost++
		}
	}
	clear(d.cached)
	return cached, lost
}

// clone gives a disk of its own with the same contents.
func (d *volatileDisk) clone() (*volatileDisk, error) {
	c, err := openVolatile(d.image.Name())
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	c.durable, c.cached = maps.Clone(d.durable), maps.Clone(d.cached)
	return c, nil
}

func (d *volatileDisk) close() error { return d.image.Close() }
