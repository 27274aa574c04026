package main_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

// format1 is a host of testdata/format1, as programs that knew format 1 only
// left it. Its files are named "MODE path", links "link path", directories end
// with a slash.
type format1 struct {
	// name is its archive, before that of the host before activate.
	name, before string
	// flags go with every command; state is the state directory.
	flags []string
	state string
}

func formats1() map[string]format1 {
	return map[string]format1{
		"settled":     {name: "settled", before: "before-departed", state: "var/lib/activate"},
		"interrupted": {name: "interrupted", before: "before", state: "var/lib/activate"},
		"trial":       {name: "trial", before: "before", state: "var/lib/activate"},
		"elsewhere":   {name: "elsewhere", before: "before", state: "srv/state", flags: []string{"--state-dir", "/srv/state"}},
	}
}

// unpack makes the host of an archive below dir.
func unpack(t *testing.T, archive, dir string) {
	t.Helper()
	a, err := txtar.ParseFile(filepath.Join("testdata/format1", archive+".txtar"))
	must(t, err)
	home := strings.TrimPrefix(dir, "/")
	for _, f := range a.Files {
		name, bare := strings.CutSuffix(f.Name, ", no newline")
		kind, rel, _ := strings.Cut(name, " ")
		p, text := filepath.Join(dir, rel), strings.ReplaceAll(string(f.Data), "THEHOME", home)
		must(t, os.MkdirAll(filepath.Dir(p), 0o755))
		if kind == "link" {
			must(t, os.Symlink(strings.TrimSpace(text), p))
			continue
		}
		mode, err := strconv.ParseUint(kind, 8, 32)
		must(t, err)
		if strings.HasSuffix(rel, "/") {
			must(t, os.MkdirAll(p, 0o755))
		} else {
			if bare {
				text = strings.TrimSuffix(text, "\n")
			}
			must(t, os.WriteFile(p, []byte(text), 0o600))
		}
		must(t, os.Chmod(p, fs.FileMode(mode)))
	}
}

// look gives all below dir but the run directory: modes, contents, links.
func look(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	must(t, filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		must(t, err)
		rel, err := filepath.Rel(dir, p)
		must(t, err)
		if rel == "run" {
			return filepath.SkipDir
		}
		info, err := d.Info()
		must(t, err)
		out[rel] = info.Mode().String()
		switch {
		case d.Type() == fs.ModeSymlink:
			out[rel], err = os.Readlink(p)
			must(t, err)
		case d.Type().IsRegular():
			b, err := os.ReadFile(p)
			must(t, err)
			out[rel] += " " + string(b)
		}
		return nil
	}))
	delete(out, ".")
	return out
}

// on runs the program on a host and gives its exit status and what it said.
func (f format1) on(t *testing.T, root, command string) (status int, said string) {
	t.Helper()
	cmd := exec.Command(binary, append(append(strings.Fields(command), "--root", root), f.flags...)...)
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

// configs writes the configurations of the two generations.
func configs(t *testing.T, dir string) (one, two string) {
	t.Helper()
	a, err := txtar.ParseFile("testdata/format1/settled.txtar")
	must(t, err)
	for _, f := range a.Files {
		if name := filepath.Base(f.Name); filepath.Ext(name) == ".hcl" {
			must(t, os.WriteFile(filepath.Join(dir, name), f.Data, 0o600))
		}
	}
	return filepath.Join(dir, "one.hcl"), filepath.Join(dir, "two.hcl")
}

func TestFormat1IsReadAsItIs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	one, two := configs(t, dir)
	for name, f := range formats1() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := filepath.Join(t.TempDir(), "root")
			unpack(t, f.name, root)
			before := look(t, root)
			for command, want := range map[string]string{
				"generations": "one.hcl", "diff 1 2": "+ user/dave", "plan " + one: "plan: ", "plan " + two: "plan: ", "drift": "plan: ",
				"build " + two + " -o " + filepath.Join(t.TempDir(), "tree"): "",
			} {
				status, said := f.on(t, root, command)
				wrong := status != 0 && (status != 2 || command != "drift")
				if name == "trial" && strings.HasPrefix(command, "plan") {
					// As a switch would be refused.
					wrong, want = status != 1, "generation 2 waits for its confirmation"
				}
				if wrong || !strings.Contains(said, want) {
					t.Errorf("%s ends with %d: %s", command, status, said)
				}
			}
			if d := cmp.Diff(before, look(t, root)); d != "" {
				t.Errorf("reading changed something: %s", d)
			}
		})
	}
}

// TestFormat1WithNothingToDoStays: a run that changes nothing writes nothing.
func TestFormat1WithNothingToDoStays(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, two := configs(t, dir)
	root := filepath.Join(dir, "root")
	f := formats1()["settled"]
	unpack(t, f.name, root)
	before := look(t, root)
	for _, command := range []string{"switch " + two, "switch --confirm 60s " + two, "test " + two, "boot " + two, "at-boot", "rollback 2"} {
		if status, said := f.on(t, root, command); status != 0 || !strings.Contains(said, "generation 2: 0 added, 0 changed, 0 removed") {
			t.Errorf("%s ends with %d: %s", command, status, said)
		}
		// What makes runs fast may be lost and is no record.
		after := look(t, root)
		maps.DeleteFunc(after, func(p, _ string) bool { return p == f.state+"/evaluation" })
		if d := cmp.Diff(before, after); d != "" {
			t.Errorf("%s: %s", command, d)
		}
	}
}

// TestFormat1IsMigratedByTheFirstChange: each command that changes something
// keeps the records as they were and leaves none of the older format.
func TestFormat1IsMigratedByTheFirstChange(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	one, two := configs(t, dir)
	for _, c := range []struct {
		host, command string
		status        int
		want          string
	}{
		{"settled", "switch " + one, 0, "generation 3: "},
		{"settled", "test " + one, 0, "generation 3: "},
		{"settled", "boot " + one, 0, "generation 3: "},
		{"settled", "rollback", 0, "generation 1: "},
		{"settled", "generations delete 1", 0, "1 generation deleted"},
		{"elsewhere", "switch " + one, 0, "generation 3: "},
		{"elsewhere", "rollback 1", 0, "generation 1: "},
		{"interrupted", "at-boot", 0, "generation 2: "},
		{"interrupted", "switch " + two, 0, "generation 2: "},
		{"interrupted", "rollback 1", 0, "generation 1: "},
		{"trial", "confirm", 0, "generation 2 is confirmed"},
		{"trial", "at-boot", 0, "generation 1 is back"},
		{"trial", "rollback", 0, "generation 1: "},
	} {
		t.Run(c.host+" "+filepath.Base(c.command), func(t *testing.T) {
			t.Parallel()
			f := formats1()[c.host]
			root := filepath.Join(t.TempDir(), "root")
			unpack(t, f.name, root)
			before := look(t, root)
			status, said := f.on(t, root, c.command)
			if status != c.status || !strings.Contains(said, c.want) || strings.Count(said, "brought from format 1 to 5") != 1 {
				t.Fatalf("ends with %d: %s", status, said)
			}
			f.checkMigrated(t, root, before, c.command == "generations delete 1")
			for _, command := range []string{"at-boot", "drift"} {
				if status, said := f.on(t, root, command); status != 0 || strings.Contains(said, "format") {
					t.Errorf("%s then ends with %d: %s", command, status, said)
				}
			}
			if status, said := f.on(t, root, "deactivate"); status != 0 {
				t.Fatalf("deactivate ends with %d: %s", status, said)
			}
			f.checkGone(t, root)
		})
	}
}

// isRecord tells the records that programs of format 1 wrote.
func isRecord(rel string) bool {
	return filepath.Ext(rel) == ".json" && !slices.Contains([]string{"stamps.json", "accounts.json"}, filepath.Base(rel))
}

// checkMigrated checks the copies of the records, of which those of generation 1
// are deleted with it, and that none is left of the older format.
func (f format1) checkMigrated(t *testing.T, root string, before map[string]string, deleted bool) {
	t.Helper()
	copies := filepath.Join(f.state, "format-1")
	want, got := map[string]string{}, map[string]string{}
	for p, content := range before {
		rel, inside := strings.CutPrefix(p, f.state+"/")
		if inside && isRecord(rel) && (!deleted || !strings.HasPrefix(rel, "generations/1/")) {
			want[filepath.Join(copies, rel)] = content
		}
	}
	for p, content := range look(t, root) {
		if strings.HasPrefix(p, copies+"/") {
			if strings.HasPrefix(content, "d") {
				content = strings.TrimPrefix(content, "drwx------")
			}
			if content != "" {
				got[p] = content
			}
			continue
		}
		if isRecord(p) && !strings.Contains(content, `"format":5`) && !strings.Contains(content, `"version": 2`) {
			t.Errorf("%s is %s", p, content)
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("the copies: %s", d)
	}
}

// checkGone checks that the host is as it was before activate.
func (f format1) checkGone(t *testing.T, root string) {
	t.Helper()
	was := filepath.Join(t.TempDir(), "root")
	unpack(t, f.before, was)
	want := look(t, was)
	if f.state == "srv/state" {
		// The program that made it found no /var/lib there.
		delete(want, "var/lib")
	}
	if d := cmp.Diff(want, look(t, root)); d != "" {
		t.Errorf("deactivated: %s", d)
	}
}

func TestFormat1IsDeactivated(t *testing.T) {
	t.Parallel()
	for name, f := range formats1() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := filepath.Join(t.TempDir(), "root")
			unpack(t, f.name, root)
			if status, said := f.on(t, root, "deactivate"); status != 0 {
				t.Fatalf("ends with %d: %s", status, said)
			}
			f.checkGone(t, root)
		})
	}
}

// TestFormat1OfAUser: the state in a home is the user's, and so are the copies.
func TestFormat1OfAUser(t *testing.T) {
	t.Parallel()
	home := filepath.Join(t.TempDir(), "home")
	unpack(t, "user", home)
	config := filepath.Join(t.TempDir(), "mine.hcl")
	must(t, os.WriteFile(config, fmt.Appendf(nil, "file %q { text = \"three\\n\" }\n", home+"/notes"), 0o600))
	run := func(want string, args ...string) {
		t.Helper()
		cmd := exec.Command(binary, append(args, "--user", "--init", "none")...)
		cmd.Env = []string{"HOME=" + home, "PATH=" + os.Getenv("PATH")}
		if out, err := cmd.CombinedOutput(); err != nil || !bytes.Contains(out, []byte(want)) {
			t.Fatalf("%v: %v, %s", args, err, out)
		}
	}
	before := look(t, home)
	run("plan: 0 to add, 0 to change, 0 to remove", "drift")
	run("mine2.hcl", "generations")
	if d := cmp.Diff(before, look(t, home)); d != "" {
		t.Errorf("reading changed something: %s", d)
	}
	run("generation 3: 0 added, 1 changed, 1 removed", "switch", config)
	format1{state: ".local/state/activate"}.checkMigrated(t, home, before, false)
	run("generation 1: ", "rollback", "1")
	run("generation 0: ", "deactivate")
	want := map[string]string{"notes": "-rw-r--r-- theirs\n", ".local": "drwxr-xr-x", ".local/state": "drwxr-xr-x"}
	if d := cmp.Diff(want, look(t, home)); d != "" {
		t.Errorf("deactivated: %s", d)
	}
}
