package users_test

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/users"
)

// TestKeysHaveNoSafePlace has what the owner of a home, or somebody else, may
// have put where the keys go. All of it is found before the first change.
func TestKeysHaveNoSafePlace(t *testing.T) {
	t.Parallel()
	home := func(h *host) string { return filepath.Join(h.dir, "home/alice") }
	theirs := func(t *testing.T, p string, uid int) {
		must(t, os.MkdirAll(p, 0o700))
		must(t, os.Lchown(p, uid, uid))
	}
	cases := map[string]struct {
		prepare func(t *testing.T, h *host)
		want    string
	}{
		"a home of somebody else": {func(t *testing.T, h *host) { theirs(t, home(h), 5555) }, "belongs to the uid 5555"},
		".ssh of somebody else": {func(t *testing.T, h *host) {
			theirs(t, home(h), 4000)
			theirs(t, home(h)+"/.ssh", 5555)
		}, ".ssh belongs to the uid 5555"},
		"a link in place of .ssh": {func(t *testing.T, h *host) {
			theirs(t, home(h), 4000)
			must(t, os.Symlink("/etc", home(h)+"/.ssh"))
			must(t, os.Lchown(home(h)+"/.ssh", 4000, 4000))
		}, "a link that is not root's"},
		"a file in place of .ssh": {func(t *testing.T, h *host) {
			theirs(t, home(h), 4000)
			must(t, os.WriteFile(home(h)+"/.ssh", nil, 0o600))
		}, "not a directory"},
		"a link in place of the keys": {func(t *testing.T, h *host) {
			theirs(t, home(h), 4000)
			theirs(t, home(h)+"/.ssh", 4000)
			must(t, os.Symlink("/etc/shadow", home(h)+"/.ssh/authorized_keys"))
		}, "it is a symbolic link"},
		"a FIFO in place of the keys": {func(t *testing.T, h *host) {
			theirs(t, home(h)+"/.ssh", 0)
			must(t, unix.Mkfifo(home(h)+"/.ssh/authorized_keys", 0o600))
		}, "it is a FIFO"},
		"a home that is a file": {func(t *testing.T, h *host) {
			must(t, os.MkdirAll(filepath.Dir(home(h)), 0o755))
			must(t, os.WriteFile(home(h), nil, 0o600))
		}, "not a directory"},
		"a home that is a link to nowhere": {func(t *testing.T, h *host) {
			must(t, os.MkdirAll(filepath.Dir(home(h)), 0o755))
			must(t, os.Symlink("/mnt/gone", home(h)))
		}, "no such file or directory"},
		"a link to nowhere above it": {func(t *testing.T, h *host) {
			must(t, os.Symlink("/mnt/gone", filepath.Dir(home(h))))
		}, "no such file or directory"},
	}
	for name, c := range cases {
		h := open(t, debian)
		c.prepare(t, h)
		d := h.diff(t, wants(users.User{Name: "alice", UID: new(users.ID(4000)), CreateHome: true, AuthorizedKeys: []string{"ssh-ed25519 AAAA"}}))
		if len(d.Problems) != 1 || !strings.Contains(d.Problems[0].Summary, c.want) {
			t.Errorf("%s: %v", name, d.Problems)
		}
	}
}

// TestANewAccountFindsKeysInItsHome makes an account again whose home stayed.
func TestANewAccountFindsKeysInItsHome(t *testing.T) {
	t.Parallel()
	h := open(t, debian)
	alice := func(key string) users.Desired {
		return wants(users.User{Name: "alice", CreateHome: true, AuthorizedKeys: []string{key}})
	}
	h.switchTo(t, alice("old"))
	h.switchTo(t, users.Desired{})
	file := filepath.Join(h.dir, "home/alice/.ssh/authorized_keys")
	must(t, os.Chmod(file, 0o640))
	before := h.tree(t)
	for range 2 {
		s := h.subsystem(alice("new"))
		d, err := s.Diff(context.Background())
		must(t, err)
		must(t, s.Save(context.Background(), d.Changes))
		must(t, s.Apply(context.Background(), d.Changes))
		if got := h.read(t, "home/alice/.ssh/authorized_keys"); got != "new\n" {
			t.Errorf("the keys are %q", got)
		}
		must(t, s.Apply(context.Background(), plan.Inverses(d.Changes)))
		if diff := cmp.Diff(before, h.tree(t)); diff != "" {
			t.Error(diff)
		}
	}
	h.switchTo(t, alice("new"))
	if d := h.diff(t, alice("new")); len(d.Changes)+len(d.Problems) > 0 {
		t.Errorf("again: %v", describe(d))
	}
}

// TestKeysReturnToTheGroupTheyHad replaces keys that have the group which becomes
// their user's by the same change, and takes that back.
func TestKeysReturnToTheGroupTheyHad(t *testing.T) {
	t.Parallel()
	files := maps.Clone(debian)
	files["etc/passwd"] = strings.Replace(files["etc/passwd"], "bob:x:1000:1000:", "bob:x:1000:50:", 1)
	files["home/bob/.ssh/authorized_keys"] = "ssh-rsa AAAA his own"
	h := open(t, files)
	for _, p := range []string{"home/bob", "home/bob/.ssh", "home/bob/.ssh/authorized_keys"} {
		must(t, os.Chown(filepath.Join(h.dir, p), 1000, 1000))
	}
	before := h.tree(t)
	s := h.subsystem(wants(users.User{Name: "bob", Group: "bob", AuthorizedKeys: []string{"one"}}))
	d, err := s.Diff(t.Context())
	must(t, err)
	must(t, s.Save(t.Context(), d.Changes))
	must(t, s.Apply(t.Context(), d.Changes))
	must(t, s.Apply(t.Context(), plan.Inverses(d.Changes)))
	if diff := cmp.Diff(before, h.tree(t)); diff != "" {
		t.Error(diff)
	}
	h.switchTo(t, wants(users.User{Name: "bob", Group: "bob", AuthorizedKeys: []string{"one"}}))
	h.returns(t, before)
}

// TestKeysMoveWithTheirHome gives an adopted account another home, and lets all
// return.
func TestKeysMoveWithTheirHome(t *testing.T) {
	t.Parallel()
	files := maps.Clone(debian)
	files["home/bob/.ssh/authorized_keys"] = "ssh-rsa AAAA his own"
	bob := func(home, key string) users.User {
		return users.User{Name: "bob", Home: home, CreateHome: true, AuthorizedKeys: []string{key}}
	}
	for name, steps := range map[string][]users.User{
		"afterwards": {bob("", "one"), bob("/srv/bob", "two")},
		"at once":    {bob("/srv/bob", "two")},
		"and back":   {bob("", "one"), bob("/srv/bob", "two"), bob("/home/bob", "three")},
	} {
		h := open(t, files)
		for _, p := range []string{"home/bob", "home/bob/.ssh", "home/bob/.ssh/authorized_keys"} {
			must(t, os.Chown(filepath.Join(h.dir, p), 1000, 1000))
		}
		before := h.tree(t)
		for _, u := range steps {
			was := h.tree(t)
			s := h.subsystem(wants(u))
			d, err := s.Diff(context.Background())
			must(t, err)
			must(t, s.Save(context.Background(), d.Changes))
			must(t, s.Apply(context.Background(), d.Changes))
			must(t, s.Apply(context.Background(), plan.Inverses(d.Changes)))
			if diff := cmp.Diff(was, h.tree(t)); diff != "" {
				t.Errorf("%s: undone: %s", name, diff)
			}
			h.switchTo(t, wants(u))
			if again := h.diff(t, wants(u)); len(again.Changes)+len(again.Problems) > 0 {
				t.Errorf("%s: again: %v", name, describe(again))
			}
		}
		if d := h.switchTo(t, users.Desired{}); len(d.Problems) > 0 {
			t.Errorf("%s: %v", name, d.Problems)
		}
		for _, p := range []string{"srv/bob/.ssh/authorized_keys", "srv/bob/.ssh", "srv/bob", "srv"} {
			_ = os.Remove(filepath.Join(h.dir, p))
		}
		if diff := cmp.Diff(before, h.tree(t)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestKeysThatReturnAreOfTheOldID migrates an account and asks for keys at once.
func TestKeysThatReturnAreOfTheOldID(t *testing.T) {
	t.Parallel()
	files := maps.Clone(debian)
	files["home/bob/.ssh/authorized_keys"] = "ssh-rsa AAAA his own"
	h := open(t, files)
	for _, p := range []string{"home/bob", "home/bob/.ssh", "home/bob/.ssh/authorized_keys"} {
		must(t, os.Chown(filepath.Join(h.dir, p), 1000, 1000))
	}
	before := h.tree(t)
	h.switchTo(t, wants(users.User{Name: "bob"}))
	h.switchTo(t, wants(users.User{Name: "bob", UID: new(users.ID(2000)), MigrateID: true, AuthorizedKeys: []string{"ssh-ed25519 A"}}))
	h.switchTo(t, wants(users.User{Name: "bob"}))
	h.switchTo(t, users.Desired{})
	if diff := cmp.Diff(before, h.tree(t)); diff != "" {
		t.Error(diff)
	}
}

// TestTheDirectoryOfKeysGoesWithThem where we made it, and nobody put anything
// into it or changed it.
func TestTheDirectoryOfKeysGoesWithThem(t *testing.T) {
	t.Parallel()
	bob := users.User{Name: "bob", AuthorizedKeys: []string{"ssh-ed25519 A"}}
	moved := bob
	moved.Home, moved.CreateHome = "/home/bob/new", true
	const ssh = "home/bob/.ssh"
	for name, c := range map[string]struct {
		touch func(h *host, dir string) error
		steps []users.Desired
		stays bool
	}{
		"the block goes":         {steps: []users.Desired{wants(bob), {}}},
		"the keys go":            {steps: []users.Desired{wants(bob), wants(users.User{Name: "bob"})}},
		"other keys, then none":  {steps: []users.Desired{wants(bob), wants(users.User{Name: "bob", AuthorizedKeys: []string{"ssh-rsa B"}}), {}}},
		"come, gone, come, gone": {steps: []users.Desired{wants(bob), {}, wants(bob), {}}},
		"the home is another":    {steps: []users.Desired{wants(bob), wants(moved)}},
		"something is in it": {
			touch: func(_ *host, dir string) error { return os.WriteFile(dir+"/config", nil, 0o600) },
			steps: []users.Desired{wants(bob), {}}, stays: true,
		},
		"its mode is another": {
			touch: func(_ *host, dir string) error { return os.Chmod(dir, 0o750) },
			steps: []users.Desired{wants(bob), {}}, stays: true,
		},
	} {
		h := open(t, debian)
		dir := filepath.Join(h.dir, "home/bob")
		must(t, os.MkdirAll(dir, 0o755))
		must(t, os.Chown(dir, 1000, 1000))
		h.switchTo(t, c.steps[0])
		if c.touch != nil {
			must(t, c.touch(h, dir+"/.ssh"))
		}
		for _, step := range c.steps[1:] {
			was := h.tree(t)
			s := h.subsystem(step)
			d, err := s.Diff(t.Context())
			must(t, err)
			must(t, s.Save(t.Context(), d.Changes))
			must(t, s.Apply(t.Context(), d.Changes))
			must(t, s.Apply(t.Context(), plan.Inverses(d.Changes)))
			if diff := cmp.Diff(was, h.tree(t)); diff != "" {
				t.Errorf("%s: undone: %s", name, diff)
			}
			h.switchTo(t, step)
		}
		if _, err := os.Lstat(filepath.Join(h.dir, ssh)); (err == nil) != c.stays {
			t.Errorf("%s: %v", name, err)
		}
	}
	h := open(t, debian)
	must(t, os.MkdirAll(filepath.Join(h.dir, ssh), 0o700))
	must(t, os.Chown(filepath.Join(h.dir, "home/bob"), 1000, 1000))
	must(t, os.Chown(filepath.Join(h.dir, ssh), 1000, 1000))
	before := h.tree(t)
	h.switchTo(t, wants(bob))
	h.returns(t, before)
}

// TestKeysOfNoHome has accounts whose home is no path to put keys in.
func TestKeysOfNoHome(t *testing.T) {
	t.Parallel()
	for _, home := range []string{"", "srv", "/home/b\xf6b"} {
		files := maps.Clone(debian)
		files["etc/passwd"] += "app:x:1500:1500::" + home + ":/bin/sh\n"
		d := open(t, files).diff(t, wants(users.User{Name: "app", CreateHome: true, AuthorizedKeys: []string{"ssh-ed25519 A"}}))
		if len(d.Problems) != 1 || !strings.Contains(d.Problems[0].Summary, "is no absolute path") {
			t.Errorf("%q: %v, %v", home, d.Problems, describe(d))
		}
	}
}

// TestKeysInTheRoot are those of a user whose home is "/".
func TestKeysInTheRoot(t *testing.T) {
	t.Parallel()
	files := maps.Clone(debian)
	files["etc/passwd"] += "app:x:1500:1500::/:/bin/sh\n"
	h := open(t, files)
	before := h.tree(t)
	desired := wants(users.User{Name: "app", AuthorizedKeys: []string{"ssh-ed25519 A"}})
	h.switchTo(t, desired)
	if got := h.read(t, ".ssh/authorized_keys"); got != "ssh-ed25519 A\n" {
		t.Errorf("%q", got)
	}
	if again := h.diff(t, desired); len(again.Changes)+len(again.Problems) > 0 {
		t.Errorf("again: %v", describe(again))
	}
	h.returns(t, before)
}
