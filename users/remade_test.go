package users_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/activate-agent/activate/users"
)

// TestAccountMadeAgainKeepsTheDepartedOne has somebody delete an account of ours,
// whole or from passwd(5) only. It is made again, and what is left of it is ours:
// at its end returns what the first one had found.
func TestAccountMadeAgainKeepsTheDepartedOne(t *testing.T) {
	t.Parallel()
	for what, departed := range map[string]string{"one before": "gone:$6$salt$old:18000::::5::\n", "none before": ""} {
		for how, deleted := range map[string][]string{
			"whole": {"etc/passwd", "etc/shadow", "etc/group", "etc/gshadow"}, "from passwd": {"etc/passwd"},
		} {
			t.Run(what+", "+how, func(t *testing.T) {
				t.Parallel()
				files := maps.Clone(debian)
				files["etc/shadow"] = departed + files["etc/shadow"]
				files["etc/group"] = "club:x:1500:\n" + files["etc/group"]
				desired := wants(users.User{Name: "gone", Groups: []string{"club"}, HashedPassword: "$6$salt$ours"})
				h := open(t, files)
				before := h.tree(t)
				h.switchTo(t, desired)
				for _, p := range deleted {
					lines := slices.DeleteFunc(strings.SplitAfter(h.read(t, p), "\n"), func(l string) bool { return strings.HasPrefix(l, "gone:") })
					h.write(t, p, strings.Join(lines, ""))
				}
				h.switchTo(t, desired)
				h.switchTo(t, users.Desired{})
				if diff := cmp.Diff(before, h.tree(t)); diff != "" {
					t.Errorf("%s", diff)
				}
			})
		}
	}
}

// TestAGroupMadeAgainIsNotOurs has somebody delete a group that was there before
// us. It is made again, leaves, and comes back: at its end it has its first gid.
func TestAGroupMadeAgainIsNotOurs(t *testing.T) {
	t.Parallel()
	h := open(t, debian)
	desired := migratedGroup()
	h.switchTo(t, desired)
	for _, p := range []string{"etc/group", "etc/gshadow"} {
		lines := slices.DeleteFunc(strings.SplitAfter(h.read(t, p), "\n"), func(l string) bool { return strings.HasPrefix(l, "bob:") })
		h.write(t, p, strings.Join(lines, ""))
	}
	h.switchTo(t, desired)
	for range 2 {
		h.switchTo(t, users.Desired{})
		if got := idOfGroup(t, h, "bob"); got != "1000" {
			t.Errorf("the gid of bob is %s", got)
		}
		h.switchTo(t, desired)
	}
}
