package users_test

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/users"
)

func open(t *testing.T, files map[string]string) *host {
	t.Helper()
	h := newHost(t, t.TempDir(), files)
	t.Cleanup(func() { _ = h.root.Close() })
	return h
}

func wants(u ...users.User) users.Desired { return users.Desired{Users: u} }

func TestANewAccountInEveryFile(t *testing.T) {
	t.Parallel()
	h := open(t, debian)
	d := h.switchTo(t, users.Desired{
		Groups: []users.Group{{Name: "web", GID: new(users.ID(3000)), Members: []string{"bob"}}},
		Users: []users.User{
			{Name: "alice", Groups: []string{"sudo", "web"}, Description: "Alice A.", InitialHashedPassword: "$6$alice", SubIDs: &users.SubIDs{Auto: true}},
			{Name: "daemond", System: true, Group: "web"},
		},
	})
	if len(d.Problems) > 0 {
		t.Fatal(d.Problems)
	}
	want := map[string]string{
		"etc/passwd": strings.Replace(debian["etc/passwd"], "+@netgroup",
			"alice:x:1002:1002:Alice A.:/home/alice:/bin/sh\ndaemond:x:999:3000::/nonexistent:/bin/false\n+@netgroup", 1),
		"etc/group": strings.Replace(strings.Replace(debian["etc/group"], "+:::", "web:x:3000:bob,alice\nalice:x:1002:\n+:::", 1),
			"sudo:x:27:bob", "sudo:x:27:bob,alice", 1),
		"etc/shadow":  debian["etc/shadow"] + "alice:$6$alice:20000:0:99999:7:::\ndaemond:!:20000::::::\n",
		"etc/gshadow": strings.Replace(debian["etc/gshadow"], "sudo:*::bob", "sudo:*::bob,alice", 1) + "web:!::bob,alice\nalice:!::\n",
		"etc/subuid":  debian["etc/subuid"] + "alice:165536:65536\n",
		"etc/subgid":  debian["etc/subgid"] + "\nalice:165536:65536",
		"etc/passwd-": debian["etc/passwd"],
	}
	for name, content := range want {
		if diff := cmp.Diff(content, h.read(t, name)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestProblems(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		want string
		d    users.Desired
	}{
		{"a bad name", "does not match", wants(users.User{Name: "Alice"})},
		{"a colon", "has a colon", wants(users.User{Name: "a", Description: "x:y"})},
		{"a home with too long a name", "its home is too long for a path", wants(users.User{Name: "a", Home: "/none/" + strings.Repeat("x", 256)})},
		{"a second root", "uid 0 is root's", wants(users.User{Name: "a", UID: new(users.ID(0))})},
		{"a uid that is taken", "the uid 1001 is windows's", wants(users.User{Name: "a", UID: new(users.ID(1001))})},
		{"a uid of two", "user a has the uid 5000 too", wants(users.User{Name: "a", UID: new(users.ID(5000))}, users.User{Name: "b", UID: new(users.ID(5000))})},
		{"another uid than it has", "it exists with the uid 1000, not 7", wants(users.User{Name: "bob", UID: new(users.ID(7))})},
		{"a malformed line of that name", "a malformed line", wants(users.User{Name: "garbled"})},
		{"an unknown group", `there is no group "none"`, wants(users.User{Name: "a", Groups: []string{"none"}})},
		{"an unknown primary group", `there is no group "none"`, wants(users.User{Name: "a", Group: "none"})},
		{"a date that is none", "is not a date", wants(users.User{Name: "a", Expires: "soon"})},
		{"the day that may be never", "the day 0", wants(users.User{Name: "a", Expires: "1970-01-01"})},
		{"a missing hash file", "hashed_password_file", wants(users.User{Name: "a", HashedPasswordFile: "/none"})},
		{"keys without a home", "have no place", wants(users.User{Name: "a", AuthorizedKeys: []string{"k"}})},
		{"sub-ids of another", "overlap those of bob", wants(users.User{Name: "a", SubIDs: &users.SubIDs{Ranges: []users.SubRange{{Start: 165535, Count: 2}}}})},
		{"a gid that is taken", "the gid 27 is sudo's", users.Desired{Groups: []users.Group{{Name: "g", GID: new(users.ID(27))}}}},
		{"another gid than it has", "it exists with the gid 27", users.Desired{Groups: []users.Group{{Name: "sudo", GID: new(users.ID(28))}}}},
	}
	h := open(t, debian)
	before := h.tree(t)
	for _, c := range cases {
		d := h.diff(t, c.d)
		if len(d.Problems) != 1 || !strings.Contains(d.Problems[0].Summary, c.want) {
			t.Errorf("%s: got %v, want %q", c.name, d.Problems, c.want)
		}
	}
	if diff := cmp.Diff(before, h.tree(t)); diff != "" {
		t.Error(diff)
	}
}

// TestALedgerOfANewerProgramIsNotToBeMovedAway would lose ids otherwise.
func TestALedgerOfANewerProgramIsNotToBeMovedAway(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`{"version":3}`, `{"version":7,"accounts":[]}`, `{"version":3,"users":[]}`, `{"users":{},"version":3,`} {
		h := open(t, debian)
		must(t, os.WriteFile(filepath.Join(h.dir, stateDir, "ids.json"), []byte(text), 0o600))
		_, err := h.subsystem(wants(users.User{Name: "a"})).Diff(t.Context())
		if err == nil || !strings.Contains(err.Error(), "use the activate that wrote it") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestAGroupWhoseLineIsTooLong is there, but cannot be changed.
func TestAGroupWhoseLineIsTooLong(t *testing.T) {
	t.Parallel()
	files := maps.Clone(debian)
	files["etc/group"] += "big:x:3000:" + strings.Repeat("somebody,", 8000) + "last\n"
	d := open(t, files).diff(t, wants(users.User{Name: "a", Groups: []string{"big"}}))
	if len(d.Problems) != 1 || !strings.Contains(d.Problems[0].Summary, "malformed or too long") {
		t.Errorf("%v", d.Problems)
	}
}

func TestATakenBlockIsOfferedAnother(t *testing.T) {
	t.Parallel()
	h := open(t, map[string]string{"etc/passwd": "squatter:x:30002:30002::/:/bin/sh\n"})
	var d users.Desired
	for i, name := range []string{"b1", "b2", "b3"} {
		d.Users = append(d.Users, users.User{Name: name, UID: new(users.ID(30001 + i))})
	}
	got := h.diff(t, d)
	if len(got.Problems) != 1 || got.Problems[0].Advice != "The ids 30004 to 30006 are free." {
		t.Errorf("got %+v", got.Problems)
	}
}

func TestAnIDIsNeverGivenToAnotherName(t *testing.T) {
	t.Parallel()
	h := open(t, debian)
	h.switchTo(t, wants(users.User{Name: "one"}))
	h.switchTo(t, wants(users.User{Name: "two"}))
	if got := h.read(t, "etc/passwd"); !strings.Contains(got, "two:x:1003:1003:") {
		t.Errorf("two got the id of one: %s", got)
	}
	h.switchTo(t, wants(users.User{Name: "one"}))
	if got := h.read(t, "etc/passwd"); !strings.Contains(got, "one:x:1002:1002:") {
		t.Errorf("one did not get its id again: %s", got)
	}
	d := h.diff(t, wants(users.User{Name: "one"}, users.User{Name: "three", UID: new(users.ID(1003))}))
	if len(d.Problems) != 1 || !strings.Contains(d.Problems[0].Summary, "never given to another name") {
		t.Errorf("got %v", d.Problems)
	}
}

func TestGroupsAreAddedAndOnlyOursTakenBack(t *testing.T) {
	t.Parallel()
	h := open(t, debian)
	h.switchTo(t, wants(users.User{Name: "bob", Groups: []string{"shadow"}}))
	must(t, os.WriteFile(filepath.Join(h.dir, "etc/group"), []byte(strings.Replace(h.read(t, "etc/group"), "daemon:x:1:", "daemon:x:1:bob", 1)), 0o644))
	h.switchTo(t, wants(users.User{Name: "bob"}))
	want := strings.Replace(debian["etc/group"], "daemon:x:1:", "daemon:x:1:bob", 1)
	if diff := cmp.Diff(want, h.read(t, "etc/group")); diff != "" {
		t.Error(diff)
	}
	h.switchTo(t, wants(users.User{Name: "bob", Groups: []string{"shadow"}, ExclusiveGroups: true}))
	for _, line := range []string{"sudo:x:27:\n", "staff:x:50:root\n", "shadow:x:42:bob\n"} {
		if !strings.Contains(h.read(t, "etc/group"), line) {
			t.Errorf("no %q in %s", line, h.read(t, "etc/group"))
		}
	}
}

func TestHomeAndKeys(t *testing.T) {
	t.Parallel()
	h := open(t, debian)
	linger := true
	u := users.User{Name: "a", CreateHome: true, HomeMode: "750", AuthorizedKeys: []string{"ssh-ed25519 A a@b"}, Linger: &linger}
	h.switchTo(t, wants(u))
	for name, want := range map[string]string{
		"home/a": "750 1002:1002", "home/a/.ssh": "700 1002:1002", "home/a/.ssh/authorized_keys": "600 1002:1002",
		"home": "755 0:0", "var/lib/systemd/linger/a": "644 0:0",
	} {
		info, err := h.root.Lstat(name)
		must(t, err)
		if got := strings.TrimPrefix(mode(info), "0"); got != want {
			t.Errorf("%s is %s, not %s", name, got, want)
		}
	}
	u.AuthorizedKeys = nil
	h.switchTo(t, wants(u))
	if _, err := os.Lstat(filepath.Join(h.dir, "home/a/.ssh/authorized_keys")); err == nil {
		t.Error("the keys still open the door")
	}
	must(t, os.WriteFile(filepath.Join(h.dir, "home/a/file"), nil, 0o600))
	h.switchTo(t, users.Desired{})
	if _, err := os.Lstat(filepath.Join(h.dir, "home/a/file")); err != nil {
		t.Error("a home was removed")
	}
	if _, err := os.Lstat(filepath.Join(h.dir, "var/lib/systemd/linger/a")); err == nil {
		t.Error("it still lingers")
	}
}

func mode(i rootfs.Info) string {
	return strings.Join([]string{octal(i.Mode), " ", users.ID(i.UID).String(), ":", users.ID(i.GID).String()}, "")
}

func octal(m uint32) string {
	const digits = "01234567"
	return string([]byte{'0', digits[m>>6&7], digits[m>>3&7], digits[m&7]})
}

func TestALinkInAHomeIsNotFollowed(t *testing.T) {
	t.Parallel()
	h := open(t, debian)
	must(t, os.MkdirAll(filepath.Join(h.dir, "home/bob"), 0o755))
	must(t, os.Mkdir(filepath.Join(h.dir, "root"), 0o700))
	must(t, os.Symlink("/root", filepath.Join(h.dir, "home/bob/.ssh")))
	must(t, os.Lchown(filepath.Join(h.dir, "home/bob/.ssh"), 1000, 1000))
	d := h.diff(t, wants(users.User{Name: "bob", AuthorizedKeys: []string{"ssh-ed25519 A"}}))
	if len(d.Problems) != 1 || !strings.Contains(d.Problems[0].Summary, "a link that is not root's") {
		t.Errorf("got %v", d.Problems)
	}
}

func TestWhatCannotBeReadStopsTheRun(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		spoil func(dir string) error
	}{
		{"a symbolic link", func(dir string) error {
			return errors.Join(os.Rename(dir+"/etc/shadow", dir+"/etc/real"), os.Symlink("real", dir+"/etc/shadow"))
		}},
		{"NUL bytes", func(dir string) error { return os.WriteFile(dir+"/etc/shadow", []byte("root:x\x00"), 0o600) }},
		{"a directory", func(dir string) error {
			return errors.Join(os.Remove(dir+"/etc/passwd"), os.Mkdir(dir+"/etc/passwd", 0o755))
		}},
		{"a FIFO", func(dir string) error {
			return errors.Join(os.Remove(dir+"/etc/group"), unix.Mkfifo(dir+"/etc/group", 0o644))
		}},
		{"a garbled ledger", func(dir string) error { return os.WriteFile(dir+"/"+stateDir+"/ids.json", []byte(`{"users":`), 0o600) }},
		{"a ledger of nothing", func(dir string) error { return os.WriteFile(dir+"/"+stateDir+"/ids.json", []byte(`{}`), 0o600) }},
		{"a ledger of the future", func(dir string) error {
			return os.WriteFile(dir+"/"+stateDir+"/ids.json", []byte(`{"version":3}`), 0o600)
		}},
		{"a ledger with what nobody knows", func(dir string) error {
			return os.WriteFile(dir+"/"+stateDir+"/ids.json", []byte(`{"version":2,"shells":{}}`), 0o600)
		}},
	}
	for _, c := range cases {
		h := open(t, debian)
		must(t, c.spoil(h.dir))
		_, err := h.subsystem(wants(users.User{Name: "a"})).Diff(context.Background())
		if err == nil || !strings.HasPrefix(err.Error(), "cannot read "+h.dir) || strings.Contains(err.Error(), "levels") {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestTheLockIsThatOfShadowUtils(t *testing.T) {
	t.Parallel()
	h := open(t, debian)
	s := h.subsystem(wants(users.User{Name: "a"}))
	d, err := s.Diff(context.Background())
	must(t, err)
	must(t, s.Save(context.Background(), d.Changes))
	// fcntl locks are the process's own: an open file description lock stands
	// for the other program.
	f, err := os.OpenFile(filepath.Join(h.dir, "etc/.pwd.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	must(t, err)
	whole := unix.Flock_t{Type: unix.F_WRLCK}
	must(t, unix.FcntlFlock(f.Fd(), unix.F_OFD_SETLK, &whole))
	before := h.tree(t)
	err = s.Apply(context.Background(), d.Changes)
	if _, locked := errors.AsType[*rootfs.LockedError](err); !locked {
		t.Errorf("got %v", err)
	}
	if diff := cmp.Diff(before, h.tree(t)); diff != "" {
		t.Error(diff)
	}
	must(t, f.Close())
	must(t, s.Apply(context.Background(), d.Changes))
}

func TestARaceForAnIDIsLostGracefully(t *testing.T) {
	t.Parallel()
	h := open(t, debian)
	s := h.subsystem(wants(users.User{Name: "a"}, users.User{Name: "b"}))
	d, err := s.Diff(context.Background())
	must(t, err)
	must(t, s.Save(context.Background(), d.Changes))
	must(t, os.WriteFile(filepath.Join(h.dir, "etc/passwd"), []byte(debian["etc/passwd"]+"quick:x:1002:1002::/:/bin/sh\n"), 0o644))
	must(t, s.Apply(context.Background(), d.Changes))
	h.record(s, d)
	got := h.read(t, "etc/passwd")
	if !strings.Contains(got, "quick:x:1002:") || strings.Contains(got, "\na:x:1002:") || !strings.Contains(got, "\na:x:100") {
		t.Errorf("got %s", got)
	}
	if d := h.diff(t, wants(users.User{Name: "a"}, users.User{Name: "b"})); len(d.Changes) > 0 {
		t.Errorf("not converged: %v", describe(d))
	}
}

func TestNothingToDoOpensNothingForWriting(t *testing.T) {
	t.Parallel()
	h := open(t, debian)
	desired := wants(users.User{Name: "a", CreateHome: true})
	d := h.switchTo(t, desired)
	h.fault = func(op, name string) error { return errors.New(op + " " + name) }
	s := h.subsystem(desired)
	if again := h.diff(t, desired); len(again.Changes) > 0 || again.Unchanged != 1 {
		t.Errorf("got %+v", again)
	}
	must(t, s.Apply(context.Background(), d.Changes))
}

func TestAClockIn1970DoesNotAskForANewPassword(t *testing.T) {
	t.Parallel()
	h := open(t, debian)
	h.now = time.Unix(5, 0)
	h.switchTo(t, wants(users.User{Name: "a", InitialHashedPassword: "$6$a"}))
	if !strings.Contains(h.read(t, "etc/shadow"), "a:$6$a:1:0:") {
		t.Errorf("got %s", h.read(t, "etc/shadow"))
	}
}

func TestAnEmptyRootGetsItsFiles(t *testing.T) {
	t.Parallel()
	h := open(t, nil)
	before := h.tree(t)
	h.switchTo(t, wants(users.User{Name: "a", SubIDs: &users.SubIDs{Auto: true}}))
	if got := h.read(t, "etc/passwd"); got != "a:x:1000:1000::/home/a:/bin/sh\n" {
		t.Errorf("got %q", got)
	}
	h.switchTo(t, users.Desired{})
	if diff := cmp.Diff(before, h.tree(t)); diff != "" {
		t.Error(diff)
	}
}
