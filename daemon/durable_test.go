package daemon_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/daemon"
	"github.com/activate-agent/activate/daemon/systemd"
)

// TestAUnitHasItsNameOnceItIsOnDisk: after a power cut a unit file is there
// whole or not at all. One that was renamed before it was flushed is empty then,
// and the next run takes it for somebody else's.
func TestAUnitHasItsNameOnceItIsOnDisk(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	var calls []string
	root, err := rootfs.Open(h.dir, rootfs.WithFault(func(op, name string) error {
		if strings.HasSuffix(name, "/web.service") && op != "symlink" {
			calls = append(calls, op)
		}
		return nil
	}))
	h.must(err)
	defer func() { _ = root.Close() }()
	for _, command := range []string{"/bin/one", "/bin/two"} {
		calls = nil
		u, err := daemon.New(daemon.Config{Init: systemd.Offline(), Root: root, Store: h.store, Desired: web(command), Last: h.last})
		h.must(err)
		diff, err := u.Diff(t.Context())
		h.must(err)
		h.must(u.Save(t.Context(), diff.Changes))
		h.must(u.Apply(t.Context(), diff.Changes))
		if flushed, named := slices.Index(calls, "fsync"), slices.Index(calls, "rename"); flushed < 0 || named < flushed {
			t.Errorf("%s: the calls are %v", command, calls)
		}
		for _, ch := range diff.Changes {
			h.last[ch.Address] = ch.After
		}
	}
}

// TestManyUnitsAreFlushedTogether: none has its name before all are on disk, and
// none is flushed alone.
func TestManyUnitsAreFlushedTogether(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	var calls []string
	root, err := rootfs.Open(h.dir, rootfs.WithFault(func(op, name string) error {
		if op == "syncfs" || op == "fsync" || strings.HasSuffix(name, ".service") && op != "symlink" {
			calls = append(calls, op)
		}
		return nil
	}))
	h.must(err)
	defer func() { _ = root.Close() }()
	var desired daemon.Desired
	for i := range 50 {
		desired = all(desired, named("svc"+strconv.Itoa(i), "x"))
	}
	u, err := daemon.New(daemon.Config{Init: systemd.Offline(), Root: root, Store: h.store, Desired: desired})
	h.must(err)
	diff, err := u.Diff(t.Context())
	h.must(err)
	h.must(u.Save(t.Context(), diff.Changes))
	calls = nil
	h.must(u.Apply(t.Context(), diff.Changes))
	count := func(op string, calls []string) (n int) {
		for _, c := range calls {
			if c == op {
				n++
			}
		}
		return n
	}
	flushed := slices.Index(calls, "syncfs")
	if count("fsync", calls) > 0 || count("syncfs", calls) != 2 || count("write", calls[:flushed]) != 50 || count("rename", calls[flushed:]) != 50 {
		t.Errorf("the calls are %v", calls)
	}
}
