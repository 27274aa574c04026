package testvm

import (
	"encoding/binary"
	"io"
	"net"
	"path/filepath"
	"sync"
)

// maxPacket is the most QEMU sends at once.
const maxPacket = 68 << 10

// Segment is a private piece of network for virtual machines: each sees what
// the others send, and nothing else does.
type Segment struct {
	place  *disk
	server net.Listener

	mu      sync.Mutex
	members map[net.Conn]bool
}

// NewSegment makes a segment that is gone when the test is over. Machines join
// by Config.Segment.
func NewSegment(t TB) *Segment {
	t.Helper()
	place, err := newPlace()
	if err != nil {
		t.Fatalf("cannot make a network segment: %v", err)
	}
	s := &Segment{place: place, members: map[net.Conn]bool{}}
	if s.server, err = net.Listen("unix", s.socket()); err != nil {
		t.Fatalf("cannot make a network segment: %v", err)
	}
	t.Cleanup(func() {
		_ = s.server.Close()
		if err := place.remove(); err != nil {
			t.Logf("cannot remove a network segment: %v", err)
		}
	})
	go s.accept()
	return s
}

func (s *Segment) socket() string { return filepath.Join(s.place.dir, "segment") }

func (s *Segment) accept() {
	for {
		conn, err := s.server.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.members[conn] = true
		s.mu.Unlock()
		go s.repeat(conn)
	}
}

// repeat sends what one machine sends to all others. A packet comes after its
// length in four bytes, as "-netdev stream" of QEMU has it.
func (s *Segment) repeat(from net.Conn) {
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.members, from)
		_ = from.Close()
	}()
	buf := make([]byte, 4+maxPacket)
	for {
		if _, err := io.ReadFull(from, buf[:4]); err != nil {
			return
		}
		size := binary.BigEndian.Uint32(buf)
		if size > maxPacket {
			return
		}
		if _, err := io.ReadFull(from, buf[4:4+size]); err != nil {
			return
		}
		s.others(from, buf[:4+size])
	}
}

func (s *Segment) others(from net.Conn, packet []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for to := range s.members {
		if to != from {
			// One that went off loses it, as on a real wire.
			_, _ = to.Write(packet)
		}
	}
}
