package users_test

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/users"
)

func TestPasswords(t *testing.T) {
	t.Parallel()
	h := open(t, debian)
	shadow := func(name string) string {
		for line := range strings.Lines(h.read(t, "etc/shadow")) {
			if rest, ok := strings.CutPrefix(line, name+":"); ok {
				hash, _, _ := strings.Cut(rest, ":")
				return hash
			}
		}
		return ""
	}
	h.switchTo(t, wants(users.User{Name: "a", InitialHashedPassword: "$6$first"}, users.User{Name: "b", HashedPassword: "$6$b1"}))
	if shadow("a") != "$6$first" || shadow("b") != "$6$b1" {
		t.Fatalf("new: %q %q", shadow("a"), shadow("b"))
	}
	d := h.switchTo(t, wants(users.User{Name: "a", InitialHashedPassword: "$6$other"}, users.User{Name: "b", HashedPassword: "$6$b2"}))
	if shadow("a") != "$6$first" || shadow("b") != "$6$b2" || len(d.Changes) != 1 {
		t.Fatalf("changed: %q %q", shadow("a"), shadow("b"))
	}
	h.switchTo(t, wants(users.User{Name: "a"}, users.User{Name: "b"}))
	if shadow("b") != "$6$b2" {
		t.Fatalf("changed by omission: %q", shadow("b"))
	}
	must(t, os.WriteFile(filepath.Join(h.dir, "hash"), []byte("$6$fromfile\n"), 0o600))
	h.switchTo(t, wants(users.User{Name: "a", HashedPasswordFile: "/hash"}, users.User{Name: "b"}))
	if shadow("a") != "$6$fromfile" {
		t.Fatalf("from a file: %q", shadow("a"))
	}
}

func TestASnippetMayWriteTheHashFile(t *testing.T) {
	t.Parallel()
	h := open(t, debian)
	h.later = true
	must(t, os.MkdirAll(filepath.Join(h.dir, "run"), 0o755))
	before := h.read(t, "etc/shadow")
	desired := wants(users.User{Name: "a", HashedPasswordFile: "/run/hash"}, users.User{Name: "bob", HashedPasswordFile: "/run/hash"})
	s := h.subsystem(desired)
	d, err := s.Diff(context.Background())
	must(t, err)
	if len(d.Problems) > 0 || len(d.Warnings) < 2 {
		t.Fatalf("got %v, %v", d.Problems, d.Warnings)
	}
	must(t, s.Save(context.Background(), d.Changes))
	if err := s.Apply(context.Background(), d.Changes); err == nil || !strings.Contains(err.Error(), "/run/hash") {
		t.Fatalf("without the file: %v", err)
	}
	must(t, os.WriteFile(filepath.Join(h.dir, "run/hash"), []byte("$6$late\n"), 0o600))
	must(t, s.Apply(context.Background(), d.Changes))
	got := h.read(t, "etc/shadow")
	if !strings.Contains(got, "\na:$6$late:") || !strings.Contains(got, "\nbob:$6$late:") {
		t.Errorf("got %s", got)
	}
	must(t, os.Remove(filepath.Join(h.dir, "run/hash")))
	must(t, s.Apply(context.Background(), plan.Inverses(d.Changes)))
	if diff := cmp.Diff(before, h.read(t, "etc/shadow")); diff != "" {
		t.Error(diff)
	}
}

func TestHashesStayOutOfPlansAndRecords(t *testing.T) {
	t.Parallel()
	h := open(t, debian)
	desired := wants(users.User{Name: "bob", HashedPassword: "$6$secret"}, users.User{Name: "new", InitialHashedPassword: "$6$secret2"})
	d := h.diff(t, desired)
	text := string(plan.Encode(h.subsystem(desired).Recorded()))
	for _, ch := range d.Changes {
		text += string(ch.Before) + string(ch.After)
	}
	for _, hash := range []string{"$6$secret", "$6$bobbobbob"} {
		if strings.Contains(text, hash) {
			t.Errorf("%s shows in %s", hash, text)
		}
	}
}

func TestARecordAloneMakesTheAccount(t *testing.T) {
	t.Parallel()
	h := open(t, debian)
	h.switchTo(t, wants(users.User{Name: "a", HashedPassword: "$6$enforced"}))
	recorded := h.last
	h.last = users.Desired{}
	for _, f := range []string{"passwd", "group", "shadow", "gshadow"} {
		must(t, os.WriteFile(filepath.Join(h.dir, "etc", f), []byte(debian["etc/"+f]), 0o644))
	}
	h.switchTo(t, recorded)
	if !strings.Contains(h.read(t, "etc/shadow"), "a:$6$enforced:") {
		t.Errorf("got %s", h.read(t, "etc/shadow"))
	}
}

func TestRemovalCanLock(t *testing.T) {
	t.Parallel()
	h := open(t, debian)
	h.switchTo(t, wants(users.User{Name: "a", HashedPassword: "$6$a", OnRemoval: "lock", Linger: new(true)}))
	h.switchTo(t, users.Desired{})
	if _, err := os.Lstat(filepath.Join(h.dir, "var/lib/systemd/linger/a")); err == nil {
		t.Error("locked, it goes on lingering")
	}
	if !strings.Contains(h.read(t, "etc/shadow"), "a:!$6$a:20000:0:99999:7::1:\n") || !strings.Contains(h.read(t, "etc/passwd"), "\na:x:") {
		t.Errorf("got %s", h.read(t, "etc/shadow"))
	}
	h.switchTo(t, wants(users.User{Name: "a"}))
	if !strings.Contains(h.read(t, "etc/shadow"), "a:$6$a:20000:0:99999:7:::\n") {
		t.Errorf("declared again, it stays locked: %s", h.read(t, "etc/shadow"))
	}
}

func TestLockOut(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		"etc/passwd": "root:x:0:0:root:/root:/bin/sh\nbob:x:1000:1000::/home/bob:/bin/sh\n",
		"etc/group":  "root:x:0:\nsudo:x:27:bob\nbob:x:1000:\n",
		"etc/shadow": "root:*:19000::::::\nbob:$6$bob:19000::::::\n",
	}
	cases := []struct {
		name    string
		bob     users.User
		refused bool
	}{
		{"his password goes", users.User{Name: "bob", HashedPassword: "!"}, true},
		{"he expires", users.User{Name: "bob", Expires: "1999-01-01"}, true},
		{"he leaves sudo", users.User{Name: "bob", ExclusiveGroups: true}, true},
		{"he gets a key for his password", users.User{Name: "bob", HashedPassword: "!", CreateHome: true, AuthorizedKeys: []string{"ssh-ed25519 A"}}, false},
		{"a password for its hash", users.User{Name: "bob", HashedPassword: "hunter2"}, true},
		{"another password", users.User{Name: "bob", HashedPassword: "$6$other"}, false},
		{"another shell", users.User{Name: "bob", Shell: "/bin/dash"}, false},
		{"a shell that lets nobody in", users.User{Name: "bob", Shell: "/usr/sbin/nologin"}, true},
		{"a comment for his password", users.User{Name: "bob", HashedPassword: "!", CreateHome: true, AuthorizedKeys: []string{"# none"}}, true},
	}
	for _, c := range cases {
		h := open(t, files)
		d := h.diff(t, wants(c.bob))
		if got := len(d.Problems) > 0; got != c.refused {
			t.Errorf("%s: %v", c.name, d.Problems)
		}
		h.force = true
		if d := h.diff(t, wants(c.bob)); len(d.Problems) > 0 {
			t.Errorf("%s, forced: %v", c.name, d.Problems)
		}
	}
	files["bin/sh"], files["bin/dash"] = "", ""
	for shell, refused := range map[string]bool{"/bin/dash": false, "/bin/zsh": true} {
		d := open(t, files).diff(t, wants(users.User{Name: "bob", Shell: shell}))
		if got := len(d.Problems) > 0; got != refused {
			t.Errorf("%s: %v", shell, d.Problems)
		}
	}
	h := open(t, map[string]string{"etc/passwd": files["etc/passwd"], "etc/shadow": "root:*:1::::::\n"})
	if d := h.diff(t, wants(users.User{Name: "bob", HashedPassword: "!"})); len(d.Problems) > 0 {
		t.Errorf("a host without a way in: %v", d.Problems)
	}
}

// TestLockOutByAPath has keys that another part of the plan gives or takes.
func TestLockOutByAPath(t *testing.T) {
	t.Parallel()
	const keys = "root/.ssh/authorized_keys"
	at := func(list ...users.Other) users.Others {
		return users.Others{Taken: true, At: func(p string) (users.Other, bool, error) {
			i := slices.IndexFunc(list, func(o users.Other) bool { return o.Path == p })
			if i < 0 {
				return users.Other{}, false, nil
			}
			o := list[i]
			o.Address = plan.NewAddress(plan.KindFile, "/"+p)
			return o, true, nil
		}}
	}
	file := func(text string) users.Other {
		return users.Other{Path: keys, Type: rootfs.File, Content: []byte(text)}
	}
	shut := wants(users.User{Name: "root", HashedPassword: "!"})
	cases := map[string]struct {
		password, standing string
		desired            users.Desired
		others             users.Others
		refused            bool
	}{
		"the key goes":                      {"!", "ssh-ed25519 A", users.Desired{}, at(users.Other{Path: keys}), true},
		"the key goes, the password stays":  {"$6$a", "ssh-ed25519 A", users.Desired{}, at(users.Other{Path: keys}), false},
		"another key":                       {"!", "ssh-ed25519 A", users.Desired{}, at(file("ssh-ed25519 B")), false},
		"a comment":                         {"!", "ssh-ed25519 A", users.Desired{}, at(file("# none")), true},
		"nobody knows what":                 {"!", "ssh-ed25519 A", users.Desired{}, at(), false},
		"a key for the password":            {"$6$a", "", shut, at(file("ssh-ed25519 B")), false},
		"the password and the key":          {"$6$a", "ssh-ed25519 A", shut, at(users.Other{Path: keys}), true},
		"a link in a circle":                {"!", "ssh-ed25519 A", users.Desired{}, at(users.Other{Path: keys, Type: rootfs.Symlink, Target: "authorized_keys"}), true},
		"a new directory":                   {"!", "ssh-ed25519 A", users.Desired{}, at(users.Other{Path: "root/.ssh", Type: rootfs.Dir, New: true}), true},
		"a new directory with a key":        {"!", "ssh-ed25519 A", users.Desired{}, at(users.Other{Path: "root/.ssh", Type: rootfs.Dir, New: true}, file("ssh-ed25519 B")), false},
		"the root in place of the home":     {"!", "ssh-ed25519 A", users.Desired{}, at(users.Other{Path: "root", Type: rootfs.Symlink, Target: ".."}), true},
		"something that is no file":         {"!", "ssh-ed25519 A", users.Desired{}, at(users.Other{Path: keys, Type: rootfs.Dir}), true},
		"no way in before":                  {"!", "", users.Desired{}, at(users.Other{Path: keys}), false},
		"keys of the user's own for a file": {"!", "ssh-ed25519 A", wants(users.User{Name: "root", AuthorizedKeys: []string{"ssh-ed25519 B"}}), at(users.Other{Path: keys}), true},
	}
	for name, c := range cases {
		files := map[string]string{
			"etc/passwd": "root:x:0:0:root:/root:/bin/sh\n",
			"etc/group":  "root:x:0:\n",
			"etc/shadow": "root:" + c.password + ":19000::::::\n",
		}
		if c.standing != "" {
			files[keys] = c.standing
		}
		h := open(t, files)
		h.others = c.others
		d := h.diff(t, c.desired)
		if got := len(d.Problems) > 0; got != c.refused {
			t.Errorf("%s: %v", name, d.Problems)
		}
	}
}

// TestLockOutOfAPrimaryGroup has an admin by the group of the passwd line alone.
func TestLockOutOfAPrimaryGroup(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		"etc/passwd": "root:x:0:0:root:/root:/bin/sh\nbob:x:1000:27::/home/bob:/bin/sh\n",
		"etc/group":  "root:x:0:\nsudo:x:27:\nusers:x:100:\n",
		"etc/shadow": "root:$6$root:19000::::::\nbob:$6$bob:19000::::::\n",
	}
	shut := users.User{Name: "root", HashedPassword: "!"}
	for name, c := range map[string]struct {
		desired users.Desired
		refused bool
	}{
		"he stays":             {wants(shut), false},
		"he goes elsewhere":    {wants(users.User{Name: "bob", Group: "users"}, shut), true},
		"another comes":        {wants(users.User{Name: "bob", Group: "users"}, users.User{Name: "eve", Group: "sudo", HashedPassword: "$6$eve"}, shut), false},
		"one who can't log in": {wants(users.User{Name: "bob", Group: "users"}, users.User{Name: "eve", Group: "sudo", HashedPassword: "$6$eve", System: true}, shut), true},
	} {
		d := open(t, files).diff(t, c.desired)
		if got := len(d.Problems) > 0; got != c.refused {
			t.Errorf("%s: %v", name, d.Problems)
		}
	}
}

// TestAPasswordIsNotSetBesideALineThatMayBeRead has lines that glibc reads as an
// entry and this program does not.
func TestAPasswordIsNotSetBesideALineThatMayBeRead(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"bob:$6$old:19001:3:90:14:30:\n", "bob:$6$old:19001:0:99999\n", " bob:$6$old:1:::::::\n"} {
		files := maps.Clone(debian)
		files["etc/shadow"] = strings.Replace(files["etc/shadow"], "bob:$6$bobbobbob:19001:0:99999:7:::\n", line, 1)
		h := open(t, files)
		for _, u := range []users.User{{Name: "bob", HashedPassword: "$6$new"}, {Name: "bob", Expires: "2030-01-01"}} {
			d := h.diff(t, wants(u))
			if len(d.Problems) != 1 || !strings.Contains(d.Problems[0].Summary, "a malformed line of /etc/shadow") {
				t.Errorf("%q: %v, %v", line, d.Problems, describe(d))
			}
		}
		if d := h.diff(t, wants(users.User{Name: "bob", Shell: "/bin/sh"})); len(d.Problems) > 0 {
			t.Errorf("%q: %v", line, d.Problems)
		}
	}
}

// TestALockedAccountIsOursStill declares it again without the lock and lets it
// leave, and takes everything back while it is locked.
func TestALockedAccountIsOursStill(t *testing.T) {
	t.Parallel()
	locked := users.User{Name: "alice", HashedPassword: "$6$a", OnRemoval: "lock"}
	cases := map[string]struct {
		steps []users.Desired
		undo  bool
	}{
		"declared again, then gone":       {steps: []users.Desired{wants(locked), {}, wants(users.User{Name: "alice"}), {}}},
		"locked, then all is taken back":  {steps: []users.Desired{wants(locked), {}, {}}, undo: true},
		"at once":                         {steps: []users.Desired{wants(locked), {}}, undo: true},
		"locked twice, then taken back":   {steps: []users.Desired{wants(locked), {}, wants(locked), {}, {}}, undo: true},
		"beside another, then taken back": {steps: []users.Desired{wants(locked), wants(users.User{Name: "bob"}), {}}, undo: true},
	}
	for name, c := range cases {
		h := open(t, debian)
		before := h.tree(t)
		for i, d := range c.steps {
			h.undo = c.undo && i == len(c.steps)-1
			h.switchTo(t, d)
		}
		if diff := cmp.Diff(before, h.tree(t)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestAnAccountThatTheHostLockedIsTheHosts looks like one of ours that is locked.
func TestAnAccountThatTheHostLockedIsTheHosts(t *testing.T) {
	t.Parallel()
	files := maps.Clone(debian)
	files["etc/shadow"] = strings.Replace(files["etc/shadow"], "bob:$6$bobbobbob:19001:0:99999:7:::", "bob:!$6$bobbobbob:19001:0:99999:7::1:", 1)
	h := open(t, files)
	before := h.tree(t)
	h.switchTo(t, wants(users.User{Name: "bob", HashedPassword: "$6$new", Expires: "2030-01-01", OnRemoval: "lock"}))
	h.switchTo(t, users.Desired{})
	h.undo = true
	h.switchTo(t, users.Desired{})
	if diff := cmp.Diff(before, h.tree(t)); diff != "" {
		t.Error(diff)
	}
}

func TestTheFirstLineOfAHashFileIsTheHash(t *testing.T) {
	t.Parallel()
	for content, want := range map[string]string{
		"$6$first\nof alice, 2026\n": "\na:$6$first:",
		"$6$first\r\n":               "\na:$6$first:",
		"$6$first":                   "\na:$6$first:",
		"\n$6$second\n":              "",
		"$6$a:b\n":                   "",
	} {
		h := open(t, debian)
		must(t, os.WriteFile(filepath.Join(h.dir, "hash"), []byte(content), 0o600))
		desired := wants(users.User{Name: "a", HashedPasswordFile: "/hash"})
		if want == "" {
			if d := h.diff(t, desired); len(d.Problems) != 1 || !strings.Contains(d.Problems[0].Summary, "the first line of its hashed_password_file /hash is no password hash") {
				t.Errorf("%q: %v", content, d.Problems)
			}
			continue
		}
		h.switchTo(t, desired)
		if got := h.read(t, "etc/shadow"); !strings.Contains(got, want) {
			t.Errorf("%q: %s", content, got)
		}
	}
}
