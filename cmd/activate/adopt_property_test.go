package main_test

import (
	"crypto/md5"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
	"pgregory.net/rapid"
)

// What a tree below /etc may hold that is hard to say again. Each is one name,
// text or line.
var (
	hardNames = []string{ //nolint:gochecknoglobals // a constant
		"a", "b.conf", "c d", "\xff", "é", "e\u0301", "$x", "${y}", "%{z}", `"q"`, `\b`, "#h", "-dash", "new\nline", "\x1b[31m", "EOT", "\u202e", "a:b", "~", " lead", strings.Repeat("x", 250),
		"x.service", "y.timer", "z@.service",
	}
	hardTexts = []string{ //nolint:gochecknoglobals // a constant
		"", "a", "a\n", "a\nb\n", "${x}\n%{y}\n", "$${x}\nb\n", "\r\n", "\x00", "\xff\n", "EOT\nEOT1\nx\n", "  EOT\nx\n\n", "e\u0301\nb\n", "\x1b[1m\nb\n", "\ufeffbom\nb\n", "\\\n\"\n", "\n\n\n",
		"[Unit]\nA=b\n[Install]\nWantedBy=multi-user.target\n", "[Service]\nExecStart=/x ${y}\n", strings.Repeat("x", 20000),
	}
	hardUsers = []string{ //nolint:gochecknoglobals // a constant
		"ann:x:1000:1000:Ann:/home/ann:/bin/sh", "bob:x:1001:100::/:", "dup:x:1000:1000:x:/home/dup:/bin/sh", "Weird.N:x:1004:1004::/home/w:/x", "desc:x:1006:1006:\"q\" ${x} %{y} \\ é:/home/desc:/bin/sh",
		"latin:x:1007:1007:\xff:/h\xff:/bin/sh", "rel:x:1008:1008::rel/path:sh", "dot:x:1009:1009::/home/../x:/bin//sh", "+::::::", "bad:x:y:z", "big:x:4294967294:4294967294::/b:/b", "nfd:x:1010:1010:e\u0301:/:/",
	}
	hardGroups = []string{ //nolint:gochecknoglobals // a constant
		"ann:x:1000:", "users:x:100:bob,ghost", "sudo:x:27:ann,bob", "web:x:1500:ann,www-data,Weird.N", "bob:x:1001:ann", "dupg:x:1500:", "desc:x:1006:", "odd:x:2000:,,", "bad:x:",
	}
	hardTargets = []string{"x", "/dev/null", "${x}", "\xff", "e\u0301", "/etc/alternatives/x", "a\nb", " "} //nolint:gochecknoglobals // a constant
)

// wildRoot fills a root with what rapid draws.
type wildRoot struct {
	t         *rapid.T
	dir       string
	conffiles strings.Builder
}

func (w *wildRoot) must(err error) {
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *wildRoot) write(p, text string, mode uint32, uid, gid int) {
	full := filepath.Join(w.dir, p)
	w.must(os.MkdirAll(filepath.Dir(full), 0o755))
	w.must(os.WriteFile(full, []byte(text), 0o600))
	w.must(os.Chown(full, uid, gid))
	w.must(unix.Chmod(full, mode))
}

func (w *wildRoot) lines(label, first string, from []string) string {
	return first + strings.Join(rapid.SliceOfNDistinct(rapid.SampledFrom(from), 0, len(from), rapid.ID).Draw(w.t, label), "\n") + "\n"
}

// fill puts files, links and directories into p.
func (w *wildRoot) fill(p string, depth int) {
	for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom(hardNames), 0, 6, rapid.ID).Draw(w.t, "names in "+p) {
		at := p + "/" + name
		switch rapid.SampledFrom([]string{"file", "file", "conffile", "link", "fifo", "directory"}).Draw(w.t, "what") {
		case "link":
			w.must(os.Symlink(rapid.SampledFrom(hardTargets).Draw(w.t, "target"), filepath.Join(w.dir, at)))
		case "fifo":
			w.must(unix.Mkfifo(filepath.Join(w.dir, at), 0o644))
		case "directory":
			w.must(os.Mkdir(filepath.Join(w.dir, at), 0o755))
			if depth > 0 {
				w.fill(at, depth-1)
			}
			w.must(unix.Chmod(filepath.Join(w.dir, at), rapid.SampledFrom([]uint32{0o755, 0o700, 0o2775}).Draw(w.t, "mode")))
		case "conffile":
			sum := md5.Sum([]byte(rapid.SampledFrom(hardTexts).Draw(w.t, "installed")))
			w.conffiles.WriteString(" /" + at + " " + hex.EncodeToString(sum[:]) + "\n")
			fallthrough
		default:
			w.write(at, rapid.SampledFrom(hardTexts).Draw(w.t, "text"), rapid.SampledFrom([]uint32{0o644, 0o755, 0o600, 0o4755}).Draw(w.t, "mode"),
				rapid.SampledFrom([]int{0, 1000, 4242}).Draw(w.t, "uid"), rapid.SampledFrom([]int{0, 1500}).Draw(w.t, "gid"))
		}
	}
}

func (w *wildRoot) make() {
	w.write("etc/passwd", w.lines("users", "root:x:0:0:root:/root:/bin/sh\n", hardUsers), 0o644, 0, 0)
	w.write("etc/group", w.lines("groups", "root:x:0:\n", hardGroups), 0o644, 0, 0)
	w.write("etc/shadow", "root:*:1::::::\nann:$y$x:1::::20000::\n", 0o640, 0, 0)
	w.write("etc/subuid", "ann:100000:65536\ndesc:100005:10\nbig:4294967290:100\n", 0o644, 0, 0)
	w.write("etc/subgid", "ann:100000:65536\ndesc:100005:10\n", 0o644, 0, 0)
	w.write("home/ann/.ssh/authorized_keys", rapid.SampledFrom([]string{"k1\nk2\n", "k\n\n", "k", "${x}\n", "e\u0301\n", ""}).Draw(w.t, "keys"), 0o600, 1000, 1000)
	w.must(os.MkdirAll(filepath.Join(w.dir, "etc/systemd/system/multi-user.target.wants"), 0o755))
	w.must(os.Mkdir(filepath.Join(w.dir, "sbin"), 0o755))
	w.must(os.Symlink("/lib/systemd/systemd", filepath.Join(w.dir, "sbin/init")))
	w.fill("etc", 2)
	w.fill("etc/systemd/system", 0)
	w.must(os.Symlink("/etc/systemd/system/x.service", filepath.Join(w.dir, "etc/systemd/system/multi-user.target.wants/x.service")))
	w.write("var/lib/dpkg/status", "Package: p\nConffiles:\n"+w.conffiles.String(), 0o644, 0, 0)
}

// TestAdoptAnything: whatever /etc holds, the plan of what adopt writes is
// empty, which adopt says itself by its exit status.
func TestAdoptAnything(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp(base, "root")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = os.RemoveAll(dir) }()
		w := &wildRoot{t: t, dir: filepath.Join(dir, "r")}
		w.make()
		out, err := exec.CommandContext(t.Context(), binary, "adopt", "--root", w.dir, "-o", filepath.Join(dir, "host.hcl")).CombinedOutput()
		if err != nil || !strings.Contains(string(out), "has nothing to do") {
			t.Fatalf("adopt: %v\n%s", err, out)
		}
	})
}
