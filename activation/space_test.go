package activation_test

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/activate-agent/activate/activation"
)

// many is a configuration whose records take more room than its contents.
func many(content string) config {
	c := config{"etc/motd": "hello\n"}
	for i := range 60 {
		c[fmt.Sprintf("srv/dir%d/file", i)] = strings.Repeat(content, i*100)
		c[fmt.Sprintf("srv/link%d", i)] = "->" + content
	}
	return c
}

// TestAFullDiskIsSeenComing: on a small file system of whatever size, a switch
// is refused before it begins or comes to its end; it never fails half way.
func TestAFullDiskIsSeenComing(t *testing.T) {
	t.Parallel()
	applied, refused := 0, 0
	for size := 400; size <= 4000; size += 200 {
		m := &machine{dir: t.TempDir(), units: &fakeUnits{}}
		must(t, unix.Mount("tmpfs", m.dir, "tmpfs", 0, fmt.Sprintf("size=%dk", size)))
		t.Cleanup(func() { must(t, unix.Unmount(m.dir, unix.MNT_DETACH)) })
		for _, c := range []config{many("a"), many("b")} {
			switch res := m.switchTo(t, c); {
			case res.Verdict == activation.Applied:
				applied++
			case res.Verdict == activation.Failed && strings.Contains(res.Err.Error(), "KiB are free"):
				refused++
			default:
				t.Errorf("%d KiB: %s, %v", size, res.Verdict, res.Err)
			}
		}
	}
	if applied < 5 || refused < 5 {
		t.Errorf("%d applied, %d refused: nothing was tried", applied, refused)
	}
}

// TestTooLittleSpaceIsTold names the file system and both figures.
func TestTooLittleSpaceIsTold(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	must(t, unix.Mount("tmpfs", m.dir+"/srv", "tmpfs", 0, "size=64k"))
	t.Cleanup(func() { must(t, unix.Unmount(m.dir+"/srv", unix.MNT_DETACH)) })
	res := m.switchTo(t, config{"srv/big": strings.Repeat("x", 100<<10)})
	if res.Verdict != activation.Failed || !strings.Contains(res.Err.Error(), "they need 100 KiB on the file system of "+m.dir+"/srv and 64 KiB are free") {
		t.Errorf("got %s, %v", res.Verdict, res.Err)
	}
	if res := m.switchTo(t, config{"srv/fits": strings.Repeat("x", 60<<10)}); res.Verdict != activation.Applied {
		t.Errorf("what fits: %s, %v", res.Verdict, res.Err)
	}
}

// TestNoInodesAreLeftIsSeenComing: the same for the number of files, whatever it is.
func TestNoInodesAreLeftIsSeenComing(t *testing.T) {
	t.Parallel()
	applied, refused := 0, 0
	for inodes := 100; inodes <= 1300; inodes += 50 {
		m := &machine{dir: t.TempDir(), units: &fakeUnits{}}
		must(t, unix.Mount("tmpfs", m.dir, "tmpfs", 0, fmt.Sprintf("nr_inodes=%d", inodes)))
		t.Cleanup(func() { must(t, unix.Unmount(m.dir, unix.MNT_DETACH)) })
		for _, c := range []config{many("a"), many("b")} {
			switch res := m.switchTo(t, c); {
			case res.Verdict == activation.Applied:
				applied++
			case res.Verdict == activation.Failed && strings.Contains(res.Err.Error(), "inodes are free"):
				refused++
			default:
				t.Errorf("%d inodes: %s, %v", inodes, res.Verdict, res.Err)
			}
		}
	}
	t.Logf("%d applied, %d refused", applied, refused)
	if applied < 5 || refused < 5 {
		t.Errorf("%d applied, %d refused: nothing was tried", applied, refused)
	}
}
