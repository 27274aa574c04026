package main_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// crowd is a configuration whose accounts take the most room.
func crowd(n int, comment string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `
user "u%d" {
  description     = %q
  home            = "/home/u%[1]d"
  create_home     = true
  hashed_password = "$6$salt$%[3]s"
  authorized_keys = ["ssh-ed25519 AAAA%[1]d %[2]s"]
  sub_ids         = "auto"
  linger          = true
}
group "g%[1]d" { members = ["u%[1]d"] }
`, i, comment, strings.Repeat("h", 86))
	}
	return b.String()
}

// TestAFullDiskIsSeenComingForAccounts: on a small file system of whatever
// size, a switch of accounts is refused before it begins or comes to its end.
func TestAFullDiskIsSeenComingForAccounts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var configs []string
	for i, text := range []string{crowd(60, "first"), crowd(60, "second"), ""} {
		p := filepath.Join(dir, fmt.Sprintf("%d.hcl", i))
		must(t, os.WriteFile(p, []byte(text), 0o600))
		configs = append(configs, p)
	}
	applied, refused := 0, 0
	for size := 1400; size <= 5000; size += 300 {
		root := filepath.Join(dir, fmt.Sprint(size))
		must(t, os.Mkdir(root, 0o755))
		must(t, unix.Mount("tmpfs", root, "tmpfs", 0, fmt.Sprintf("size=%dk", size)))
		t.Cleanup(func() { must(t, unix.Unmount(root, unix.MNT_DETACH)) })
		must(t, writeAccounts(root))
		many := strings.Repeat("# of somebody else, who wants to find it again as it was\n", 4000)
		must(t, os.WriteFile(filepath.Join(root, "etc/subuid"), []byte(many), 0o644))
		must(t, os.WriteFile(filepath.Join(root, "etc/subuid-"), []byte(many), 0o644))
		for _, config := range configs {
			// With --json the plan is no part of what is told.
			var told bytes.Buffer
			cmd := exec.Command(binary, "switch", "--json", "--root", root, config)
			cmd.Stderr = &told
			switch err := cmd.Run(); {
			case err == nil:
				applied++
			case strings.Contains(told.String(), "KiB are free"):
				refused++
			default:
				t.Errorf("%d KiB: %v: %s", size, err, &told)
			}
		}
	}
	t.Logf("%d applied, %d refused", applied, refused)
	if applied < 5 || refused < 5 {
		t.Errorf("%d applied, %d refused: nothing was tried", applied, refused)
	}
}
