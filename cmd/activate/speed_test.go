package main_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestExampleIsQuick: evaluating and planning the nix example takes under
// 50 ms of processor time and 40 MB. The best of ten runs counts, since the
// machine has other work.
func TestExampleIsQuick(t *testing.T) {
	t.Parallel()
	root := filepath.Join(t.TempDir(), "root")
	must(t, writeAccounts(root))
	best, memory := time.Hour, int64(1)<<40
	for range 10 {
		took, used := measureRun(t, "plan", "--root", root, "--init", "systemd", "../../examples/nix.hcl")
		best, memory = min(best, took), min(memory, used)
	}
	if best > 50*time.Millisecond || memory > 40_000_000 {
		t.Errorf("it takes %s and %d bytes", best, memory)
	}
}

// TestTenThousandEntriesFit: a first apply of 10,000 entries, one with nothing
// to do, one after a comment changed, one of one entry more and the way back take
// 64 MB each, the program's own pages included.
func TestTenThousandEntriesFit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	root, config := filepath.Join(dir, "root"), filepath.Join(dir, "main.hcl")
	must(t, writeAccounts(root))
	var blocks strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&blocks, "etc \"app/%03d/%06d.conf\" {\n  text = \"setting = %d\\nname = host-%d\\n\"\n}\n", i/100, i, i, i)
	}
	takes := func(args ...string) int64 {
		t.Helper()
		_, used := measureRun(t, append(args, "--root", root, "--init", "systemd")...)
		return used
	}
	switches := func(more string) int64 {
		t.Helper()
		must(t, os.WriteFile(config, []byte(blocks.String()+more), 0o644))
		return takes("switch", config)
	}
	used := map[string]int64{"a first apply": switches(""), "nothing to do": switches(""), "a comment": switches("# and nothing else\n")}
	var more, back []int64
	for i := range 3 {
		more = append(more, switches(fmt.Sprintf("etc \"one\" { text = \"more %d\" }\n", i)))
		back = append(back, takes("rollback"))
	}
	// On a busy host the collector comes late, now and then.
	slices.Sort(more)
	slices.Sort(back)
	used["one more"], used["the way back"] = more[1], back[1]
	for what, bytes := range used {
		if bytes > 64<<20 {
			t.Errorf("%s takes %d MB", what, bytes>>20)
		}
	}
	if made, err := filepath.Glob(filepath.Join(root, "etc/app/*/*.conf")); err != nil || len(made) != 10_000 {
		t.Errorf("%d files were made, %v", len(made), err)
	}
}

// TestBigContentsPassBy: a content of 160 MB, linked and copied, is installed,
// compared and replaced in a fifth of that.
func TestBigContentsPassBy(t *testing.T) {
	t.Parallel()
	const size = 160 << 20
	dir := t.TempDir()
	root, config, image := filepath.Join(dir, "root"), filepath.Join(dir, "main.hcl"), filepath.Join(dir, "image")
	must(t, writeAccounts(root))
	must(t, os.WriteFile(config, []byte("etc \"image\" { source = \"image\" }\nfile \"/srv/image\" { source = \"image\" }\n"), 0o644))
	must(t, os.WriteFile(image, []byte("an image"), 0o644))
	for _, c := range []struct {
		what string
		size int64
	}{{"a first apply", size}, {"nothing to do", size}, {"another content", size + 1}} {
		must(t, os.Truncate(image, c.size))
		if _, used := measureRun(t, "switch", "--root", root, "--init", "systemd", config); used > size/5 {
			t.Errorf("%s takes %d MB", c.what, used>>20)
		}
		info, err := os.Stat(filepath.Join(root, "srv/image"))
		must(t, err)
		if info.Size() != c.size {
			t.Errorf("after %s there are %d bytes, not %d", c.what, info.Size(), c.size)
		}
	}
}

// measureRun runs the program and gives its processor time and the most bytes
// of memory it had.
func measureRun(t *testing.T, args ...string) (took time.Duration, memory int64) {
	t.Helper()
	out, err := exec.Command(os.Args[0], append([]string{measure, binary}, args...)...).Output()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if _, err := fmt.Sscan(string(out), &took, &memory); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return took, memory
}

// measure has the test binary run a command and print what it took, in
// nanoseconds and bytes. A process begins with the memory of the one it comes
// from on its account, and that of all tests is large.
const measure = "measure"

func measured(argv []string) int {
	cmd := exec.Command(argv[0], argv[1:]...)
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil {
		_, _ = said.WriteTo(os.Stderr)
		return 1
	}
	usage := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	fmt.Println(int64(cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime()), usage.Maxrss<<10)
	return 0
}
