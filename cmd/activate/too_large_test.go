package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestNoConfigurationFile: what is too large for a configuration file, never ends or
// leads nowhere is an error that names it, and is not read to its end.
func TestNoConfigurationFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	root := at("root")
	must(t, writeAccounts(root))
	must(t, os.MkdirAll(at("dir"), 0o755))
	for _, name := range []string{"big.hcl", "dir/big.hcl"} {
		must(t, os.WriteFile(at(name), nil, 0o644))
		must(t, os.Truncate(at(name), 16<<20+1))
	}
	must(t, os.Symlink("loop.hcl", at("loop.hcl")))
	must(t, os.Symlink("/dev/zero", at("zero.hcl")))
	for name, text := range map[string]string{
		"imports-big.hcl":  `imports = ["./big.hcl"]`,
		"imports-loop.hcl": `imports = ["./loop.hcl"]`,
		"imports-zero.hcl": `imports = ["/dev/zero"]`,
		"source-loop.hcl":  `etc "a" { source = "./loop.hcl" }`,
		"source-zero.hcl":  `etc "a" { source = "/dev/zero" }`,
		"octal.hcl":        "etc \"a\" {\n mode = 0o644\n}",
	} {
		must(t, os.WriteFile(at(name), []byte(text+"\n"), 0o644))
	}
	const circle = "its links lead in a circle; make one of them lead to a file"
	for _, c := range []struct{ verb, path, want string }{
		{"plan", "big.hcl", "big.hcl: it is larger than 16 MiB"},
		{"plan", "dir", "dir/big.hcl: it is larger than 16 MiB"},
		{"plan", "imports-big.hcl", "big.hcl: it is larger than 16 MiB"},
		{"validate", "big.hcl", "big.hcl: it is larger than 16 MiB"},
		{"fmt", "big.hcl", "big.hcl: it is larger than 16 MiB"},
		{"plan", "zero.hcl", "zero.hcl: it is not a regular file"},
		{"plan", "imports-zero.hcl", "/dev/zero: it is not a regular file"},
		{"plan", "source-zero.hcl", "/dev/zero: it is not a regular file"},
		{"plan", "loop.hcl", "loop.hcl: " + circle},
		{"plan", "imports-loop.hcl", "loop.hcl: " + circle},
		{"plan", "source-loop.hcl", "loop.hcl: " + circle},
		{"fmt", "octal.hcl", `write it in quotes: "0644"`},
	} {
		out, err := exec.Command(binary, c.verb, at(c.path), "--root", root).CombinedOutput()
		if err == nil || !strings.Contains(string(out), c.want) {
			t.Errorf("%s %s: %v, %s", c.verb, c.path, err, out)
		}
	}
	zero, err := os.Open("/dev/zero")
	must(t, err)
	defer func() { _ = zero.Close() }()
	format := exec.Command(binary, "fmt", "-")
	format.Stdin = zero
	if out, err := format.CombinedOutput(); err == nil || !strings.Contains(string(out), "cannot format standard input: it is larger than 16 MiB") {
		t.Errorf("fmt -: %v, %s", err, out)
	}
}
