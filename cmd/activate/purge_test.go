package main_test

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestPurgeKeepsWhatCannotBeTakenBack: links in /etc lead into the state, so it
// stays where nobody could take them back first, as on a noexec /var.
func TestPurgeKeepsWhatCannotBeTakenBack(t *testing.T) {
	t.Parallel()
	script, err := os.ReadFile("../../.ci/packaging/postremove.sh")
	if err != nil {
		t.Fatal(err)
	}
	state := filepath.Join(t.TempDir(), "state")
	purge := func() error {
		text := strings.NewReplacer("/var/lib/activate", state, "/run/activate", state+".run", "/etc/activate", state+".etc").Replace(string(script))
		out, err := exec.CommandContext(t.Context(), "sh", "-c", text, "postrm", "purge").CombinedOutput()
		t.Logf("%s", out)
		return err
	}
	write := func(name string, mode os.FileMode) {
		if err := errors.Join(os.MkdirAll(state, 0o700), os.WriteFile(filepath.Join(state, name), []byte("#!/bin/sh\n"), mode)); err != nil {
			t.Fatal(err)
		}
	}

	write("current", 0o600)
	write("activate-for-purge", 0o600)
	if err := purge(); err == nil {
		t.Error("a purge that could take nothing back succeeded")
	}
	if _, err := os.Lstat(filepath.Join(state, "current")); err != nil {
		t.Fatal("the state is gone:", err)
	}
	write("later", 0o600)
	if err := os.Chmod(filepath.Join(state, "activate-for-purge"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := purge(); err != nil {
		t.Error("with the program:", err)
	}
	if _, err := os.Lstat(state); !errors.Is(err, fs.ErrNotExist) {
		t.Error("the state is still there:", err)
	}
}
