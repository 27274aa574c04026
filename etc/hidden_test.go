package etc_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/activate-agent/activate/etc"
)

// TestWhatAMountWillHideIsToldOf: one warning for each mount point, until
// something is mounted there.
func TestWhatAMountWillHideIsToldOf(t *testing.T) {
	t.Parallel()
	h := newHost(t, t.TempDir())
	point := filepath.Join(h.dir, "mnt/t")
	must(t, os.MkdirAll(point, 0o755))
	h.mountPoints = []string{"mnt/t"}
	desired := etc.Desired{Entries: []etc.Entry{
		directory("mnt/t", "0750"), file("mnt/t/a", "a", "0644"), file("mnt/t/d/b", "b", "0644"), file("mnt/tx", "c", "0644"),
	}}
	d, err := h.subsystem(desired).Diff(t.Context())
	must(t, err)
	if len(d.Warnings) != 1 || !strings.Contains(d.Warnings[0].Error(), "file//mnt/t/a is made before "+point+" is mounted") {
		t.Errorf("warnings: %v", d.Warnings)
	}
	must(t, unix.Mount("none", point, "tmpfs", 0, ""))
	defer func() { must(t, unix.Unmount(point, unix.MNT_DETACH)) }()
	h.reopen(t)
	if d, err = h.subsystem(desired).Diff(t.Context()); err != nil || len(d.Warnings) > 0 {
		t.Errorf("mounted: %v, %v", d.Warnings, err)
	}
}
