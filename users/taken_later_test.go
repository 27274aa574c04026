package users_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/activate-agent/activate/users"
)

// TestExclusiveGroupsGiveBackWhatCameMeanwhile has an administrator put bob into a
// group, and take him out of another, while his block only added groups; then the
// block owns the list for a while.
func TestExclusiveGroupsGiveBackWhatCameMeanwhile(t *testing.T) {
	t.Parallel()
	additive := users.User{Name: "bob", Groups: []string{"staff", "team"}}
	exclusive := additive
	exclusive.ExclusiveGroups = true
	team := []users.Group{{Name: "team"}}
	with := func(u ...users.User) users.Desired { return users.Desired{Users: u, Groups: team} }
	for name, steps := range map[string][]users.Desired{
		"no longer exclusive":           {with(exclusive), with(additive)},
		"gone":                          {with(exclusive), with()},
		"no longer exclusive, and gone": {with(exclusive), with(additive), with()},
		"all at once":                   {with(exclusive), {}},
	} {
		h := open(t, debian)
		h.switchTo(t, with(additive))
		gpasswd(t, h, "sudo:x:27:bob\n", "sudo:x:27:\n", "sudo:*::bob\n", "sudo:*::\n", "root:x:0:\n", "root:x:0:bob\n", "root:*::\n", "root:*::bob\n")
		h.switchTo(t, steps[0])
		if got := h.read(t, "etc/group"); !strings.Contains(got, "root:x:0:\n") {
			t.Errorf("%s: the group was not taken: %s", name, got)
		}
		for _, d := range steps[1:] {
			h.switchTo(t, d)
		}
		if got := h.read(t, "etc/group"); !strings.Contains(got, "root:x:0:bob\n") || !strings.Contains(got, "sudo:x:27:\n") {
			t.Errorf("%s: what the administrator did did not return: %s", name, got)
		}
		h.switchTo(t, users.Desired{})
		gpasswd(t, h, "sudo:x:27:\n", "sudo:x:27:bob\n", "sudo:*::\n", "sudo:*::bob\n", "root:x:0:bob\n", "root:x:0:\n", "root:*::bob\n", "root:*::\n")
		for _, f := range []string{"etc/group", "etc/gshadow"} {
			if diff := cmp.Diff(debian[f], h.read(t, f)); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
	}
}

// gpasswd does to the lists of groups what an administrator does with gpasswd(1).
func gpasswd(t *testing.T, h *host, oldnew ...string) {
	t.Helper()
	for _, f := range []string{"etc/group", "etc/gshadow"} {
		h.write(t, f, strings.NewReplacer(oldnew...).Replace(h.read(t, f)))
	}
}
