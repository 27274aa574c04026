package dpkg_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/etc/dpkg"
)

// hello is the MD5 sum of "hello\n".
const hello = "b1946ac92492d2347c6235b4d2611184"

func read(t *testing.T, files map[string]string) (*dpkg.Record, error) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	root, err := rootfs.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = root.Close() })
	return dpkg.Read(root)
}

func database() map[string]string {
	return map[string]string{
		"var/lib/dpkg/status": "Package: a\nStatus: install ok installed\nConffiles:\n /etc/a.conf " + hello +
			"\n /etc/with space " + hello + "\n /etc/old.conf " + hello + " obsolete\n /etc/new.conf newconffile\n /usr/x " + hello +
			"\nDescription: a\n /etc/not.conf " + hello + "\n\nPackage: b\nConffiles:\n /etc/b.conf " + hello + "\n",
		"var/lib/dpkg/info/a.list":           "/.\n/etc\n/etc/a.conf\n/etc/old.conf\n/usr/x\n",
		"var/lib/dpkg/info/b:amd64.list":     "/etc/b.conf\n/etc/b.d\n/etc/plain\n",
		"var/lib/dpkg/info/b:amd64.md5sums":  hello + "  etc/plain\n" + hello + "  usr/x\nbad  etc/worse\n",
		"var/lib/dpkg/info/b:amd64.triggers": "interest /etc/c\n",
		"var/lib/dpkg/diversions":            "/etc/b.conf\n/etc/b.conf.distrib\n:\n/usr/y\n/usr/z\n:\n/etc/plain\n/etc/plain.orig\nb\n",
		"var/lib/ucf/hashfile":               hello + "  /etc/ucf.conf\n",
	}
}

func TestRead(t *testing.T) {
	t.Parallel()
	r, err := read(t, database())
	if err != nil {
		t.Fatal(err)
	}
	owned := map[string]bool{
		"etc/a.conf": true, "etc/with space": true, "etc/old.conf": true, "etc/b.d": true, "etc/plain": true, "etc/ucf.conf": true, "etc/b.conf.distrib": true,
		"etc/b.conf": false, "etc/plain.orig": false, "etc/c": false, "etc/worse": false, "etc/not.conf": false,
	}
	for p, want := range owned {
		if got := r.Owns(p); got != want {
			t.Errorf("Owns(%q) is %t", p, got)
		}
	}
	known := map[string]bool{
		"etc/a.conf": true, "etc/with space": true, "etc/plain": true, "etc/ucf.conf": true, "etc/b.conf.distrib": true,
		"etc/b.conf": false, "etc/old.conf": false, "etc/new.conf": false, "etc/not.conf": false, "etc/other": false,
	}
	for p, want := range known {
		if r.Changed(p, []byte("hello\n")) || r.Changed(p, []byte("bye\n")) != want {
			t.Errorf("Changed(%q) does not know its content", p)
		}
	}
	if got, want := r.Conffiles(), []string{"etc/a.conf", "etc/b.conf.distrib", "etc/with space"}; !slices.Equal(got, want) {
		t.Errorf("Conffiles gives %q, want %q", got, want)
	}
}

func TestWithoutDatabase(t *testing.T) {
	t.Parallel()
	if _, err := read(t, nil); !errors.Is(err, dpkg.ErrNone) {
		t.Errorf("an empty root gives %v", err)
	}
}

// FuzzStatus: whatever a status file holds, reading it does not fail.
func FuzzStatus(f *testing.F) {
	f.Add("Conffiles:\n /etc/a b1946ac92492d2347c6235b4d2611184\n", "/etc/a\n/etc/b\nx\n", "\n")
	f.Fuzz(func(t *testing.T, status, diversions, list string) {
		r, err := read(t, map[string]string{"var/lib/dpkg/status": status, "var/lib/dpkg/diversions": diversions, "var/lib/dpkg/info/a.list": list})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range r.Conffiles() {
			if !r.Changed(p, []byte("no file has this sum")) {
				t.Errorf("%q has no sum", p)
			}
		}
	})
}
