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

// TestAttributesOfUnitsReturn: what stood in the place of a unit, and the links of
// others that it replaced, return with their attributes and owners, also when the
// file was a link meanwhile.
func TestAttributesOfUnitsReturn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	root := filepath.Join(dir, "root")
	must(t, writeAccounts(root))
	unit, link := filepath.Join(root, "etc/systemd/system/x.service"), filepath.Join(root, "etc/systemd/system/multi-user.target.wants/x.service")
	must(t, os.MkdirAll(filepath.Dir(link), 0o755))
	must(t, os.WriteFile(unit, []byte("[Service]\nExecStart=/bin/theirs\n"), 0o640))
	must(t, os.Symlink("/usr/lib/nowhere", link))
	must(t, os.Lchown(link, 12, 34))
	attributes := map[string]string{
		"user.note": "a", "trusted.note": "b",
		// By linux/capability.h: cap_net_bind_service=ep.
		"security.capability": "\x01\x00\x00\x02\x00\x04\x00\x00" + strings.Repeat("\x00", 12),
		// By acl(5): user::rw- user:1:r-- group::r-- mask::r-- other::---.
		"system.posix_acl_access": "\x02\x00\x00\x00\x01\x00\x06\x00\xff\xff\xff\xff\x02\x00\x04\x00\x01\x00\x00\x00\x04\x00\x04\x00\xff\xff\xff\xff" +
			"\x10\x00\x04\x00\xff\xff\xff\xff\x20\x00\x00\x00\xff\xff\xff\xff",
	}
	for name, value := range attributes {
		must(t, unix.Setxattr(unit, name, []byte(value), 0))
	}
	theirs := func(after string) {
		t.Helper()
		for name, value := range attributes {
			got := make([]byte, 100)
			n, err := unix.Getxattr(unit, name, got)
			if err != nil || string(got[:n]) != value {
				t.Errorf("after %s: %s is %q, %v", after, name, got[:max(n, 0)], err)
			}
		}
		var st unix.Stat_t
		must(t, unix.Lstat(link, &st))
		if text, err := os.Readlink(link); err != nil || text != "/usr/lib/nowhere" || st.Uid != 12 || st.Gid != 34 {
			t.Errorf("after %s: the link is %s of %d:%d", after, text, st.Uid, st.Gid)
		}
	}
	ours, none, masked := filepath.Join(dir, "ours.hcl"), filepath.Join(dir, "none.hcl"), filepath.Join(dir, "masked.hcl")
	must(t, os.WriteFile(ours, []byte("service \"x\" {\n  process { argv = [\"/bin/true\"] }\n}\n"), 0o600))
	must(t, os.WriteFile(masked, []byte("unit \"x.service\" {\n  text = \"\"\n}\n"), 0o600))
	must(t, os.WriteFile(none, nil, 0o600))
	run := func(args ...string) {
		t.Helper()
		if out, err := exec.Command(binary, append(args, "--root", root, "--init", "systemd")...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v, %s", args, err, out)
		}
	}
	run("switch", ours)
	if n, err := unix.Getxattr(unit, "security.capability", nil); err == nil {
		t.Errorf("ours has capabilities, %d bytes", n)
	}
	run("switch", none)
	theirs("leaving")
	run("rollback", "1")
	run("switch", masked)
	run("generations", "delete", "2")
	run("deactivate")
	theirs("deactivate")
}

// TestAttributesOfAdoptedUnitsReturn: a unit that stood there as it is wanted, and
// that a later generation replaces, returns with its attributes; also where one that
// wants it again came in between.
func TestAttributesOfAdoptedUnitsReturn(t *testing.T) {
	t.Parallel()
	for name, between := range map[string][]string{"at once": nil, "wanted again": {"rollback", "1"}} {
		dir := t.TempDir()
		root := filepath.Join(dir, "root")
		must(t, writeAccounts(root))
		unit, config := filepath.Join(root, "etc/systemd/system/x.service"), filepath.Join(dir, "a.hcl")
		must(t, os.MkdirAll(filepath.Dir(unit), 0o755))
		run := func(args ...string) {
			t.Helper()
			if out, err := exec.Command(binary, append(args, "--root", root, "--init", "systemd")...).CombinedOutput(); err != nil {
				t.Fatalf("%s: %v: %v, %s", name, args, err, out)
			}
		}
		wants := func(text string) {
			t.Helper()
			must(t, os.WriteFile(config, []byte("unit \"x.service\" {\n  text = \""+text+"\"\n}\n"), 0o600))
			run("switch", config)
		}
		const text = "[Service]\\nExecStart=/bin/true\\n"
		wants(text)
		content, err := os.ReadFile(unit)
		must(t, err)
		run("deactivate")
		must(t, os.WriteFile(unit, content, 0o644))
		must(t, unix.Setxattr(unit, "user.note", []byte("theirs"), 0))
		wants(text)
		wants("")
		if between != nil {
			run(between...)
		}
		run("deactivate")
		got := make([]byte, 10)
		if n, err := unix.Getxattr(unit, "user.note", got); err != nil || string(got[:n]) != "theirs" {
			t.Errorf("%s: the attribute is %q, %v", name, got[:max(n, 0)], err)
		}
	}
}

// TestAttributesOfAPartThatIsAwayReturn: a file of a unit with several that a later
// generation of ours has no more, of s6-rc's default bundle here, returns with its
// attributes.
func TestAttributesOfAPartThatIsAwayReturn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	root, config := filepath.Join(dir, "root"), filepath.Join(dir, "a.hcl")
	must(t, writeAccounts(root))
	part := filepath.Join(root, "etc/s6-rc/source/default/type")
	must(t, os.MkdirAll(filepath.Dir(part), 0o755))
	must(t, os.WriteFile(part, []byte("theirs\n"), 0o600))
	must(t, unix.Setxattr(part, "user.note", []byte("theirs"), 0))
	run := func(args ...string) {
		t.Helper()
		if out, err := exec.Command(binary, append(args, "--root", root, "--init", "s6-rc")...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v, %s", args, err, out)
		}
	}
	for _, autostart := range []string{"true", "false"} {
		must(t, os.WriteFile(config, []byte("service \"x\" {\n  autostart = "+autostart+"\n  process { argv = [\"/bin/true\"] }\n}\n"), 0o600))
		run("switch", config)
	}
	if _, err := os.Lstat(part); err == nil {
		t.Fatalf("%s is there though nothing starts by itself", part)
	}
	run("deactivate")
	got := make([]byte, 10)
	if n, err := unix.Getxattr(part, "user.note", got); err != nil || string(got[:n]) != "theirs" {
		t.Errorf("the attribute is %q, %v", got[:max(n, 0)], err)
	}
}

// TestLostAttributesHoldUpNoReturn: where the copies of attributes are gone from the
// backup directory, or damaged, what stood there returns without them, and says so.
// While one cannot be read nothing returns.
func TestLostAttributesHoldUpNoReturn(t *testing.T) {
	t.Parallel()
	for _, lose := range []func(p string) error{os.Remove, func(p string) error { return os.WriteFile(p, []byte("{"), 0o600) }} {
		root, paths, kept := withAttributes(t)
		for _, p := range paths {
			must(t, unix.Removexattr(p, "user.note"))
		}
		unread := []string{"-f", "-o", os.DevNull, "-e", "trace=read", "-e", "inject=read:error=EIO"}
		for _, p := range kept {
			unread = append(unread, "-P", p)
		}
		out, err := exec.Command("strace", append(unread, binary, "deactivate", "--root", root, "--init", "systemd")...).CombinedOutput()
		if err == nil || strings.Count(string(out), "is unreadable") != len(paths) {
			t.Errorf("copies that cannot be read: %v, %s", err, out)
		}
		for _, p := range kept {
			must(t, lose(p))
		}
		out, err = exec.Command(binary, "deactivate", "--root", root, "--init", "systemd").CombinedOutput()
		must(t, err)
		for _, p := range paths {
			if text, err := os.ReadFile(p); err != nil || !strings.Contains(string(text), "theirs") {
				t.Errorf("%s has not returned: %q, %v", p, text, err)
			}
			if !strings.Contains(string(out), "what stood at "+p+" returns without its extended attributes") {
				t.Errorf("nothing is said of %s: %s", p, out)
			}
		}
	}
}

// withAttributes has a file and a unit of others with attributes replaced by ours, and
// gives their paths and those of the copies.
func withAttributes(t *testing.T) (root string, paths, kept []string) {
	t.Helper()
	dir := t.TempDir()
	root = filepath.Join(dir, "root")
	must(t, writeAccounts(root))
	paths = []string{filepath.Join(root, "srv/file"), filepath.Join(root, "etc/systemd/system/x.service")}
	for _, p := range paths {
		must(t, os.MkdirAll(filepath.Dir(p), 0o755))
		must(t, os.WriteFile(p, []byte("[Service]\nExecStart=/bin/theirs\n"), 0o644))
		must(t, unix.Setxattr(p, "user.note", []byte(p), 0))
	}
	config := filepath.Join(dir, "a.hcl")
	must(t, os.WriteFile(config, []byte("file \"/srv/file\" { text = \"ours\" }\nservice \"x\" {\n  process { argv = [\"/bin/ours\"] }\n}\n"), 0o600))
	if out, err := exec.Command(binary, "switch", config, "--root", root, "--init", "systemd").CombinedOutput(); err != nil {
		t.Fatalf("switch: %v, %s", err, out)
	}
	kept, err := filepath.Glob(filepath.Join(root, "var/lib/activate/backup/hmac-*"))
	must(t, err)
	if len(kept) != len(paths) {
		t.Fatalf("%d sets of attributes are kept", len(kept))
	}
	return root, paths, kept
}
