package users_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/users"
)

// homeOfBob gives bob a home with what a home may hold, and a file of another.
func homeOfBob(t *testing.T, h *host) {
	t.Helper()
	home := filepath.Join(h.dir, "home/bob")
	must(t, os.MkdirAll(filepath.Join(home, "dir"), 0o755))
	for _, name := range []string{"dir/file", "foreign", "setuid"} {
		must(t, os.WriteFile(filepath.Join(home, name), []byte(name), 0o600))
	}
	for name, owner := range map[string]int{"": 1000, "dir": 1000, "dir/file": 1000, "foreign": 1, "setuid": 1000} {
		must(t, os.Lchown(filepath.Join(home, name), owner, 1000))
	}
	must(t, os.Chmod(filepath.Join(h.dir, "home/bob/setuid"), 0o755|os.ModeSetuid))
	must(t, os.Symlink("/etc/passwd", filepath.Join(h.dir, "home/bob/link")))
	must(t, os.Lchown(filepath.Join(h.dir, "home/bob/link"), 1000, 1000))
}

func uidOf(t *testing.T, h *host, name string) uint32 {
	t.Helper()
	info, err := os.Lstat(filepath.Join(h.dir, name))
	must(t, err)
	return info.Sys().(*syscall.Stat_t).Uid
}

func migrated() users.Desired {
	return wants(users.User{Name: "bob", UID: new(users.ID(1500)), MigrateID: true})
}

func TestMigrateID(t *testing.T) {
	t.Parallel()
	h := open(t, debian)
	homeOfBob(t, h)
	before := h.tree(t)
	d := h.switchTo(t, migrated())
	if len(d.Problems) > 0 || len(d.Changes) != 1 || !strings.Contains(d.Changes[0].Reason, "uid") {
		t.Fatalf("%+v", d)
	}
	for name, want := range map[string]uint32{
		"home/bob": 1500, "home/bob/dir/file": 1500, "home/bob/link": 1500, "home/bob/setuid": 1500,
		"home/bob/foreign": 1, "etc/passwd": 0,
	} {
		if got := uidOf(t, h, name); got != want {
			t.Errorf("%s has the uid %d, want %d", name, got, want)
		}
	}
	if info, err := os.Stat(filepath.Join(h.dir, "home/bob/setuid")); err != nil || info.Mode()&os.ModeSetuid == 0 {
		t.Errorf("the setuid bit is gone: %v %v", info.Mode(), err)
	}
	if !strings.Contains(h.read(t, "etc/passwd"), "bob:x:1500:1000:") {
		t.Error("passwd has not the new uid")
	}
	if d := h.diff(t, migrated()); len(d.Changes) > 0 {
		t.Errorf("a second run would change %+v", d.Changes)
	}
	// Neither uid is given to anybody else.
	if d := h.diff(t, users.Desired{Users: append(migrated().Users, users.User{Name: "carol", UID: new(users.ID(1000))})}); len(d.Problems) != 1 {
		t.Errorf("the former uid is free for another: %+v", d)
	}
	h.switchTo(t, users.Desired{})
	if after := h.tree(t); after != before {
		t.Errorf("after bob left the configuration:\n%s\nwant\n%s", after, before)
	}
}

// failsInTurn has each operation of a migration of bob fail in turn: undone,
// the host is as before; done again, it is as wanted.
func failsInTurn(t *testing.T, desired users.Desired, wanted func(h *host) bool) {
	t.Helper()
	failsInTurnFrom(t, debian, desired, wanted)
}

// failsInTurnFrom is failsInTurn on a host with other files.
func failsInTurnFrom(t *testing.T, files map[string]string, desired users.Desired, wanted func(h *host) bool) {
	t.Helper()
	for k := 1; ; k++ {
		h := open(t, files)
		homeOfBob(t, h)
		before := h.tree(t)
		s := h.subsystem(desired)
		d, err := s.Diff(t.Context())
		must(t, err)
		must(t, s.Save(t.Context(), d.Changes))
		n := 0
		h.fault = func(string, string) error {
			if n++; n == k {
				return syscall.EIO
			}
			return nil
		}
		err = s.Apply(t.Context(), d.Changes)
		h.fault = nil
		if err == nil {
			return
		}
		if !errors.Is(err, syscall.EIO) {
			t.Fatal(err)
		}
		must(t, s.Apply(t.Context(), plan.Inverses(d.Changes)))
		if after := h.tree(t); after != before {
			t.Fatalf("operation %d failed and was undone:\n%s\nwant\n%s", k, after, before)
		}
		must(t, s.Apply(t.Context(), d.Changes))
		if !wanted(h) {
			t.Fatalf("operation %d failed, then all was done again: it is not as wanted", k)
		}
	}
}

func TestMigrateIDFails(t *testing.T) {
	t.Parallel()
	failsInTurn(t, migrated(), func(h *host) bool { return uidOf(t, h, "home/bob/dir/file") == 1500 })
}

// refusal is what keeps bob's ids from being migrated.
type refusal struct {
	prepare func(t *testing.T, dir string)
	want    string
}

// appends adds a line to an account file.
func appends(file, line string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		f, err := os.OpenFile(filepath.Join(dir, file), os.O_APPEND|os.O_WRONLY, 0)
		must(t, err)
		_, err = f.WriteString(line)
		must(t, err)
		must(t, f.Close())
	}
}

func refuses(t *testing.T, desired users.Desired, cases map[string]refusal) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := open(t, debian)
			homeOfBob(t, h)
			c.prepare(t, h.dir)
			d := h.diff(t, desired)
			if len(d.Problems) != 1 || !strings.Contains(d.Problems[0].Error(), c.want) {
				t.Errorf("problems %v, want one with %q", d.Problems, c.want)
			}
		})
	}
}

func TestMigrateIDIsRefused(t *testing.T) {
	t.Parallel()
	refuses(t, migrated(), map[string]refusal{
		"a file of the new uid in the home": {func(t *testing.T, dir string) {
			t.Helper()
			must(t, os.Lchown(filepath.Join(dir, "home/bob/foreign"), 1500, 1))
		}, "has the uid 1500 already"},
		"a hard link in somebody's directory": {func(t *testing.T, dir string) {
			t.Helper()
			must(t, os.Mkdir(filepath.Join(dir, "home/bob/theirs"), 0o777))
			must(t, os.Link(filepath.Join(dir, "home/bob/dir/file"), filepath.Join(dir, "home/bob/theirs/file")))
		}, "has other names"},
		"somebody's uid": {appends("etc/passwd", "eve:x:1500:1500::/:/bin/sh\n"), "the uid 1500 is eve's"},
	})
}

// TestMigrateIDWithAnotherHome gives an account another uid and takes it back to
// a home that it had: both homes go with it.
func TestMigrateIDWithAnotherHome(t *testing.T) {
	t.Parallel()
	files := maps.Clone(debian)
	files["home/bob/file"] = ""
	h := open(t, files)
	homeOfBob(t, h)
	before := h.tree(t)
	h.switchTo(t, wants(users.User{Name: "bob", Home: "/srv/bob", CreateHome: true}))
	moved := wants(users.User{Name: "bob", UID: new(users.ID(1500)), MigrateID: true, AuthorizedKeys: []string{"ssh-ed25519 A"}})
	h.switchTo(t, moved)
	for _, p := range []string{"home/bob", "home/bob/.ssh", "srv/bob"} {
		if got := uidOf(t, h, p); got != 1500 {
			t.Errorf("%s is of %d", p, got)
		}
	}
	if again := h.diff(t, moved); len(again.Changes)+len(again.Problems) > 0 {
		t.Errorf("again: %v", describe(again))
	}
	must(t, os.RemoveAll(h.dir+"/srv"))
	h.returns(t, before)
}
