package users_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/activate-agent/activate/users"
)

// TestExclusiveGroupsGiveBackWhatTheyTook takes bob out of a group, by himself
// and while another block puts him into one.
func TestExclusiveGroupsGiveBackWhatTheyTook(t *testing.T) {
	t.Parallel()
	bob := users.User{Name: "bob", Groups: []string{"staff"}, ExclusiveGroups: true}
	team := []users.Group{{Name: "team", Members: []string{"bob"}}}
	additive := bob
	additive.ExclusiveGroups = false
	cases := []struct {
		name  string
		steps []users.Desired
	}{
		{"at once", []users.Desired{wants(bob)}},
		{"beside a group's members", []users.Desired{{Users: wants(bob).Users, Groups: team}}},
		{"no longer exclusive, then gone", []users.Desired{wants(bob), wants(additive)}},
		{"the group stays", []users.Desired{{Users: wants(bob).Users, Groups: team}, {Groups: team}}},
	}
	for _, c := range cases {
		h := open(t, debian)
		before := h.tree(t)
		for _, d := range c.steps {
			h.switchTo(t, d)
		}
		if last := c.steps[len(c.steps)-1]; len(last.Users) == 0 || !last.Users[0].ExclusiveGroups {
			if got := h.read(t, "etc/group"); !strings.Contains(got, "sudo:x:27:bob\n") {
				t.Errorf("%s: sudo did not return: %s", c.name, got)
			}
		} else if got := h.read(t, "etc/group"); !strings.Contains(got, "sudo:x:27:\n") {
			t.Errorf("%s: sudo was not taken: %s", c.name, got)
		}
		h.switchTo(t, users.Desired{})
		if diff := cmp.Diff(before, h.tree(t)); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

// TestListsOutOfStepStaySo takes a user out of a group that gshadow(5) does not
// list the user in, and puts it back.
func TestListsOutOfStepStaySo(t *testing.T) {
	t.Parallel()
	files := maps.Clone(debian)
	files["etc/gshadow"] = strings.Replace(files["etc/gshadow"], "staff:*::bob,root", "staff:*::root", 1)
	files["etc/group"] = strings.Replace(files["etc/group"], "sudo:x:27:bob", "sudo:x:27:", 1)
	h := open(t, files)
	before := h.tree(t)
	h.switchTo(t, wants(users.User{Name: "bob", ExclusiveGroups: true}))
	if got := h.read(t, "etc/group"); !strings.Contains(got, "staff:x:50:root\n") {
		t.Errorf("bob was not taken out: %s", got)
	}
	h.returns(t, before)
}

// TestListsReturnInTheirOldOrder takes two out of a group one after the other,
// and lets them return in the other order.
func TestListsReturnInTheirOldOrder(t *testing.T) {
	t.Parallel()
	bob, windows := users.User{Name: "bob", ExclusiveGroups: true}, users.User{Name: "windows", ExclusiveGroups: true}
	for name, steps := range map[string][]users.Desired{
		"the first one first": {wants(bob), wants(bob, windows), wants(windows), {}},
		"the last one first":  {wants(bob), wants(bob, windows), wants(bob), {}},
		"at once":             {wants(bob), wants(bob, windows), {}},
	} {
		files := maps.Clone(debian)
		for _, f := range []string{"etc/group", "etc/gshadow"} {
			files[f] = strings.Replace(files[f], ":bob,root", ":windows,bob,root", 1)
		}
		h := open(t, files)
		before := h.tree(t)
		for _, d := range steps {
			h.switchTo(t, d)
		}
		if diff := cmp.Diff(before, h.tree(t)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestAGroupAdoptedWhileAMemberIsTakenOut becomes ours after bob's block took
// bob out of it, and asks for bob itself later.
func TestAGroupAdoptedWhileAMemberIsTakenOut(t *testing.T) {
	t.Parallel()
	h := open(t, debian)
	before := h.tree(t)
	alone := users.User{Name: "bob", ExclusiveGroups: true}
	h.switchTo(t, wants(alone))
	h.switchTo(t, users.Desired{Users: []users.User{alone}, Groups: []users.Group{{Name: "staff"}}})
	h.switchTo(t, users.Desired{Groups: []users.Group{{Name: "staff", Members: []string{"bob"}}}})
	h.returns(t, before)
}

// TestWhoIsNamedTwiceLeavesAndReturns has a group's list that an editor spoilt.
func TestWhoIsNamedTwiceLeavesAndReturns(t *testing.T) {
	t.Parallel()
	files := maps.Clone(debian)
	files["etc/group"] = "web:x:1500:ghost,bob,bob,other\n" + files["etc/group"]
	h := open(t, files)
	before := h.tree(t)
	bob := wants(users.User{Name: "bob", ExclusiveGroups: true})
	h.switchTo(t, bob)
	if got := h.read(t, "etc/group"); !strings.HasPrefix(got, "web:x:1500:ghost,other\n") {
		t.Errorf("got %q", got)
	}
	if again := h.diff(t, bob); len(again.Changes) > 0 {
		t.Errorf("again: %v", describe(again))
	}
	h.returns(t, before)
}
