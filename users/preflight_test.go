package users_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/activate-agent/activate/users"
)

func TestImmutableAccountFilesAreFoundFirst(t *testing.T) {
	t.Parallel()
	h := open(t, debian)
	p := filepath.Join(h.dir, "etc/gshadow")
	if out, err := exec.Command("chattr", "+i", p).CombinedOutput(); err != nil {
		t.Fatalf("cannot set the flag: %s", out)
	}
	d := h.diff(t, wants(users.User{Name: "alice"}))
	if out, err := exec.Command("chattr", "-i", p).CombinedOutput(); err != nil {
		t.Fatalf("cannot clear the flag: %s", out)
	}
	if len(d.Problems) != 1 || !strings.Contains(d.Problems[0].Error(), "etc/gshadow is immutable") {
		t.Errorf("problems: %v", d.Problems)
	}
	if d := h.diff(t, wants(users.User{Name: "alice"})); len(d.Problems) > 0 {
		t.Errorf("without the flag: %v", d.Problems)
	}
}

// TestAHomeThatCannotBeMadeIsFoundFirst: where its file system is read-only.
func TestAHomeThatCannotBeMadeIsFoundFirst(t *testing.T) {
	t.Parallel()
	h := open(t, debian)
	homes := filepath.Join(h.dir, "home")
	must(t, os.MkdirAll(homes, 0o755))
	must(t, unix.Mount("tmpfs", homes, "tmpfs", unix.MS_RDONLY, "mode=755"))
	t.Cleanup(func() { must(t, unix.Unmount(homes, unix.MNT_DETACH)) })
	for _, u := range []users.User{
		{Name: "alice", Home: "/home/alice", CreateHome: true},
		{Name: "alice", Home: "/home", AuthorizedKeys: []string{"ssh-ed25519 AAAA a"}},
	} {
		d := h.diff(t, wants(u))
		if len(d.Problems) != 1 || !strings.Contains(d.Problems[0].Error(), homes+" is mounted read-only") {
			t.Errorf("problems: %v", d.Problems)
		}
	}
	if d := h.diff(t, wants(users.User{Name: "alice", Home: "/home/alice"})); len(d.Problems) > 0 {
		t.Errorf("without a home: %v", d.Problems)
	}
}
