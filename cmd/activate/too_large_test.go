package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
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
	must(t, unix.Mkfifo(at("fifo"), 0o644))
	for name, text := range map[string]string{
		"imports-big.hcl":  `imports = ["./big.hcl"]`,
		"imports-loop.hcl": `imports = ["./loop.hcl"]`,
		"imports-zero.hcl": `imports = ["/dev/zero"]`,
		"source-loop.hcl":  `etc "a" { source = "./loop.hcl" }`,
		"source-zero.hcl":  `etc "a" { source = "/dev/zero" }`,
		"file-big.hcl":     "locals {\n  x = file(\"big.hcl\")\n}\netc \"a\" { text = local.x }",
		"base-big.hcl":     `etc "a" { text = filebase64("big.hcl") }`,
		"template-big.hcl": `etc "a" { text = templatefile("big.hcl", {}) }`,
		"file-fifo.hcl":    `etc "a" { text = file("fifo") }`,
		"sum-fifo.hcl":     `etc "a" { text = filesha256("fifo") }`,
		"sum-big.hcl":      `etc "a" { text = "${filesha256("big.hcl")} ${filemd5("big.hcl")} ${fileexists("big.hcl")} ${fileexists("fifo")}" }`,
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
		{"plan", "file-big.hcl", "file-big.hcl:2,12\n"},
		{"plan", "file-big.hcl", `The file "big.hcl" cannot be read: it is larger than 16 MiB, the most that a value may have; a block takes a larger one as it is with source = "big.hcl".`},
		{"plan", "base-big.hcl", `with source = "big.hcl".`},
		{"plan", "template-big.hcl", `with source = "big.hcl".`},
		{"plan", "file-fifo.hcl", `The file "fifo" cannot be read: it is not a regular file`},
		{"plan", "sum-fifo.hcl", `The file "fifo" cannot be read: it is not a regular file`},
		{"fmt", "octal.hcl", `write it in quotes: "0644"`},
	} {
		out, err := exec.Command(binary, c.verb, at(c.path), "--root", root).CombinedOutput()
		if err == nil || !strings.Contains(string(out), c.want) {
			t.Errorf("%s %s: %v, %s", c.verb, c.path, err, out)
		}
	}
	// What only hashes a file takes one of any size.
	out, err := exec.Command(binary, "plan", at("sum-big.hcl"), "--root", root).CombinedOutput()
	if want := "1003b1b5dc078189799a1216ce0f9fbcebb94e8b6b83c58c4b03345f07f94ced cbcda39ca2893010c1d15c51bc633b24 true false"; err != nil || !strings.Contains(string(out), want) {
		t.Errorf("sums: %v, %s, want %s", err, out, want)
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
