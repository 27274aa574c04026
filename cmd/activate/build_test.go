package main_test

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

// TestBuildForEveryInit writes the image of one configuration for each init.
func TestBuildForEveryInit(t *testing.T) {
	t.Parallel()
	for _, init := range []string{"systemd", "sysvinit", "openrc", "s6", "s6-rc", "runit", "supervisord", "finit"} {
		t.Run(init, func(t *testing.T) {
			t.Parallel()
			one, two := buildFor(t, init), buildFor(t, init)
			if diff := cmp.Diff(one, two); diff != "" {
				t.Errorf("the same input gave other bytes:\n%s", diff)
			}
			golden := filepath.Join("testdata/build", init+".txtar")
			if os.Getenv("UPDATE") != "" {
				if err := os.WriteFile(golden, []byte(one), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), one); diff != "" {
				t.Errorf("run it again with UPDATE=1 and read the difference:\n%s", diff)
			}
		})
	}
}

// buildFor gives what the inits see of a build: each file of units/ with its
// mode, each link with its target.
func buildFor(t *testing.T, init string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "out")
	cmd := exec.CommandContext(t.Context(), binary, "build", "--init", init, "-o", dir, "testdata/build/config.hcl")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var a txtar.Archive
	units := filepath.Join(dir, "units")
	err := filepath.WalkDir(units, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name := strings.TrimPrefix(path, units+"/")
		if d.Type() == fs.ModeSymlink {
			target, err := os.Readlink(path)
			a.Files = append(a.Files, txtar.File{Name: name + " -> " + target})
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		data, err := os.ReadFile(path)
		// Keepers are this very program, wherever the test put it.
		data = bytes.ReplaceAll(data, []byte(binary), []byte("/usr/bin/activate"))
		a.Files = append(a.Files, txtar.File{Name: name + " " + info.Mode().String(), Data: data})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(txtar.Format(&a))
}
