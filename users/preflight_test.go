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

// TestImmutableAccountFilesAreFoundFirst: the files, their backups and the lock.
func TestImmutableAccountFilesAreFoundFirst(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"etc/gshadow", "etc/passwd-", "etc/.pwd.lock"} {
		h := open(t, debian)
		p := filepath.Join(h.dir, name)
		must(t, os.WriteFile(p, []byte(debian[name]), 0o600))
		if out, err := exec.Command("chattr", "+i", p).CombinedOutput(); err != nil {
			t.Fatalf("cannot set the flag: %s", out)
		}
		d := h.diff(t, wants(users.User{Name: "alice"}))
		if out, err := exec.Command("chattr", "-i", p).CombinedOutput(); err != nil {
			t.Fatalf("cannot clear the flag: %s", out)
		}
		if len(d.Problems) != 1 || !strings.Contains(d.Problems[0].Error(), name+" is immutable") {
			t.Errorf("problems: %v", d.Problems)
		}
		if d := h.diff(t, wants(users.User{Name: "alice"})); len(d.Problems) > 0 {
			t.Errorf("without the flag: %v", d.Problems)
		}
	}
}

// A backup that cannot be written is named itself.
func TestABackupThatCannotBeWrittenIsNamed(t *testing.T) {
	t.Parallel()
	h := open(t, debian)
	s := h.subsystem(wants(users.User{Name: "alice"}))
	d, err := s.Diff(t.Context())
	must(t, err)
	must(t, s.Save(t.Context(), d.Changes))
	h.fault = func(op, name string) error {
		if op == "write" && strings.HasSuffix(name, "/etc/passwd-") {
			return unix.EIO
		}
		return nil
	}
	if err := s.Apply(t.Context(), d.Changes); err == nil || !strings.Contains(err.Error(), "etc/passwd-: ") {
		t.Errorf("%v", err)
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
