package users_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/activate-agent/activate/users"
)

// TestGroupsWhoseNamesAreNotUTF8 has an account in such a group, and with one for its
// primary group: states are JSON, which has no such names. What cannot be done of them
// is refused, and what can be is taken back whole.
func TestGroupsWhoseNamesAreNotUTF8(t *testing.T) {
	t.Parallel()
	files := maps.Clone(debian)
	files["etc/group"] = strings.Replace(files["etc/group"], "+:::\n", "gr\xfcn:x:60:bob\ngel\xf6:x:61:\n+:::\n", 1)
	files["etc/passwd"] = strings.Replace(files["etc/passwd"], ":1000:1000:", ":1000:61:", 1)
	for name, u := range map[string]users.User{
		"the primary group": {Name: "bob", Group: "staff"},
		"other groups":      {Name: "bob", Groups: []string{"daemon"}},
		"the shell":         {Name: "bob", Shell: "/bin/sh"},
	} {
		h := open(t, files)
		before := h.tree(t)
		if d := h.switchTo(t, wants(u)); len(d.Problems) > 0 {
			t.Errorf("%s: %v", name, d.Problems)
		}
		h.reopen(t)
		if d := h.diff(t, wants(u)); len(d.Changes)+len(d.Problems) > 0 {
			t.Errorf("%s, once more: %v", name, describe(d))
		}
		h.switchTo(t, users.Desired{})
		if diff := cmp.Diff(before, h.tree(t)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	h := open(t, files)
	d := h.diff(t, wants(users.User{Name: "bob", ExclusiveGroups: true}))
	if len(d.Problems) != 1 || !strings.Contains(d.Problems[0].Summary, `the group "gr\xfcn", whose name is not UTF-8`) {
		t.Errorf("exclusive groups: %v", d.Problems)
	}
}
