package users_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/activate-agent/activate/users"
)

// TestWhomOnlyGshadowNamedJoins asks for a member whom gshadow(5) names and
// group(5) does not, after the account or the group became ours as it was.
func TestWhomOnlyGshadowNamedJoins(t *testing.T) {
	t.Parallel()
	for name, steps := range map[string][]users.Desired{
		"by the user":  {wants(users.User{Name: "bob"}), wants(users.User{Name: "bob", Groups: []string{"club"}})},
		"by the group": {{Groups: []users.Group{{Name: "club"}}}, {Groups: []users.Group{{Name: "club", Members: []string{"bob"}}}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := maps.Clone(debian)
			files["etc/group"] = "club:x:1500:\n" + files["etc/group"]
			files["etc/gshadow"] = "club:!::bob\n" + files["etc/gshadow"]
			h := open(t, files)
			before := h.tree(t)
			for _, desired := range steps {
				h.switchTo(t, desired)
			}
			if got := h.read(t, "etc/group"); !strings.Contains(got, "club:x:1500:bob\n") {
				t.Errorf("got %s", got)
			}
			if again := h.diff(t, steps[1]); len(again.Changes)+len(again.Problems) > 0 {
				t.Errorf("again: %v", describe(again))
			}
			h.returns(t, before)
		})
	}
}
