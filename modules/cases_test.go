package modules_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/activate-agent/activate/modules"
)

// TestCases runs every archive in testdata/cases. Its comment is a script, one
// command a line; what the commands print is compared with the file "want" of
// the archive, which UPDATE=1 writes anew.
//
//	path P          load P instead of main.hcl
//	personal        as --user on the command line, in /home/alice
//	set K=V         as --set on the command line
//	eval E          print the value of an expression as JSON
//	text E          print it as text
//	origin NAME     print the definitions of an attribute
//	system KEY      print a part of the desired state as JSON
//	validate        print the findings of Validate
func TestCases(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/cases/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			runCase(t, file)
		})
	}
}

func runCase(t *testing.T, file string) {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	want := -1
	for i, f := range archive.Files {
		if f.Name == "want" {
			want = i
			continue
		}
		writeFile(t, filepath.Join(dir, f.Name), f.Data)
	}
	got := script(t, dir, string(archive.Comment))
	if os.Getenv("UPDATE") != "" {
		if want < 0 {
			archive.Files = append(archive.Files, txtar.File{Name: "want"})
			want = len(archive.Files) - 1
		}
		archive.Files[want].Data = []byte(got)
		if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want < 0 {
		t.Fatalf("%s has no file want", file)
	}
	if diff := cmp.Diff(string(archive.Files[want].Data), got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func writeFile(t testing.TB, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// testHost is the host that all cases see.
func testHost() modules.Host {
	return modules.Host{
		Hostname: "box", Arch: "amd64", Kernel: "6.1.0", Init: "systemd",
		OSID: "debian", OSVersionID: "12", CPUs: 4, MemoryMB: 2048,
	}
}

// personal is where alice has her things.
func personal() *modules.Personal {
	return &modules.Personal{
		Home: "/home/alice", State: "/home/alice/.local/state", Cache: "/home/alice/.cache", Config: "/home/alice/.config",
		Runtime: "/run/user/1000", UID: 1000, GID: 1001,
	}
}

func script(t *testing.T, dir, text string) string {
	var out strings.Builder
	o := modules.Options{Path: filepath.Join(dir, "main.hcl"), Host: testHost()}
	for line := range strings.Lines(text) {
		verb, arg, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch verb {
		case "", "#":
			continue
		case "path":
			o.Path = filepath.Join(dir, arg)
			continue
		case "personal":
			o.Personal = personal()
			continue
		case "set":
			o.Sets = append(o.Sets, arg)
			continue
		}
		fmt.Fprintf(&out, "> %s\n", strings.TrimSpace(line))
		c, diags := modules.Load(t.Context(), o)
		if c != nil {
			diags = diags.Add(runVerb(t, &out, c, verb, arg)...)
		}
		var shown bytes.Buffer
		if err := diags.WriteText(&shown, 0, false); err != nil {
			t.Fatal(err)
		}
		out.WriteString(strings.ReplaceAll(shown.String(), dir+"/", ""))
	}
	return strings.ReplaceAll(out.String(), dir, "DIR")
}

func runVerb(t *testing.T, out *strings.Builder, c *modules.Config, verb, arg string) modules.Diagnostics {
	switch verb {
	case "eval", "text":
		v, diags := c.Eval(arg)
		if diags.HasErrors() {
			return diags
		}
		if verb == "text" {
			fmt.Fprintln(out, v.Text())
		} else {
			fmt.Fprintf(out, "%s\n", v.JSON())
		}
		return diags
	case "origin":
		defs, diags := c.Origins(arg)
		for _, d := range defs {
			fmt.Fprintf(out, "%s %s won=%t %s\n", d.Value, d.Priority, d.Won, filepath.Base(d.Range.String()))
		}
		return diags
	case "validate":
		return c.Validate()
	case "system":
		s, diags := c.System()
		if s != nil {
			fmt.Fprintln(out, systemPart(t, s, arg))
		}
		return diags
	}
	t.Fatalf("unknown command %q", verb)
	return nil
}

func systemPart(t *testing.T, s *modules.System, part string) string {
	parts := map[string]any{
		"users": s.Users.Users, "groups": s.Users.Groups, "etc": s.Etc.Entries, "services": s.Daemon.Services, "daemon": s.Daemon,
		"snippets": s.Snippets, "settings": s.Settings, "inits": s.Inits, "environment": s.Daemon.Environment,
	}
	v, ok := parts[part]
	if !ok {
		t.Fatalf("unknown part %q", part)
	}
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
