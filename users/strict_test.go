package users_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/users"
)

// keysOnly is a host that root and bob, of sudo, have keys to and no password.
func keysOnly(t *testing.T) *host {
	t.Helper()
	h := open(t, map[string]string{
		"etc/passwd":                    "root:x:0:0:root:/root:/bin/sh\nbob:x:1000:1000::/home/bob:/bin/sh\n",
		"etc/group":                     "root:x:0:\nsudo:x:27:bob\nbob:x:1000:\n",
		"etc/shadow":                    "root:!:19000::::::\nbob:!:19000::::::\n",
		"root/.ssh/authorized_keys":     "ssh-ed25519 A",
		"home/bob/.ssh/authorized_keys": "ssh-ed25519 B",
	})
	for p, mode := range map[string]os.FileMode{"": 0o755, "/.ssh": 0o700, "/.ssh/authorized_keys": 0o600} {
		must(t, os.Chmod(filepath.Join(h.dir, "root"+p), mode))
		must(t, os.Chmod(filepath.Join(h.dir, "home/bob"+p), mode))
		must(t, os.Chown(filepath.Join(h.dir, "home/bob"+p), 1000, 1000))
	}
	return h
}

// TestLockOutByModesAndOwners has plans that leave each key where it is, and
// make sshd refuse it.
func TestLockOutByModesAndOwners(t *testing.T) {
	t.Parallel()
	const root, bob = "root/.ssh/authorized_keys", "home/bob/.ssh/authorized_keys"
	dir := func(p, owner string, mode uint32) users.Other {
		return users.Other{Path: p, Type: rootfs.Dir, User: owner, Group: owner, Mode: mode}
	}
	file := func(p, owner string, mode uint32) users.Other {
		o := dir(p, owner, mode)
		o.Type, o.Content = rootfs.File, []byte("ssh-ed25519 C")
		return o
	}
	unread := file(bob, "bob", 0o666)
	unread.Content, unread.Unread = nil, true
	elsewhere := users.Other{Path: bob, Type: rootfs.Symlink, Target: "/srv/keys/bob"}
	for name, c := range map[string]struct {
		// without is whose key is not there.
		without string
		others  []users.Other
		want    string
	}{
		"a home for all":                           {"bob", []users.Other{dir("root", "", 0o777)}, "others may write to /root (mode 0777)"},
		"a home for its group":                     {"root", []users.Other{dir("home/bob", "bob", 0o775)}, "others may write to /home/bob (mode 0775)"},
		"a home for all, the other's stays":        {"", []users.Other{dir("root", "", 0o777)}, ""},
		"a directory of keys for all":              {"bob", []users.Other{dir("root/.ssh", "", 0o707)}, "others may write to /root/.ssh (mode 0707)"},
		"a home of somebody":                       {"root", []users.Other{dir("home/bob", "7", 0o755)}, "/home/bob belongs to the uid 7"},
		"keys of somebody":                         {"bob", []users.Other{file(root, "bob", 0o600)}, "/root/.ssh/authorized_keys belongs to user bob"},
		"keys for all":                             {"bob", []users.Other{file(root, "", 0o666)}, "others may write to /root/.ssh/authorized_keys (mode 0666)"},
		"keys for all, of which none can say what": {"root", []users.Other{unread}, "others may write to /home/bob/.ssh/authorized_keys (mode 0666)"},
		"keys that root reads":                     {"root", []users.Other{file(bob, "", 0o600)}, "/home/bob/.ssh/authorized_keys may not be read by bob"},
		"keys that all read":                       {"root", []users.Other{file(bob, "", 0o644)}, ""},
		"a directory of keys for root":             {"root", []users.Other{dir("home/bob/.ssh", "", 0o700)}, "/home/bob/.ssh may not be entered by bob"},
		"a directory above for root":               {"root", []users.Other{dir("home", "", 0o700)}, "/home may not be entered by bob"},
		"a directory above for all":                {"root", []users.Other{dir("home", "", 0o777)}, ""},
		"keys elsewhere":                           {"root", []users.Other{elsewhere, file("srv/keys/bob", "bob", 0o600)}, ""},
		"keys elsewhere, below what all may write": {"root", []users.Other{elsewhere, dir("srv", "", 0o777), file("srv/keys/bob", "bob", 0o600)}, "others may write to /srv (mode 0777)"},
		"all as it was":                            {"bob", []users.Other{dir("root", "", 0o700), file(root, "root", 0o600)}, ""},
	} {
		h := keysOnly(t)
		if c.without != "" {
			must(t, os.Remove(filepath.Join(h.dir, map[string]string{"root": root, "bob": bob}[c.without])))
		}
		h.others = users.Others{Taken: true, At: func(p string) (users.Other, bool, error) {
			for _, o := range c.others {
				if o.Path == p {
					o.Address = plan.NewAddress(plan.KindFile, "/"+p)
					return o, true, nil
				}
			}
			return users.Other{}, false, nil
		}}
		d := h.diff(t, users.Desired{})
		switch {
		case c.want == "" && len(d.Problems) > 0:
			t.Errorf("%s: %v", name, d.Problems)
		case c.want != "" && (len(d.Problems) != 1 || !strings.HasSuffix(strings.ReplaceAll(d.Problems[0].Summary, h.dir, ""), "sshd takes no keys where "+c.want)):
			t.Errorf("%s: %v, not %q", name, d.Problems, c.want)
		}
	}
}

// TestAnOwnKeyWhereAPathChanges gives root a key and lets another part of the
// plan change the directory it is in.
func TestAnOwnKeyWhereAPathChanges(t *testing.T) {
	t.Parallel()
	for mode, refused := range map[uint32]bool{0o700: false, 0o777: true} {
		h := open(t, map[string]string{"etc/passwd": "root:x:0:0:root:/root:/bin/sh\n", "etc/shadow": "root:$6$a:19000::::::\n", "root/x": ""})
		h.others = users.Others{Taken: true, At: func(p string) (users.Other, bool, error) {
			return users.Other{Address: "directory//root", Path: "root", Type: rootfs.Dir, Mode: mode}, p == "root", nil
		}}
		d := h.diff(t, wants(users.User{Name: "root", HashedPassword: "!", AuthorizedKeys: []string{"ssh-ed25519 A"}}))
		if got := len(d.Problems) > 0; got != refused {
			t.Errorf("%o: %v", mode, d.Problems)
		}
	}
}

// TestKeysThatSSHDNeverTook are no way in that could be lost by a mode, but one
// that could be lost as a whole: sshd may be told not to look.
func TestKeysThatSSHDNeverTook(t *testing.T) {
	t.Parallel()
	h := keysOnly(t)
	must(t, os.Remove(filepath.Join(h.dir, "home/bob/.ssh/authorized_keys")))
	must(t, os.Chmod(filepath.Join(h.dir, "root"), 0o777))
	h.others = users.Others{Taken: true, At: func(p string) (users.Other, bool, error) {
		return users.Other{Address: "directory//root", Path: "root", Type: rootfs.Dir, Mode: 0o770}, p == "root", nil
	}}
	if d := h.diff(t, users.Desired{}); len(d.Problems) > 0 {
		t.Error(d.Problems)
	}
	h.others.At = func(p string) (users.Other, bool, error) {
		return users.Other{Address: "file//root/.ssh/authorized_keys", Path: p}, p == "root/.ssh/authorized_keys", nil
	}
	if d := h.diff(t, users.Desired{}); len(d.Problems) != 1 {
		t.Error(d.Problems)
	}
}
