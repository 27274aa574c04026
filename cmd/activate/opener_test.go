package main_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSourceThatIsWritten: a source that somebody goes on writing is not taken
// for what was planned, and the host stays as it is.
func TestSourceThatIsWritten(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	root, config, image := filepath.Join(dir, "root"), filepath.Join(dir, "main.hcl"), filepath.Join(dir, "image")
	must(t, writeAccounts(root))
	must(t, os.WriteFile(config, []byte("etc \"image\" { source = \"image\" }\nfile \"/srv/image\" { source = \"image\" }\n"), 0o644))
	must(t, os.WriteFile(image, bytes.Repeat([]byte("a log, say\n"), 1<<20), 0o644))
	before := plainTree(t, root)
	done := make(chan struct{})
	written := make(chan error)
	go func() { written <- appendUntil(image, done) }()
	out, err := exec.Command(binary, "switch", "--root", root, config).CombinedOutput()
	close(done)
	must(t, <-written)
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 1 || !strings.Contains(string(out), image+": it changed since the configuration was read; run activate again") {
		t.Errorf("%v: %s", err, out)
	}
	if d := cmp.Diff(before, plainTree(t, root)); d != "" {
		t.Errorf("the host was changed: %s", d)
	}
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
