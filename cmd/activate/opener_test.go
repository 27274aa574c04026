package main_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSourceThatIsWritten: a source that somebody goes on writing is not taken
// for what was planned, and the host stays as it is. A run that was quicker than
// the writer has installed one content.
func TestSourceThatIsWritten(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	config, image := filepath.Join(dir, "main.hcl"), filepath.Join(dir, "image")
	must(t, os.WriteFile(config, []byte("etc \"image\" { source = \"image\" }\nfile \"/srv/image\" { source = \"image\" }\n"), 0o644))
	must(t, os.WriteFile(image, bytes.Repeat([]byte("a log, say\n"), 1<<20), 0o644))
	done, written := make(chan struct{}), make(chan error)
	go func() { written <- appendUntil(image, done) }()
	refused := false
	for i := 0; i < 20 && !refused && !t.Failed(); i++ {
		refused = sourceRefused(t, fmt.Sprintf("%s/root%d", dir, i), config, image)
	}
	close(done)
	must(t, <-written)
	if !refused {
		t.Error("no run met another content than it had planned")
	}
}

// sourceRefused switches a fresh root and tells whether that was refused.
func sourceRefused(t *testing.T, root, config, image string) bool {
	t.Helper()
	must(t, writeAccounts(root))
	before := plainTree(t, root)
	out, err := exec.Command(binary, "switch", "--root", root, config).CombinedOutput()
	if err == nil {
		linked, err := os.ReadFile(filepath.Join(root, "var/lib/activate/current/etc/image"))
		must(t, err)
		copied, err := os.ReadFile(filepath.Join(root, "srv/image"))
		must(t, err)
		if !bytes.Equal(linked, copied) {
			t.Errorf("of one source there are %d and %d bytes", len(linked), len(copied))
		}
		must(t, os.RemoveAll(root))
		return false
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 1 || !strings.Contains(string(out), image+": it changed since the configuration was read; run activate again") {
		t.Errorf("%v: %s", err, out)
	}
	if d := cmp.Diff(before, plainTree(t, root)); d != "" {
		t.Errorf("the host was changed: %s", d)
	}
	return true
}

func appendUntil(name string, done <-chan struct{}) error {
	f, err := os.OpenFile(name, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	for {
		select {
		case <-done:
			return f.Close()
		default:
			if _, err := f.WriteString("one line more\n"); err != nil {
				return errors.Join(err, f.Close())
			}
		}
	}
}
