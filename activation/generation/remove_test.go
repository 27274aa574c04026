package generation_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/activate-agent/activate/activation/generation"
	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
)

// TestDeleteInALowerLayer: a generation that a lower layer of overlayfs has, as in
// an image that is built step by step, can be deleted; cut off anywhere it is whole
// still, or the next run takes the rest away.
func TestDeleteInALowerLayer(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	must(t, unix.Mount("tmpfs", base, "tmpfs", 0, ""))
	t.Cleanup(func() { must(t, unix.Unmount(base, unix.MNT_DETACH)) })
	lower := filepath.Join(base, "lower")
	must(t, os.Mkdir(lower, 0o755))
	root, err := rootfs.Open(lower)
	must(t, err)
	s := generation.Open(root, "state")
	for n := range 2 {
		must(t, s.Stage(&generation.Record{Number: n + 1}, []generation.File{file("etc/a", "", "x"), file("files/h", "h", "same")}, n, nil))
		must(t, s.Settle(n+1))
	}
	must(t, errors.Join(s.SetCurrent(2), s.SetBoot(2), root.Close()))
	broken := errors.New("broken")
	for k := 1; ; k++ {
		left := k
		root, unmount := layered(t, base, rootfs.WithFault(func(string, string) error {
			if left--; left < 0 {
				return broken
			}
			return nil
		}))
		s := generation.Open(root, "state")
		err := s.Delete(1)
		if err != nil && !errors.Is(err, broken) {
			t.Fatalf("cut off at operation %d: %v", k, err)
		}
		whole := left >= 0
		left = 1 << 30
		must(t, s.Sweep())
		numbers, err := s.Numbers()
		must(t, err)
		if len(numbers) == 2 {
			// It is whole still.
			_, err = s.Read(1)
			must(t, errors.Join(err, s.Delete(1)))
		}
		names, err := root.ReadDir("state/generations")
		must(t, errors.Join(err, root.Close()))
		unmount()
		if len(names) != 1 {
			t.Fatalf("cut off at operation %d there is %q", k, names)
		}
		if whole {
			return
		}
	}
}

// layered gives a fresh overlay over base/lower.
func layered(t *testing.T, base string, opts ...rootfs.Option) (root *rootfs.Root, unmount func()) {
	t.Helper()
	dir, err := os.MkdirTemp(base, "over")
	must(t, err)
	for _, name := range []string{"upper", "work", "root"} {
		must(t, os.Mkdir(filepath.Join(dir, name), 0o755))
	}
	at := filepath.Join(dir, "root")
	must(t, unix.Mount("overlay", at, "overlay", 0, "lowerdir="+base+"/lower,upperdir="+dir+"/upper,workdir="+dir+"/work"))
	root, err = rootfs.Open(at, opts...)
	must(t, err)
	return root, func() { must(t, unix.Unmount(at, 0)) }
}

// TestNothingIsDeletedBesideANewerRecord: an activate that is newer, and was killed
// while it brought the state to its format, left the counter for last.
func TestNothingIsDeletedBesideANewerRecord(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"backup/index.json", "boot-entry.json", "generations/2/manifest.json", "ids.json"} {
		s, dir := open(t)
		s.Include(generation.Foreign{Name: "ids.json", Formats: plan.Formats{Key: "version", Steps: []plan.Step{nil}}})
		for n := range 2 {
			must(t, s.Stage(&generation.Record{Number: n + 1}, nil, n, nil))
			must(t, s.Settle(n+1))
		}
		must(t, errors.Join(s.SetCurrent(2), s.SetBoot(2), s.WriteIndex(generation.Index{})))
		put(t, dir, map[string]string{name: `{"format":99,"version":99,"number":2}`})
		err := s.Delete(1)
		if err == nil || !strings.Contains(err.Error(), "use the activate that wrote it") || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v", name, err)
		}
		if numbers, err := s.Numbers(); err != nil || len(numbers) != 2 {
			t.Errorf("%s: generations %v are left, %v", name, numbers, err)
		}
	}
}
