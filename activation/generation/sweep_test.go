package generation_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/activate-agent/activate/activation/generation"
	"github.com/activate-agent/activate/activation/rootfs"
)

// TestSweep: a power cut leaves the beginning of a file of the state's beside
// it, or a generation that never was, and the next run takes it away; all else
// stays.
func TestSweep(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	files := map[string]bool{
		"var/lib/activate/" + rootfs.TempName("counter.json"):                false,
		"var/lib/activate/journal/" + rootfs.TempName("transaction.json"):    false,
		"var/lib/activate/backup/" + rootfs.TempName("index.json"):           false,
		"var/lib/activate/generations/1/" + rootfs.TempName("replaced.json"): false,
		"var/lib/activate/generations/.stage/manifest.json":                  false,
		"var/lib/activate/generations/.removed/etc/motd":                     false,
		"var/lib/activate/generations/2/staged":                              false,
		"var/lib/activate/generations/2/manifest.json":                       false,
		"var/lib/activate/generations/1/manifest.json":                       true,
		"var/lib/activate/counter.json":                                      true,
		"var/lib/activate/.activate-for-somebody-else":                       true,
		"var/lib/activate/backup/abc":                                        true,
	}
	for name := range files {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	root, err := rootfs.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = root.Close() }()
	state := generation.Open(root, "var/lib/activate")
	for range 2 {
		if err := state.Sweep(); err != nil {
			t.Fatal(err)
		}
	}
	for name, stays := range files {
		if _, err := os.Stat(filepath.Join(dir, name)); (err == nil) != stays {
			t.Errorf("%s: %v, want it to stay: %v", name, err, stays)
		}
	}
}
