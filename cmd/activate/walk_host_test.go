package main_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
	"pgregory.net/rapid"
)

// walkAccounts are the account files that a walk may start with, the first of
// each the plainest.
var walkAccounts = []struct { //nolint:gochecknoglobals // a constant
	path     string
	variants []string
}{
	{"etc/passwd", []string{
		"root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\nann:x:1000:1000:Ann,,,:/home/ann:/bin/bash\nbob:x:1001:1500::/home/bob:/bin/zsh\ncarl:x:1002:1002:Carl:/home/carl:/bin/sh\n",
		"root:x:0:0:root:/root:/bin/bash\n# a comment\n\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\r\nann:x:1000:1000:Ann,,,:/home/ann:\nbob:x:01001:1500:\xff:/home/bob:/bin/zsh\ncarl:x:1002:1002:Carl:/home/carl:/bin/sh\ntwin:x:1002:1002::/:\nbad:line\n+@lab::::::\n-mallory\n+::::::",
		"root:x:0:0:root:/root:/bin/bash\ncarl:x:1002:1002:Carl:/home/carl:/bin/sh\nann:x:1000:1000:Ann,,,:/home/ann:/bin/bash",
	}},
	{"etc/group", []string{
		"root:x:0:\ndaemon:x:1:\nsudo:x:27:carl\nusers:x:100:\nann:x:1000:\ncarl:x:1002:\nweb:x:1500:ann,carl\nlab:x:1501:ann\n",
		"root:x:0:\nsudo:x:27:\n\nusers:x:100:\r\nann:x:1000:\nweb:x:1500:ghost,ann,ann\ncarl:x:1002:\nlab:x:1501:,\nnolast:x:1600:\n+lab:::\n+:::",
		"root:x:0:\nusers:x:100:bob\nweb:x:1500:\nann:x:1000:carl",
	}},
	{"etc/shadow", []string{
		"root:$6$salt$hash:19000:0:99999:7:::\ndaemon:*:19000:0:99999:7:::\nann:$6$salt$ann:19001:1:90:7:10:20500:\nbob:!$6$salt$bob:19002:0:99999:7:::\ncarl:*:19003::::::\n",
		"root:$6$salt$hash:19000:0:99999:7:::\nann::::::::\nbob:$6$salt$bob:0:::7:5:020600:x\r\n+::::::::",
		"carl:*:19003::::::\nroot:$6$salt$hash:19000:0:99999:7:::\nann:!!:19000:0:99999:7:::",
		"",
	}},
	{"etc/gshadow", []string{
		"root:*::\ndaemon:*::\nsudo:*::carl\nusers:*::\nann:!::\ncarl:!::\nweb:!:ann:ann,carl\nlab:!::ann\n",
		"root:*::\nweb:$6$g$h:carl:\ngone:!::\nlab:!::bob",
		"",
	}},
	{"etc/subuid", []string{"ann:100000:65536\n", "carl:165536:65536\n1002:300500:10", ""}},
	{"etc/subgid", []string{"ann:100000:65536\n", "carl:165536:65536\r\n", ""}},
	{"etc/passwd-", []string{"", "root:x:0:0:older:/root:/bin/sh\n"}},
	{"etc/shadow-", []string{"", "root:*:18000:0:99999:7:::\n"}},
	{"etc/group-", []string{"", "root:x:0:\n"}},
	{"etc/.pwd.lock", []string{"", "\n"}},
}

// walkHost is a root directory that a walk starts with.
type walkHost struct {
	t   *rapid.T
	dir string
	// init is the one that units are for.
	init string
	// home tells that dir is the home of an ordinary user, who runs the program.
	home bool
	// program is the one that runs.
	program string
}

// paths are those that a walk is about.
func (h walkHost) paths() []string {
	return append(slices.Clone(walkPaths), walkUnits[h.init]...)
}

func (h walkHost) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h walkHost) write(p, text string, mode uint32, uid, gid int) {
	h.must(os.MkdirAll(filepath.Dir(h.path(p)), 0o755))
	h.must(os.WriteFile(h.path(p), []byte(text), 0o600))
	h.must(os.Chown(h.path(p), uid, gid))
	h.must(unix.Chmod(h.path(p), mode))
}

func (h walkHost) directory(p string, mode uint32, uid, gid int) {
	h.must(os.MkdirAll(h.path(p), 0o755))
	h.must(os.Chown(h.path(p), uid, gid))
	h.must(unix.Chmod(h.path(p), mode))
}

// fill draws the accounts, homes and files.
func (h walkHost) fill() {
	h.write("etc/login.defs", "UID_MIN 1000\nUID_MAX 60000\n", 0o644, 0, 0)
	h.write("etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n", 0o644, 0, 0)
	for _, a := range walkAccounts {
		text := rapid.SampledFrom(a.variants).Draw(h.t, a.path)
		mode := uint32(0o644)
		if strings.Contains(a.path, "shadow") || a.path == "etc/.pwd.lock" {
			mode = 0o600
		}
		if text != "" {
			h.write(a.path, text, mode, 0, 0)
		}
	}
	h.directory("root", 0o700, 0, 0)
	h.directory("home/carl", 0o755, 1002, 1002)
	h.directory("home/bob", 0o711, 1001, 1500)
	h.directory("home/ann", 0o700, 1000, 1000)
	h.write("home/ann/notes", "ann's\n", 0o640, 1000, 1000)
	if rapid.Bool().Draw(h.t, "ann has keys") {
		h.directory("home/ann/.ssh", 0o700, 1000, 1000)
		h.write("home/ann/.ssh/authorized_keys", "ssh-ed25519 HERS\n", 0o644, 1000, 1000)
	}
	if rapid.Bool().Draw(h.t, "bob lingers") {
		h.write("var/lib/systemd/linger/bob", "", 0o644, 0, 0)
	}
	h.write("keys/one", "s3cret one\n", 0o600, 0, 0)
	h.write("keys/hash", "$6$salt$filed\n", 0o600, 0, 0)
	h.write("keys/two", "s3cret two\n", 0o600, 0, 0)
	h.directory("srv", 0o755, 0, 0)
	h.directory("opt", 0o2775, 0, 1500)
	for _, p := range h.paths() {
		h.put(strings.TrimPrefix(p, "/"))
	}
}

// put draws what stands at a managed path before activate comes.
func (h walkHost) put(p string) {
	if _, err := os.Lstat(h.path(p)); err == nil || os.MkdirAll(filepath.Dir(h.path(p)), 0o755) != nil {
		return
	}
	kinds := []string{"", "", "file", "same", "odd", "directory", "link", "dangling", "fifo", "tagged"}
	switch rapid.SampledFrom(kinds).Draw(h.t, "at "+p) {
	case "file":
		h.write(p, "theirs\n", 0o644, 0, 0)
	case "same":
		h.write(p, "one\n", 0o644, 0, 0)
	case "odd":
		h.write(p, "two\n", 0o4711, 12, 34)
	case "directory":
		h.directory(p, 0o1777, 1000, 34)
	case "link":
		// One from the root would lead out of it, to the home of who tests.
		h.must(os.Symlink(strings.Repeat("../", strings.Count(p, "/"))+"home", h.path(p)))
	case "dangling":
		h.must(os.Symlink("nowhere", h.path(p)))
		h.must(os.Lchown(h.path(p), 12, 34))
	case "tagged":
		h.write(p, "tagged\n", 0o600, 0, 0)
		// cap_net_bind_service, permitted, as capabilities(7) has it on files.
		h.must(unix.Setxattr(h.path(p), "security.capability", []byte("\x00\x00\x00\x02\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"), 0))
	case "fifo":
		h.must(unix.Mkfifo(h.path(p), 0o644))
	}
}

// tree gives all that is on the host by path: type, mode, owner, extended
// attributes, and the content or target.
func (h walkHost) tree() map[string]string {
	out := map[string]string{}
	h.must(filepath.WalkDir(h.dir, func(p string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		var st unix.Stat_t
		if err := unix.Lstat(p, &st); err != nil {
			return err
		}
		rel := h.called(p)
		text := fmt.Sprintf("%o %d:%d%s", st.Mode, st.Uid, st.Gid, xattrsOf(p))
		switch st.Mode & unix.S_IFMT {
		case unix.S_IFREG:
			b, err := os.ReadFile(p)
			h.must(err)
			text += fmt.Sprintf(" %q", b)
		case unix.S_IFLNK:
			target, err := os.Readlink(p)
			h.must(err)
			text += " -> " + target
		}
		out[rel] = text
		return nil
	}))
	return out
}

func xattrsOf(p string) string {
	names := make([]byte, 4096)
	n, err := unix.Llistxattr(p, names)
	if err != nil || n == 0 {
		return ""
	}
	var b strings.Builder
	for name := range strings.SplitSeq(strings.TrimSuffix(string(names[:n]), "\x00"), "\x00") {
		value := make([]byte, 4096)
		n, err := unix.Lgetxattr(p, name, value)
		fmt.Fprintf(&b, " %s=%q (%v)", name, value[:max(n, 0)], err)
	}
	return b.String()
}
