package users_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/activate-agent/activate/activation/plan"
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

// TestAPrimaryGroupMadeAgain has somebody delete the group that a user of ours has
// and is a member of. The plan knows it by its number only; the group is made
// with that number again before the user joins it, and there while that is undone.
func TestAPrimaryGroupMadeAgain(t *testing.T) {
	t.Parallel()
	h := open(t, debian)
	desired := wants(users.User{Name: "eve", Groups: []string{"eve"}})
	desired.Groups = []users.Group{{Name: "eve"}}
	h.switchTo(t, desired)
	for _, p := range []string{"etc/group", "etc/gshadow"} {
		lines := slices.DeleteFunc(strings.SplitAfter(h.read(t, p), "\n"), func(l string) bool { return strings.HasPrefix(l, "eve:") })
		h.write(t, p, strings.Join(lines, ""))
	}
	before := accounts(h, t)
	s := h.subsystem(desired)
	d, err := s.Diff(t.Context())
	must(t, err)
	must(t, s.Save(t.Context(), d.Changes))
	groups, accounted := d.Changes[:1], d.Changes[1:]
	for _, changes := range [][]plan.Change{groups, accounted, plan.Inverses(accounted), plan.Inverses(groups)} {
		must(t, s.Apply(t.Context(), changes))
	}
	if diff := cmp.Diff(before, accounts(h, t)); diff != "" || len(accounted) != 1 {
		t.Errorf("%d changes of accounts, undone: %s", len(accounted), diff)
	}
	h.switchTo(t, desired)
	if d := h.diff(t, desired); len(d.Changes) > 0 {
		t.Errorf("a second run would change %+v", d.Changes)
	}
}
