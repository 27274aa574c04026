package users_test

import (
	"context"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/activate-agent/activate/activation/plan"
	"github.com/activate-agent/activate/users"
)

// departedGroup is a host whose gshadow(5) has lines of a group that group(5)
// has no more.
func departedGroup() map[string]string {
	files := maps.Clone(debian)
	files["etc/gshadow"] = "gone:$6$salt$old:mallory:mallory,bob\n" + files["etc/gshadow"] + "gone:$6$salt$older::\n"
	return files
}

// newGroups are the ways in which the departed group's name gets a group.
func newGroups() map[string]users.Desired {
	return map[string]users.Desired{
		"a group":              {Groups: []users.Group{{Name: "gone"}}},
		"a group with members": {Groups: []users.Group{{Name: "gone", Members: []string{"bob"}}}},
		"a user's own group":   wants(users.User{Name: "gone"}),
		"both":                 {Groups: []users.Group{{Name: "gone"}}, Users: []users.User{{Name: "gone"}}},
	}
}

// TestNewGroupInheritsNothing makes a group whose name a group had that is gone
// from group(5) only. What it left returns when ours leaves.
func TestNewGroupInheritsNothing(t *testing.T) {
	t.Parallel()
	for name, desired := range newGroups() {
		h := open(t, departedGroup())
		before := h.tree(t)
		h.switchTo(t, desired)
		gshadow := h.read(t, "etc/gshadow")
		if strings.Contains(gshadow, "$old") || strings.Contains(gshadow, "mallory") || strings.Count(gshadow, "gone:!::") != 1 {
			t.Errorf("%s: what is there of the old group: %s", name, gshadow)
		}
		if again := h.diff(t, desired); len(again.Changes)+len(again.Problems) > 0 {
			t.Errorf("%s: again: %v", name, describe(again))
		}
		h.switchTo(t, users.Desired{})
		if diff := cmp.Diff(before, h.tree(t)); diff != "" {
			t.Errorf("%s: after it left: %s", name, diff)
		}
		h.switchTo(t, desired)
		if again := h.read(t, "etc/gshadow"); again != gshadow {
			t.Errorf("%s: made once more: %s", name, again)
		}
	}
}

// TestTwoNewGroupsInheritNothing has what one departed group left stand before
// what the other did.
func TestTwoNewGroupsInheritNothing(t *testing.T) {
	t.Parallel()
	h := open(t, departedGroup())
	h.write(t, "etc/gshadow", "also:$6$salt$old:mallory:\n"+h.read(t, "etc/gshadow"))
	before := h.tree(t)
	h.switchTo(t, users.Desired{Groups: []users.Group{{Name: "also"}, {Name: "gone"}}})
	if gshadow := h.read(t, "etc/gshadow"); strings.Contains(gshadow, "$old") {
		t.Errorf("what is there of the old groups: %s", gshadow)
	}
	h.returns(t, before)
}

// TestNewGroupInheritsNothingWhenCutOff stops a run before each of its writes:
// the same changes, made again, give the same group, and taken back the same
// host.
func TestNewGroupInheritsNothingWhenCutOff(t *testing.T) {
	t.Parallel()
	for name, desired := range newGroups() {
		failsInTurnFrom(t, departedGroup(), desired, func(h *host) bool {
			gshadow := h.read(t, "etc/gshadow")
			return !strings.Contains(gshadow, "$old") && strings.Contains(gshadow, "gone:!::")
		})
		h := open(t, departedGroup())
		h.switchTo(t, desired)
		made := h.tree(t)
		s := h.subsystem(users.Desired{})
		d, err := s.Diff(context.Background())
		must(t, err)
		must(t, s.Save(context.Background(), d.Changes))
		must(t, s.Apply(context.Background(), d.Changes))
		must(t, s.Apply(context.Background(), plan.Inverses(d.Changes)))
		if diff := cmp.Diff(made, h.tree(t)); diff != "" {
			t.Errorf("%s: its removal taken back: %s", name, diff)
		}
	}
}

// TestGroupKeepsItsShadow: a group of ours that somebody took out of group(5)
// gets the line of gshadow(5) that it had.
func TestGroupKeepsItsShadow(t *testing.T) {
	t.Parallel()
	h := open(t, departedGroup())
	before := h.tree(t)
	desired := users.Desired{Groups: []users.Group{{Name: "gone"}}}
	h.switchTo(t, desired)
	h.write(t, "etc/gshadow", strings.Replace(h.read(t, "etc/gshadow"), "gone:!::", "gone:$6$salt$new::", 1))
	h.write(t, "etc/group", debian["etc/group"])
	h.switchTo(t, desired)
	if gshadow := h.read(t, "etc/gshadow"); !strings.Contains(gshadow, "gone:$6$salt$new::") || strings.Contains(gshadow, "$old") {
		t.Error(gshadow)
	}
	h.switchTo(t, users.Desired{})
	for line := range strings.SplitSeq(cmp.Diff(before, h.tree(t)), "\n") {
		if strings.HasPrefix(line, "-") && strings.Contains(line, "gone") {
			t.Errorf("not there any more: %s", line)
		}
	}
}
