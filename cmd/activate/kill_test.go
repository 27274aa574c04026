package main_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const killA = `
user "alice" {
  uid    = 1500
  groups = ["daemon"]
}
etc "motd" { text = "one\n" }
etc "copy" {
  text = "one\n"
  mode = "0640"
}
file "/srv/gone" { text = "x" }
symlink "/srv/link" { target = "gone" }
symlink "/srv/theirs" { target = "nowhere" }
`

const killB = `
user "bob" {
  uid             = 1501
  hashed_password = "$6$salt$bob"
}
group "web" { members = ["bob"] }
etc "motd" { text = "two\n" }
etc "copy" {
  text = "two\n"
  mode = "0600"
}
directory "/srv/gone" { mode = "0750" }
file "/srv/gone/in" {
  text = "y"
  user = "bob"
}
symlink "/srv/link" { target = "gone/in" }
symlink "/srv/theirs/below" { target = "gone/in" }
`

// foreignLines stand in the account files and must survive everything.
const foreignLines = "# a comment\n+@netgroup::::::\nbroken line\nodd\xff\xfe:x:7:7:\xe9:/:\n"

// TestKilledAtRealSystemCalls kills the real binary at its k-th call of each
// mutating system call. The next run must finish the job, and no line of
// others may be lost.
func TestKilledAtRealSystemCalls(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("strace"); err != nil {
		t.Fatal("strace is not installed; run make deps")
	}
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a.hcl"), filepath.Join(dir, "b.hcl")
	must(t, os.WriteFile(a, []byte(killA), 0o600))
	must(t, os.WriteFile(b, []byte(killB), 0o600))
	base := killRoot(t, dir)
	// It is as the first configuration wants it, and somebody else's.
	theirs := filepath.Join(base, "srv/theirs")
	must(t, errors.Join(os.Mkdir(filepath.Dir(theirs), 0o755), os.Symlink("nowhere", theirs), os.Lchown(theirs, 12, 34)))
	activate(t, base, a)
	want := killTree(t, killCopy(t, base, dir, "want"), b)

	for _, call := range []string{"renameat", "symlinkat", "unlinkat", "mkdirat", "fsync", "fchmod", "syncfs"} {
		t.Run(call, func(t *testing.T) {
			t.Parallel()
			for k := 1; ; k++ {
				root := killCopy(t, base, dir, fmt.Sprintf("%s-%d", call, k))
				inject := fmt.Sprintf("inject=%s:signal=SIGKILL:when=%d", call, k)
				cmd := exec.Command("strace", "-f", "-o", os.DevNull, "-e", "trace="+call, "-e", inject, binary, "switch", "--root", root, b)
				err := cmd.Run()
				if d := cmp.Diff(want, killTree(t, root, b)); d != "" {
					t.Fatalf("killed at %s %d, then switched again: %s", call, k, d)
				}
				must(t, os.RemoveAll(root))
				if err == nil {
					if k == 1 {
						t.Fatalf("%s was never called", call)
					}
					return
				}
			}
		})
	}
}

// TestKilledThenDeactivated kills a switch that brings account files back to what
// they were, and then takes everything back: their backups are as before, too.
func TestKilledThenDeactivated(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a.hcl"), filepath.Join(dir, "b.hcl")
	must(t, os.WriteFile(a, []byte(`user "bob" { sub_ids = [{ start = 300000, count = 1000 }] }`), 0o600))
	must(t, os.WriteFile(b, []byte(`group "web" {}`), 0o600))
	base := killRoot(t, dir)
	must(t, os.WriteFile(filepath.Join(base, "etc/subgid"), []byte("ann:100000:65536\n"), 0o644))
	must(t, os.WriteFile(filepath.Join(base, "etc/group-"), []byte("root:x:0:\n"), 0o600))
	for _, call := range []string{"renameat", "unlinkat"} {
		t.Run(call, func(t *testing.T) {
			t.Parallel()
			for k, whole := 1, false; !whole; k++ {
				root := killCopy(t, base, dir, fmt.Sprintf("%s-back-%d", call, k))
				activate(t, root, a)
				inject := fmt.Sprintf("inject=%s:signal=SIGKILL:when=%d", call, k)
				whole = exec.Command("strace", "-f", "-o", os.DevNull, "-e", "trace="+call, "-e", inject, binary, "switch", "--root", root, b).Run() == nil
				for _, verb := range []string{"at-boot", "deactivate"} {
					if out, err := exec.Command(binary, verb, "--root", root, "--init", "none").CombinedOutput(); err != nil {
						t.Fatalf("%s: %v: %s", verb, err, out)
					}
				}
				if out, err := exec.Command("diff", "-r", base, root).CombinedOutput(); err != nil {
					t.Errorf("killed at %s %d: %s", call, k, out)
				}
				must(t, os.RemoveAll(root))
			}
		})
	}
}

// TestBootEndsADeactivate kills a deactivate and boots: what it had begun is ended,
// activate's own state included, and otherwise there is still all of it.
func TestBootEndsADeactivate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a := filepath.Join(dir, "a.hcl")
	must(t, os.WriteFile(a, []byte(killA), 0o600))
	base := killRoot(t, dir)
	for _, name := range []string{"var/lib", "run"} {
		must(t, os.MkdirAll(filepath.Join(base, name), 0o755))
	}
	for k, whole, ended := 1, false, 0; !whole; k++ {
		root := killCopy(t, base, dir, fmt.Sprintf("leave-%d", k))
		activate(t, root, a)
		inject := fmt.Sprintf("inject=unlinkat:signal=SIGKILL:when=%d", k)
		whole = exec.Command("strace", "-f", "-o", os.DevNull, "-e", "trace=unlinkat", "-e", inject, binary, "deactivate", "--root", root).Run() == nil
		_, err := os.Lstat(filepath.Join(root, "var/lib/activate/journal/transaction.json"))
		begun := err == nil
		if out, err := exec.Command(binary, "at-boot", "--root", root, "--init", "none").CombinedOutput(); err != nil {
			t.Fatalf("at-boot after unlinkat %d: %v: %s", k, err, out)
		}
		if begun {
			ended++
		} else if out, err := exec.Command(binary, "deactivate", "--root", root, "--init", "none").CombinedOutput(); err != nil {
			t.Fatalf("deactivate after unlinkat %d: %v: %s", k, err, out)
		}
		if out, err := exec.Command("diff", "-r", base, root).CombinedOutput(); err != nil {
			t.Errorf("killed at unlinkat %d, begun %v: %s", k, begun, out)
		}
		must(t, os.RemoveAll(root))
		if whole && ended < 3 {
			t.Errorf("only %d kills were within the transaction", ended)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func killRoot(t *testing.T, dir string) string {
	t.Helper()
	root := filepath.Join(dir, "base")
	must(t, writeAccounts(root))
	for _, f := range []string{"passwd", "group"} {
		p := filepath.Join(root, "etc", f)
		old, err := os.ReadFile(p)
		must(t, err)
		must(t, os.WriteFile(p, append(old, foreignLines...), 0o644))
	}
	return root
}

func killCopy(t *testing.T, from, dir, name string) string {
	t.Helper()
	to := filepath.Join(dir, name)
	if out, err := exec.Command("cp", "-a", from, to).CombinedOutput(); err != nil {
		t.Fatalf("cp: %v: %s", err, out)
	}
	return to
}

func activate(t *testing.T, root, config string) {
	t.Helper()
	out, err := exec.Command(binary, "switch", "--root", root, config).CombinedOutput()
	if err != nil {
		t.Fatalf("switch: %v: %s", err, out)
	}
}

// killTree switches root to config and gives everything outside the state
// directory, and that the accounts of others are whole.
func killTree(t *testing.T, root, config string) map[string]string {
	t.Helper()
	activate(t, root, config)
	tree := plainTree(t, root)
	for _, name := range []string{"etc/passwd", "etc/group"} {
		b, err := os.ReadFile(filepath.Join(root, name))
		must(t, err)
		checkForeign(t, name, b)
	}
	return tree
}

// plainTree gives everything outside the state directory.
func plainTree(t *testing.T, root string) map[string]string {
	t.Helper()
	out := map[string]string{}
	must(t, filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		must(t, err)
		rel, _ := filepath.Rel(root, p)
		if rel == "var" || rel == "run" {
			return filepath.SkipDir
		}
		info, err := d.Info()
		must(t, err)
		out[rel] = info.Mode().String()
		switch {
		// Backups of the account files tell of the steps on the way.
		case strings.HasSuffix(rel, "-") || rel == "etc/static":
			delete(out, rel)
		case d.Type() == fs.ModeSymlink:
			out[rel], err = os.Readlink(p)
			must(t, err)
		case d.Type().IsRegular():
			b, err := os.ReadFile(p)
			must(t, err)
			out[rel] += fmt.Sprintf(" %q", withoutDate(string(b)))
		}
		return nil
	}))
	return out
}

// checkForeign tells lines of others that are no longer there. New entries may
// stand between them: those after a + line would never be found.
func checkForeign(t *testing.T, name string, content []byte) {
	t.Helper()
	for line := range strings.Lines(foreignLines) {
		if !bytes.Contains(content, []byte("\n"+line)) {
			t.Errorf("%s lost %q: %q", name, line, content)
		}
	}
}

// withoutDate drops the day of a password's change from shadow lines.
func withoutDate(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		f := strings.Split(line, ":")
		if len(f) == 9 {
			f[2] = ""
			lines[i] = strings.Join(f, ":")
		}
	}
	return strings.Join(lines, "\n")
}
