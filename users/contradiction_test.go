package users_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/activate-agent/activate/users"
)

// TestContradictingListsReturn: group(5) and gshadow(5) that name different
// members are again what they were once the configuration is gone.
func TestContradictingListsReturn(t *testing.T) {
	t.Parallel()
	lists := []string{"", "bob", "root,bob", "bob,root", "ghost"}
	member := []users.Group{{Name: "club", Members: []string{"bob"}}}
	for name, desired := range map[string]users.Desired{
		"member by group": {Groups: member},
		"member by user":  wants(users.User{Name: "bob", Groups: []string{"club"}}),
		"by both":         {Groups: member, Users: []users.User{{Name: "bob", Groups: []string{"club"}}}},
		"in no group":     wants(users.User{Name: "bob", ExclusiveGroups: true}),
		"new member":      wants(users.User{Name: "ghost", Groups: []string{"club"}}),
	} {
		for _, group := range lists {
			for _, gshadow := range lists {
				files := maps.Clone(debian)
				files["etc/group"] = "club:x:1500:" + group + "\n" + files["etc/group"]
				files["etc/gshadow"] = "club:!::" + gshadow + "\n" + files["etc/gshadow"]
				h := open(t, files)
				before := h.tree(t)
				h.switchTo(t, desired)
				if again := h.diff(t, desired); len(again.Changes) > 0 {
					t.Errorf("%s, %q and %q: again: %v", name, group, gshadow, describe(again))
				}
				h.switchTo(t, users.Desired{})
				if diff := cmp.Diff(before, h.tree(t)); diff != "" {
					t.Errorf("%s, %q and %q: %s", name, group, gshadow, diff)
				}
			}
		}
	}
}

// TestDepartedMembersAreTaken: what a departed group's line of gshadow(5) named
// makes nobody a member of the new group for ever.
func TestDepartedMembersAreTaken(t *testing.T) {
	t.Parallel()
	h := open(t, departedGroup())
	h.switchTo(t, users.Desired{Groups: []users.Group{{Name: "gone", Members: []string{"bob"}}}})
	h.switchTo(t, users.Desired{Groups: []users.Group{{Name: "gone"}}})
	if gshadow := h.read(t, "etc/gshadow"); !strings.Contains(gshadow, "gone:!::\n") {
		t.Error(gshadow)
	}
}
