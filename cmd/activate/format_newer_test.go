package main_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// ofTheFuture makes the records of a state those of a program that knows one
// format more, with what it alone knows.
func ofTheFuture(t *testing.T, state string) {
	t.Helper()
	must(t, filepath.WalkDir(state, func(p string, d fs.DirEntry, err error) error {
		must(t, err)
		if d.IsDir() || !isRecord(p) {
			return nil
		}
		b, err := os.ReadFile(p)
		must(t, err)
		text := strings.Replace(string(b), `"format":5`, `"colour":"green","format":6`, 1)
		text = strings.Replace(text, `"version": 2`, `"colour": "green", "version": 3`, 1)
		if text == string(b) {
			t.Errorf("%s does not say its format: %s", p, b)
		}
		return os.WriteFile(p, []byte(text), 0o600)
	}))
}

// TestNewerFormatIsRefused: what a newer program left is left alone by every
// command, and each says why.
func TestNewerFormatIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	one, two := configs(t, dir)
	for name, c := range map[string]struct {
		// made are the commands that make the state; record is added to it.
		made     []string
		record   string
		content  string
		commands []string
	}{
		"generations": {
			made: []string{"switch " + one, "switch " + two},
			commands: []string{
				"plan " + two, "switch " + one, "switch " + two, "test " + one, "boot " + one, "rollback", "rollback 1", "generations", "generations delete 1",
				"diff 1 2", "drift", "at-boot", "deactivate", "switch --confirm 60s " + one,
			},
		},
		"a generation for the boot alone": {
			made:     []string{"boot " + one},
			commands: []string{"plan " + two, "switch " + two, "boot " + two, "at-boot", "deactivate", "rollback 1", "generations"},
		},
		"an interrupted run": {
			made: []string{"switch " + one}, record: "journal/transaction.json", content: `{"format":5,"verb":"switch"}`,
			commands: []string{"plan " + two, "drift", "switch " + one, "at-boot", "deactivate", "generations delete 1", "confirm", "rollback 1"},
		},
		"a trial": {
			made: []string{"switch " + one}, record: "pending.json", content: `{"format":5,"number":1}`,
			commands: []string{"switch " + one, "boot " + two, "at-boot", "deactivate", "confirm", "rollback 1"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := filepath.Join(t.TempDir(), "root")
			must(t, writeAccounts(root))
			state := filepath.Join(root, "var/lib/activate")
			for _, command := range c.made {
				if out, err := exec.Command(binary, append(strings.Fields(command), "--root", root)...).CombinedOutput(); err != nil {
					t.Fatalf("%s: %v: %s", command, err, out)
				}
			}
			if c.record != "" {
				must(t, os.MkdirAll(filepath.Dir(filepath.Join(state, c.record)), 0o755))
				must(t, os.WriteFile(filepath.Join(state, c.record), []byte(c.content), 0o600))
			}
			ofTheFuture(t, state)
			before := look(t, root)
			for _, command := range c.commands {
				status, said := format1{}.on(t, root, command)
				if status != 1 || !strings.Contains(said, "is 6 and this activate knows up to 5; use the activate that wrote it") {
					t.Errorf("%s ends with %d: %s", command, status, said)
				}
				if d := cmp.Diff(before, look(t, root)); d != "" {
					t.Fatalf("%s changed something: %s", command, d)
				}
			}
		})
	}
}
