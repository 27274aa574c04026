package users_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/activate-agent/activate/users"
)

// TestMembersThatNobodyKnows has a group ask for users that come, stay, leave, are
// in a directory, and are nowhere.
func TestMembersThatNobodyKnows(t *testing.T) {
	t.Parallel()
	h := open(t, tidy())
	h.strangers = func(names []string) ([]string, error) {
		return slices.DeleteFunc(names, func(name string) bool { return name == "lena" }), nil
	}
	lab := []users.Group{{Name: "lab", Origin: "c.hcl:4", Members: []string{"alice", "bob", "carol", "lena", "mia"}}}
	for i, step := range []struct {
		users []users.User
		want  string
	}{
		{[]users.User{{Name: "alice"}, {Name: "carol"}}, "nobody knows its member mia"},
		{[]users.User{{Name: "alice"}}, "nobody knows its member carol, mia"},
		{[]users.User{{Name: "alice"}}, "nobody knows its member carol, mia"},
		{[]users.User{{Name: "alice"}, {Name: "carol"}, {Name: "mia"}}, ""},
	} {
		d := h.switchTo(t, users.Desired{Groups: lab, Users: step.users})
		got := ""
		for _, w := range d.Warnings {
			got += w.Summary
		}
		if got != step.want || len(d.Problems) > 0 || got != "" && (d.Warnings[0].Origin != "c.hcl:4" || d.Warnings[0].Address != "group/lab") {
			t.Errorf("step %d: problems %v, warnings %v, want %q", i, d.Problems, d.Warnings, step.want)
		}
		if !strings.Contains(h.read(t, "etc/group"), ":alice,bob,carol,lena,mia\n") {
			t.Errorf("step %d: %s", i, h.read(t, "etc/group"))
		}
	}
}

func TestMembersWhenNobodyAnswers(t *testing.T) {
	t.Parallel()
	h := open(t, tidy())
	h.strangers = func([]string) ([]string, error) { return nil, errors.New("no answer in 3s") }
	d := h.switchTo(t, users.Desired{Groups: []users.Group{{Name: "lab", Members: []string{"bob", "mia"}}}})
	if len(d.Problems) > 0 || len(d.Warnings) != 1 || !strings.Contains(d.Warnings[0].Error(), "no answer in 3s") {
		t.Errorf("problems %v, warnings %v", d.Problems, d.Warnings)
	}
}
