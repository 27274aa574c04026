package users_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/activate-agent/activate/users"
)

// TestAGroupThatStays leaves the configuration while it is the primary group of
// somebody: the plan that drops it says so, and judges all else by it.
func TestAGroupThatStays(t *testing.T) {
	t.Parallel()
	first := users.Desired{Groups: []users.Group{{Name: "crew"}}, Users: []users.User{{Name: "ann"}}}
	of := func(group string) users.User { return users.User{Name: "bob", Groups: []string{group}} }
	in := func(group string) users.User { return users.User{Name: "bob", Group: group} }
	for name, c := range map[string]struct {
		// primary is the group that somebody else is in.
		primary string
		desired users.Desired
		refused string
		stays   string
	}{
		"a member of it":                          {"crew", wants(users.User{Name: "ann"}, of("crew")), "", "crew"},
		"another's primary group":                 {"crew", wants(users.User{Name: "ann"}, in("crew")), "", "crew"},
		"a member, and nobody has it":             {"daemon", wants(users.User{Name: "ann"}, of("crew")), `there is no group "crew"`, ""},
		"asked for, and nobody else has it":       {"daemon", wants(users.User{Name: "ann"}, in("crew")), `there is no group "crew"`, ""},
		"a user's own group":                      {"ann", users.Desired{Groups: first.Groups}, "", "ann"},
		"a member of a user's own group":          {"ann", users.Desired{Groups: first.Groups, Users: []users.User{of("ann")}}, "", "ann"},
		"a user's own group that nobody else has": {"daemon", users.Desired{Groups: first.Groups, Users: []users.User{in("ann")}}, `there is no group "ann"`, ""},
	} {
		h := open(t, debian)
		h.switchTo(t, first)
		line := "carol:x:2000:" + idOfGroup(t, h, c.primary) + "::/:/bin/sh\n"
		h.write(t, "etc/passwd", strings.Replace(h.read(t, "etc/passwd"), "+@netgroup", line+"+@netgroup", 1))
		d := h.switchTo(t, c.desired)
		if c.refused != "" {
			if len(d.Problems) != 1 || !strings.Contains(d.Problems[0].Summary, c.refused) {
				t.Errorf("%s: %v, not %q", name, d.Problems, c.refused)
			}
			continue
		}
		told := len(d.Warnings) > 0 && strings.Contains(d.Warnings[len(d.Warnings)-1].Summary, "cannot remove group "+c.stays+": it is the primary group of carol, so it stays")
		if len(d.Problems) > 0 || !told {
			t.Errorf("%s: %v, %v", name, d.Problems, d.Warnings)
		}
		for _, line := range describe(d) {
			if strings.Contains(line, "group/"+c.stays) {
				t.Errorf("%s: %s", name, line)
			}
		}
		if again := h.diff(t, c.desired); len(again.Changes)+len(again.Problems) > 0 {
			t.Errorf("%s: again: %v", name, describe(again))
		}
	}
}

// TestAGroupThatOnlyARefusedUserHas leaves the configuration while it is the primary
// group of an account that leaves it too, and asks to stay in it.
func TestAGroupThatOnlyARefusedUserHas(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ first, then users.Desired }{
		"for another one": {
			users.Desired{Groups: []users.Group{{Name: "ann"}}, Users: []users.User{{Name: "ann"}}},
			wants(users.User{Name: "ann", Group: "daemon", Groups: []string{"ann"}}),
		},
		"for its own": {
			users.Desired{Groups: []users.Group{{Name: "crew"}}, Users: []users.User{{Name: "ann", Group: "crew"}}},
			wants(users.User{Name: "ann", Groups: []string{"crew"}}),
		},
	} {
		h := open(t, debian)
		h.switchTo(t, c.first)
		d := h.switchTo(t, c.then)
		if len(d.Problems) != 1 || !strings.Contains(d.Problems[0].Summary, "there is no group") || strings.Contains(fmt.Sprint(d.Warnings), "cannot remove") {
			t.Errorf("%s: problems %v, warnings %v, changes %v", name, d.Problems, d.Warnings, describe(d))
		}
	}
}

// idOfGroup gives the digits of a group's line.
func idOfGroup(t *testing.T, h *host, group string) string {
	t.Helper()
	for line := range strings.Lines(h.read(t, "etc/group")) {
		if f := strings.Split(line, ":"); f[0] == group {
			return f[2]
		}
	}
	t.Fatalf("there is no group %s", group)
	return ""
}

// TestAnOwnGroupThatIsLeft goes with its user when those who had it for their
// primary group leave it in the same run.
func TestAnOwnGroupThatIsLeft(t *testing.T) {
	t.Parallel()
	for name, step := range map[string]users.Desired{
		"all leave":         {},
		"one stays":         wants(users.User{Name: "bob"}),
		"one is made again": wants(users.User{Name: "bob", Group: "staff"}),
	} {
		h := open(t, maps.Clone(debian))
		before := h.tree(t)
		h.switchTo(t, wants(users.User{Name: "ann"}, users.User{Name: "bob", Group: "ann"}, users.User{Name: "cid", Group: "ann"}))
		h.switchTo(t, step)
		if got := h.read(t, "etc/group"); strings.Contains(got, "ann") {
			t.Errorf("%s: %s", name, got)
		}
		h.switchTo(t, users.Desired{})
		if diff := cmp.Diff(before, h.tree(t)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestAnotherUsersOwnGroup is asked for in the run that makes it, in whatever
// order, and is refused where it will not be made.
func TestAnotherUsersOwnGroup(t *testing.T) {
	t.Parallel()
	ann, zoe := users.User{Name: "ann"}, users.User{Name: "zoe"}
	in := func(u users.User, group string) users.User {
		u.Group = group
		return u
	}
	member := users.User{Name: "max", Groups: []string{"ann", "zoe"}}
	for name, c := range map[string]struct {
		first, then users.Desired
	}{
		"primary":             {users.Desired{}, wants(ann, in(users.User{Name: "max"}, "zoe"), zoe)},
		"a member":            {users.Desired{}, wants(ann, member, zoe)},
		"of an old account":   {wants(in(ann, "staff"), in(zoe, "staff")), wants(ann, member, zoe)},
		"primary, of another": {wants(in(ann, "staff"), in(zoe, "staff")), wants(ann, in(users.User{Name: "max"}, "zoe"), zoe)},
	} {
		h := open(t, debian)
		before := h.tree(t)
		h.switchTo(t, c.first)
		d := h.switchTo(t, c.then)
		if again := h.diff(t, c.then); len(d.Problems)+len(again.Changes)+len(again.Problems) > 0 {
			t.Errorf("%s: %v, then %v", name, d.Problems, describe(again))
		}
		if got := h.read(t, "etc/group"); !strings.Contains(got, "zoe:x:") {
			t.Errorf("%s: %s", name, got)
		}
		h.returns(t, before)
	}
	files := maps.Clone(debian)
	files["etc/group"] = strings.Replace(files["etc/group"], "bob:x:1000:\n", "", 1)
	d := open(t, files).diff(t, wants(users.User{Name: "bob"}, users.User{Name: "max", Groups: []string{"bob"}}))
	if len(d.Problems) != 1 || !strings.Contains(d.Problems[0].Summary, `there is no group "bob"`) {
		t.Errorf("%v", d.Problems)
	}
}

// TestAGroupThatStayedIsOursStill goes when all is taken back and nobody has it,
// and is not taken for one that was there before us when it is declared again.
func TestAGroupThatStayedIsOursStill(t *testing.T) {
	t.Parallel()
	crew := users.Desired{Groups: []users.Group{{Name: "crew", Members: []string{"bob"}}}}
	own := wants(users.User{Name: "crew"})
	for name, c := range map[string]struct {
		first, later users.Desired
	}{
		"a block":                     {crew, users.Desired{}},
		"a block, declared again":     {crew, crew},
		"an own group":                {own, users.Desired{}},
		"an own group, declared":      {own, crew},
		"a block, then an own group":  {crew, own},
		"an own group, as it was":     {own, own},
		"a block, with others beside": {crew, wants(users.User{Name: "ann"})},
	} {
		h := open(t, debian)
		before := accounts(h, t)
		h.switchTo(t, c.first)
		gid := idOfGroup(t, h, "crew")
		move := func(from, to string) {
			h.write(t, "etc/passwd", strings.Replace(h.read(t, "etc/passwd"), "bob:x:1000:"+from+":", "bob:x:1000:"+to+":", 1))
		}
		move("1000", gid)
		h.switchTo(t, users.Desired{})
		if got := h.read(t, "etc/group"); !strings.Contains(got, "crew:x:"+gid+":\n") {
			t.Errorf("%s: it is gone, or bob is a member still: %s", name, got)
		}
		h.switchTo(t, c.later)
		move(gid, "1000")
		h.undo = true
		h.switchTo(t, users.Desired{})
		if diff := cmp.Diff(before, accounts(h, t)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
