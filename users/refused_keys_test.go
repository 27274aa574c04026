package users_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/activation/rootfs"
	"github.com/activate-agent/activate/users"
)

// TestKeysThatSSHRefuses has what may stand on the way to keys that are given to a
// user of now, bob, and whether it is told that sshd(8) will not take them.
func TestKeysThatSSHRefuses(t *testing.T) {
	t.Parallel()
	const home, ssh = "home/bob", "home/bob/.ssh"
	type dir struct {
		path     string
		mode     os.FileMode
		uid, gid int
	}
	managed := users.Others{At: func(p string) (users.Other, bool, error) {
		return users.Other{Path: p, Type: rootfs.Dir, User: "bob", Mode: 0o700}, p == ssh, nil
	}}
	for name, c := range map[string]struct {
		dirs   []dir
		others users.Others
		user   users.User
		want   string
	}{
		"as useradd makes it":         {dirs: []dir{{home, 0o755, 1000, 1000}}},
		"a home and .ssh of his own":  {dirs: []dir{{home, 0o700, 1000, 1000}, {ssh, 0o700, 1000, 1000}}},
		"a private group writes":      {dirs: []dir{{home, 0o775, 1000, 1000}, {ssh, 0o770, 1000, 1000}}},
		"another group writes":        {dirs: []dir{{home, 0o775, 1000, 27}}, want: "others may write to {}/home/bob (mode 0775)"},
		"all write to the home":       {dirs: []dir{{home, 0o777, 1000, 1000}}, want: "others may write to {}/home/bob (mode 0777)"},
		"all write to .ssh":           {dirs: []dir{{home, 0o755, 1000, 1000}, {ssh, 0o777, 1000, 1000}}, want: "others may write to {}/home/bob/.ssh (mode 0777)"},
		"all write above the home":    {dirs: []dir{{"home", 0o777, 0, 0}, {home, 0o755, 1000, 1000}}},
		"the plan corrects it":        {dirs: []dir{{home, 0o755, 1000, 1000}, {ssh, 0o777, 1000, 1000}}, others: managed},
		"root's home that is closed":  {dirs: []dir{{home, 0o700, 0, 0}}, want: "{}/home/bob may not be entered by bob"},
		"no keys, so nobody is wrong": {dirs: []dir{{home, 0o777, 1000, 1000}}, user: users.User{Name: "bob", Description: "Bob"}},
	} {
		h := open(t, debian)
		for _, d := range c.dirs {
			p := filepath.Join(h.dir, d.path)
			must(t, os.MkdirAll(p, 0o755))
			must(t, os.Chown(p, d.uid, d.gid))
			must(t, os.Chmod(p, d.mode))
		}
		if c.user.Name == "" {
			c.user = users.User{Name: "bob", AuthorizedKeys: []string{"ssh-ed25519 A"}}
		}
		h.others = c.others
		d := h.diff(t, wants(c.user))
		if len(d.Problems) > 0 {
			t.Errorf("%s: %v", name, d.Problems)
		}
		got := toldOfSSH(d)
		want := []string(nil)
		if c.want != "" {
			want = []string{"sshd takes no keys of user bob: " + strings.ReplaceAll(c.want, "{}", h.dir)}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: told %q, not %q", name, got, want)
		}
		h.switchTo(t, wants(c.user))
		if again := toldOfSSH(h.diff(t, wants(c.user))); len(again) > 0 {
			t.Errorf("%s: told again: %q", name, again)
		}
	}
}

// toldOfSSH gives the warnings that name sshd(8).
func toldOfSSH(d plan.Diff) []string {
	var out []string
	for _, w := range d.Warnings {
		if strings.Contains(w.Summary, "sshd") {
			out = append(out, w.Summary)
		}
	}
	return out
}
