package main_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestAttributesThatTheLayerDrops: the attributes of a file that is replaced, or only
// gets another mode, are told by path and name where the upper layer of an overlay
// takes none; so are those that cannot return. Nothing is told of files without any.
func TestAttributesThatTheLayerDrops(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	lower, upper, root := filepath.Join(dir, "lower"), filepath.Join(dir, "upper"), filepath.Join(dir, "root")
	for _, d := range []string{lower, upper, root} {
		must(t, os.Mkdir(d, 0o755))
	}
	must(t, writeAccounts(lower))
	for _, name := range []string{"content", "mode", "plain"} {
		must(t, os.WriteFile(filepath.Join(lower, "etc", name), []byte("x"), 0o644))
	}
	must(t, unix.Setxattr(filepath.Join(lower, "etc/content"), "user.note", []byte("a"), 0))
	must(t, unix.Setxattr(filepath.Join(lower, "etc/content"), "trusted.note", []byte("b"), 0))
	must(t, unix.Setxattr(filepath.Join(lower, "etc/mode"), "user.note", []byte("c"), 0))
	// ramfs has no extended attributes at all.
	must(t, unix.Mount("ramfs", upper, "ramfs", 0, ""))
	t.Cleanup(func() { must(t, unix.Unmount(upper, unix.MNT_DETACH)) })
	for _, d := range []string{"up", "work"} {
		must(t, os.Mkdir(filepath.Join(upper, d), 0o755))
	}
	layers := fmt.Sprintf("lowerdir=%s,upperdir=%s/up,workdir=%s/work", lower, upper, upper)
	must(t, unix.Mount("overlay", root, "overlay", 0, layers))
	t.Cleanup(func() { must(t, unix.Unmount(root, unix.MNT_DETACH)) })

	config := filepath.Join(dir, "a.hcl")
	must(t, os.WriteFile(config, []byte(`
file "/etc/content" {
  text = "y"
}
file "/etc/mode" {
  text = "x"
  mode = "0600"
}
file "/etc/plain" {
  text = "y"
}
`), 0o600))
	for _, c := range []struct{ verb, want string }{
		{"switch " + config, "user.note of /etc/content, trusted.note of /etc/content, user.note of /etc/mode"},
		{"deactivate", "user.note of /etc/content, trusted.note of /etc/content, user.note of /etc/mode"},
	} {
		out, err := exec.Command(binary, append(strings.Fields(c.verb), "--root", root, "--init", "none")...).CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v, %s", c.verb, err, out)
		}
		for told := range strings.SplitSeq(c.want, ", ") {
			name, path, _ := strings.Cut(told, " of ")
			line := fmt.Sprintf("attributes: cannot keep the attribute %s of %s: its file system does not take it", name, root+path)
			if strings.Count(string(out), line) != 1 {
				t.Errorf("%s does not say, once, %q: %s", c.verb, line, out)
			}
		}
		if n := strings.Count(string(out), "cannot keep the attribute"); n != 3 {
			t.Errorf("%s tells of %d attributes: %s", c.verb, n, out)
		}
	}
}

// TestAttributesStay: what a file has of user.* and trusted.* it keeps when it is
// replaced, and has again when what stood there returns.
func TestAttributesStay(t *testing.T) {
	t.Parallel()
	root := filepath.Join(t.TempDir(), "root")
	must(t, writeAccounts(root))
	motd, config := filepath.Join(root, "etc/motd"), filepath.Join(root, "a.hcl")
	must(t, os.WriteFile(motd, []byte("theirs"), 0o644))
	for _, name := range []string{"user.note", "trusted.note", "trusted.overlay.origin"} {
		must(t, unix.Setxattr(motd, name, []byte("a"), 0))
	}
	must(t, os.WriteFile(config, []byte("file \"/etc/motd\" { text = \"ours\" }\n"), 0o600))
	names := func() string {
		b := make([]byte, 1024)
		n, err := unix.Listxattr(motd, b)
		must(t, err)
		return strings.ReplaceAll(string(b[:n]), "\x00", " ")
	}
	for _, args := range [][]string{{"switch", config}, {"deactivate"}} {
		out, err := exec.Command(binary, append(args, "--root", root)...).CombinedOutput()
		must(t, err)
		if got := names(); !strings.Contains(got, "user.note") || !strings.Contains(got, "trusted.note") || strings.Contains(got, "overlay") {
			t.Errorf("after %s: %s: %s", args[0], got, out)
		}
	}
}
