package testvm

import (
	"strconv"
	"time"
)

// Snapshot is a virtual machine at one moment: disk, memory and what runs.
type Snapshot struct {
	config Config
	tree   string
	disk   *volatileDisk
	place  *disk
}

// Snapshot keeps the machine as it is now; it goes on. Restore makes machines
// of it until the test is over.
func (m *Machine) Snapshot() *Snapshot {
	m.t.Helper()
	v := m.virtual()
	if !m.up {
		m.fatalf("cannot take a snapshot: %s is off", m.name)
	}
	s, err := v.snapshot()
	if err != nil {
		m.fatalf("cannot take a snapshot of %s: %v", m.name, err)
	}
	m.t.Cleanup(func() {
		if err := s.remove(); err != nil {
			m.t.Logf("cannot remove a snapshot of %s: %v", m.name, err)
		}
	})
	return s
}

func (v *virtual) snapshot() (*Snapshot, error) {
	tree, _, err := image(v.config)
	if err != nil {
		return nil, err
	}
	place, err := newPlace()
	if err != nil {
		return nil, err
	}
	s := &Snapshot{config: v.config, tree: tree, place: place}
	q, err := openMonitor(v.at("qmp"))
	if err != nil {
		return nil, err
	}
	defer func() { _ = q.conn.Close() }()
	if err := q.save(s.memory()); err != nil {
		return nil, err
	}
	if s.disk, err = v.disk.clone(); err != nil {
		return nil, err
	}
	_, err = q.do("cont", nil)
	return s, err
}

func (s *Snapshot) memory() string { return s.place.dir + "/memory" }

func (s *Snapshot) remove() error {
	_ = s.disk.close()
	return s.place.remove()
}

// Restore gives a machine of its own that goes on from the snapshot. Its clock
// is set to now.
func Restore(t TB, s *Snapshot) *Machine {
	t.Helper()
	d, err := s.disk.clone()
	if err != nil {
		t.Fatalf("cannot restore a snapshot: %v", err)
	}
	v, err := assembleVirtual(s.config, s.tree, d)
	if err != nil {
		t.Fatalf("cannot restore a snapshot: %v", err)
	}
	v.wake = s.memory()
	m := &Machine{t: t, name: v.name, init: s.config.init(), body: v}
	t.Cleanup(m.destroy)
	m.PowerOn()
	m.Succeed("date -s @" + strconv.FormatInt(time.Now().Unix(), 10))
	return m
}
