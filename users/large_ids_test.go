package users_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/users"
)

// TestLargeIDs has accounts whose ids an int of 32 bits has no room for: also there
// they are what the files say.
func TestLargeIDs(t *testing.T) {
	t.Parallel()
	files := maps.Clone(debian)
	files["etc/passwd"] += "ldap:x:3000000000:3000000001::/nowhere:/bin/sh\n"
	files["etc/group"] += "ldap:x:3000000001:\n"
	files["etc/subuid"] += "ldap:4000000000:10\nldap:1000000000:10\n"
	h := open(t, files)
	d := h.diff(t, wants(users.User{Name: "ldap", Description: "new"}))
	if len(d.Problems) > 0 || len(d.Changes) != 1 {
		t.Fatal(describe(d))
	}
	st, err := plan.Decode[users.UserState](d.Changes[0].After)
	must(t, err)
	if st.UID != 3000000000 || st.Group != "ldap" {
		t.Errorf("got the uid %s and the group %s", st.UID, st.Group)
	}
	if !slices.IsSortedFunc(st.SubUIDs, func(a, b users.SubRange) int { return strings.Compare(a.Start.String(), b.Start.String()) }) {
		t.Errorf("got the sub-ids %v", st.SubUIDs)
	}
}
